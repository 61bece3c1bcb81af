"""What NAICS 2022 made of the industries of `industry_table`: old code | new code | share of its jobs | new title.

Belongs here: the table, written by hand after the Census Bureau's concordance; what is not in it kept its code. Several
lines with one old code: it was divided. Several with one new code: they were put together. Does not: code.
"""

CHANGES = """
212112|212115|1|Underground coal mining
315220|315250|1|Cut and sew apparel, except contractors
315240|315250|1|Cut and sew apparel, except contractors
315280|315250|1|Cut and sew apparel, except contractors
316998|316990|1|Other leather and allied product manufacturing
322121|322120|1|Paper mills
333249|333248|1|All other industrial machinery manufacturing
333999|333998|1|Miscellaneous general purpose machinery
336111|336110|1|Automobile and light duty motor vehicle manufacturing
336112|336110|1|Automobile and light duty motor vehicle manufacturing
441310|441330|1|Automotive parts and accessories retailers
442110|449110|1|Furniture retailers
446110|456110|1|Pharmacies and drug retailers
447110|457110|1|Gasoline stations with convenience stores
448140|458110|1|Clothing and clothing accessories retailers
452210|455110|1|Department stores
452311|455211|1|Warehouse clubs and supercenters
453998|455219|0.4|All other general merchandise retailers
453998|459999|0.6|All other miscellaneous retailers
454110|449210|0.4|Electronics and appliance retailers
454110|455211|0.35|Warehouse clubs and supercenters
454110|458110|0.25|Clothing and clothing accessories retailers
511110|513110|1|Newspaper publishers
511210|513210|1|Software publishers
515112|516110|1|Radio broadcasting stations
515120|516120|0.8|Television broadcasting stations
515120|516210|0.2|Media streaming, social, and other content providers
517311|517111|1|Wired telecommunications carriers
517312|517112|0.85|Wireless telecommunications carriers
517312|517122|0.15|Agents for wireless telecommunications services
519120|519210|1|Libraries and archives
519130|516210|0.6|Media streaming, social, and other content providers
519130|519290|0.4|Web search portals and other information services
522298|522299|1|All other nondepository credit intermediation
523110|523150|1|Investment banking and securities intermediation
523120|523150|1|Investment banking and securities intermediation
523920|523940|1|Portfolio management and investment advice
523930|523940|1|Portfolio management and investment advice
"""
