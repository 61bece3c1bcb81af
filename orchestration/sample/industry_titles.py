"""Short titles of the NAICS nodes above six digits, one line a code: code | title.

Belongs here: the table, written by hand. Does not: code, or titles of 6-digit industries (see
`industry_table`).
"""

PARENT_TITLES = dict(
    line.split("|")
    for line in """
11|Agriculture, forestry, fishing and hunting
21|Mining, quarrying, and oil and gas extraction
22|Utilities
23|Construction
31-33|Manufacturing
42|Wholesale trade
44-45|Retail trade
48-49|Transportation and warehousing
51|Information
52|Finance and insurance
53|Real estate and rental and leasing
54|Professional and technical services
55|Management of companies and enterprises
56|Administrative and waste services
61|Educational services
62|Health care and social assistance
71|Arts, entertainment, and recreation
72|Accommodation and food services
81|Other services, except public administration
92|Public administration
99|Unclassified
111|Crop production
112|Animal production and aquaculture
113|Forestry and logging
114|Fishing, hunting and trapping
115|Agriculture and forestry support activities
211|Oil and gas extraction
2111|Oil and gas extraction
212|Mining, except oil and gas
2123|Nonmetallic mineral mining and quarrying
21232|Sand, gravel, clay, and refractory mining
213|Support activities for mining
2131|Support activities for mining
21311|Support activities for mining
221|Utilities
2211|Power generation and supply
22111|Electric power generation
22112|Electric power transmission and distribution
236|Construction of buildings
2361|Residential building construction
23611|Residential building construction
237|Heavy and civil engineering construction
238|Specialty trade contractors
2382|Building equipment contractors
23821|Electrical contractors
23822|Plumbing and HVAC contractors
311|Food manufacturing
3114|Fruit and vegetable preserving and specialty
31142|Fruit and vegetable canning and drying
3116|Animal slaughtering and processing
31161|Animal slaughtering and processing
3118|Bakeries and tortilla manufacturing
31181|Bread and bakery product manufacturing
3119|Other food manufacturing
312|Beverage and tobacco product manufacturing
3121|Beverage manufacturing
313|Textile mills
314|Textile product mills
315|Apparel manufacturing
3152|Cut and sew apparel manufacturing
316|Leather and allied product manufacturing
321|Wood product manufacturing
3219|Other wood product manufacturing
322|Paper manufacturing
3222|Converted paper product manufacturing
323|Printing and related support activities
3231|Printing and related support activities
32311|Printing
324|Petroleum and coal products manufacturing
3241|Petroleum and coal products manufacturing
325|Chemical manufacturing
3251|Basic chemical manufacturing
3254|Pharmaceutical and medicine manufacturing
32541|Pharmaceutical and medicine manufacturing
3256|Soap, cleaning compound, and toiletry
326|Plastics and rubber products manufacturing
3261|Plastics product manufacturing
32611|Plastics packaging materials and film
327|Nonmetallic mineral product manufacturing
3273|Cement and concrete product manufacturing
331|Primary metal manufacturing
332|Fabricated metal product manufacturing
3323|Architectural and structural metals
3327|Machine shops and threaded products
33272|Turned products and screws, nuts, and bolts
3329|Other fabricated metal product manufacturing
333|Machinery manufacturing
3331|Agriculture, construction, and mining machinery
3335|Metalworking machinery manufacturing
33351|Metalworking machinery manufacturing
3339|Other general purpose machinery manufacturing
334|Computer and electronic product manufacturing
3341|Computer and peripheral equipment
33411|Computer and peripheral equipment
3342|Communications equipment manufacturing
3344|Semiconductors and electronic components
33441|Semiconductors and electronic components
3345|Electronic instrument manufacturing
33451|Electronic instrument manufacturing
335|Electrical equipment and appliances
3353|Electrical equipment manufacturing
33531|Electrical equipment manufacturing
336|Transportation equipment manufacturing
3361|Motor vehicle manufacturing
33611|Automobile and light truck manufacturing
3362|Motor vehicle bodies and trailers
33621|Motor vehicle bodies and trailers
3363|Motor vehicle parts manufacturing
3364|Aerospace product and parts manufacturing
33641|Aerospace product and parts manufacturing
3366|Ship and boat building
33661|Ship and boat building
337|Furniture and related product manufacturing
3371|Household and institutional furniture
33712|Other household and institutional furniture
3372|Office furniture and fixtures manufacturing
33721|Office furniture and fixtures manufacturing
339|Miscellaneous manufacturing
3391|Medical equipment and supplies manufacturing
33911|Medical equipment and supplies manufacturing
3399|Other miscellaneous manufacturing
423|Merchant wholesalers, durable goods
4234|Commercial equipment merchant wholesalers
4238|Machinery and supply merchant wholesalers
424|Merchant wholesalers, nondurable goods
4244|Grocery merchant wholesalers
425|Electronic markets and agents and brokers
441|Motor vehicle and parts dealers
442|Furniture and home furnishings stores
444|Building material and garden supply stores
445|Food and beverage stores
4451|Grocery stores
446|Health and personal care stores
447|Gasoline stations
448|Clothing and clothing accessories stores
449|Furniture, electronics, and appliance retailers
4491|Furniture and home furnishings retailers
4492|Electronics and appliance retailers
452|General merchandise stores
453|Miscellaneous store retailers
454|Nonstore retailers
455|General merchandise retailers
4551|Department stores
4552|Warehouse clubs and other general retailers
45521|Warehouse clubs and other general retailers
456|Health and personal care retailers
457|Gasoline stations and fuel dealers
458|Clothing and accessories retailers
459|Sporting goods, hobby, and other retailers
4599|Other miscellaneous retailers
45999|All other miscellaneous retailers
481|Air transportation
483|Water transportation
484|Truck transportation
4841|General freight trucking
48412|General freight trucking, long-distance
485|Transit and ground passenger transportation
486|Pipeline transportation
488|Support activities for transportation
492|Couriers and messengers
493|Warehousing and storage
4931|Warehousing and storage
511|Publishing industries, except internet
5111|Newspaper, book, and directory publishers
512|Motion picture and sound recording industries
5121|Motion picture and video industries
513|Publishing industries
5131|Newspaper, book, and directory publishers
515|Broadcasting, except internet
5151|Radio and television broadcasting
51511|Radio broadcasting
516|Broadcasting and content providers
5161|Radio and television broadcasting stations
5162|Media streaming and other content providers
517|Telecommunications
5171|Wired and wireless telecommunications
51711|Wired and wireless telecommunications carriers
5173|Wired and wireless telecommunications
51731|Wired and wireless telecommunications
519|Other information services
5191|Other information services
5192|Web search portals, libraries, and archives
522|Credit intermediation and related activities
5221|Depository credit intermediation
5222|Nondepository credit intermediation
52229|Other nondepository credit intermediation
523|Securities, commodity contracts, investments
5231|Securities and commodity contracts brokerage
5239|Other financial investment activities
524|Insurance carriers and related activities
5241|Insurance carriers
52411|Direct life and health insurance carriers
52412|Direct insurers, except life and health
5242|Insurance agencies and brokerages
52429|Other insurance related activities
531|Real estate
532|Rental and leasing services
541|Professional and technical services
5413|Architectural and engineering services
5415|Computer systems design and related services
54151|Computer systems design and related services
5416|Management and technical consulting services
54161|Management consulting services
5417|Scientific research and development services
54171|Research in the physical and life sciences
5419|Other professional and technical services
551|Management of companies and enterprises
561|Administrative and support services
5617|Services to buildings and dwellings
562|Waste management and remediation services
611|Educational services
621|Ambulatory health care services
6213|Offices of other health practitioners
622|Hospitals
623|Nursing and residential care facilities
624|Social assistance
6241|Individual and family services
711|Performing arts and spectator sports
712|Museums, historical sites, zoos, and parks
713|Amusements, gambling, and recreation
7139|Other amusement and recreation industries
721|Accommodation
7211|Traveler accommodation
722|Food services and drinking places
7225|Restaurants and other eating places
72251|Restaurants and other eating places
811|Repair and maintenance
8111|Automotive repair and maintenance
812|Personal and laundry services
813|Membership associations and organizations
8139|Professional and similar organizations
814|Private households
491|Postal service
921|Executive, legislative and general government
9211|Executive, legislative and general government
922|Justice, public order, and safety activities
9221|Justice, public order, and safety activities
923|Administration of human resource programs
924|Administration of environmental programs
926|Administration of economic programs
928|National security and international affairs
999|Unclassified
""".strip().splitlines()
)
