"""The table behind `industries`: code | weight in jobs | jobs an establishment | pay in thousands | title.

Belongs here: the table, written by hand, one line an industry. Does not: code. Weights, sizes and pay are
invented.
"""

PRIVATE = """
111150|60|6|36|Corn farming
111421|110|13|33|Nursery and tree production
112120|130|11|37|Dairy cattle and milk production
113310|60|6|45|Logging
114111|20|4|52|Finfish fishing
115115|180|60|29|Farm labor contractors
115210|30|6|34|Support activities for animal production
211120|70|14|142|Crude petroleum extraction
211130|40|16|135|Natural gas extraction
212112|30|60|86|Bituminous coal underground mining
212321|35|11|58|Construction sand and gravel mining
213111|60|24|92|Drilling oil and gas wells
213112|140|20|84|Support activities for oil and gas operations
221112|70|42|118|Fossil fuel electric power generation
221122|170|30|104|Electric power distribution
221210|75|26|99|Natural gas distribution
221310|40|10|61|Water supply and irrigation systems
236115|300|4|55|New single-family general contractors
236118|260|3|45|Residential remodelers
236220|380|14|78|Commercial building construction
237110|140|18|70|Water and sewer system construction
237310|230|28|72|Highway, street, and bridge construction
238211|230|6|54|Residential electrical contractors
238212|360|15|69|Nonresidential electrical contractors
238221|330|7|54|Residential plumbing and HVAC contractors
238222|340|15|68|Nonresidential plumbing and HVAC contractors
311211|25|34|62|Flour milling
311421|50|52|54|Fruit and vegetable canning
311422|30|48|58|Specialty canning
311513|45|60|56|Cheese manufacturing
311611|130|70|47|Animal, except poultry, slaughtering
311612|100|50|48|Meat processed from carcasses
311812|130|40|45|Commercial bakeries
311821|35|70|55|Cookie and cracker manufacturing
311919|55|60|57|Other snack food manufacturing
311941|30|40|60|Mayonnaise, dressing, and sauce manufacturing
312111|60|48|57|Soft drink manufacturing
312120|65|12|48|Breweries
312130|55|14|51|Wineries
313210|40|44|46|Broadwoven fabric mills
313310|25|24|44|Textile and fabric finishing mills
314110|30|60|47|Carpet and rug mills
315210|20|22|36|Cut and sew apparel contractors
315220|20|24|41|Men's cut and sew apparel manufacturing
315240|25|18|47|Women's cut and sew apparel manufacturing
315280|12|16|42|Other cut and sew apparel manufacturing
315990|10|12|40|Apparel accessories manufacturing
316110|6|20|46|Leather and hide tanning and finishing
316210|9|30|44|Footwear manufacturing
316998|10|10|40|All other leather good manufacturing
321113|85|28|48|Sawmills
321211|30|70|53|Hardwood veneer and plywood manufacturing
321911|65|44|48|Wood window and door manufacturing
322121|60|180|88|Paper, except newsprint, mills
322211|100|80|65|Corrugated and solid fiber box manufacturing
323111|270|16|49|Commercial printing
324110|55|120|146|Petroleum refineries
325199|40|60|104|All other basic organic chemical manufacturing
325211|60|55|90|Plastics material and resin manufacturing
325311|12|30|88|Nitrogenous fertilizer manufacturing
325411|20|32|94|Medicinal and botanical manufacturing
325412|150|70|128|Pharmaceutical preparation manufacturing
325413|30|48|98|In-vitro diagnostic substance manufacturing
325414|40|70|116|Biological product manufacturing
325620|45|34|64|Toilet preparation manufacturing
325998|50|30|75|Other miscellaneous chemical manufacturing
326111|35|55|52|Plastics bag and pouch manufacturing
326113|45|56|60|Unlaminated plastics film and sheet manufacturing
326121|25|36|54|Unlaminated plastics profile shape manufacturing
326130|20|34|56|Laminated plastics plate, sheet, and shape manufacturing
326150|35|42|51|Urethane and other foam product manufacturing
326199|210|44|49|All other plastics product manufacturing
327310|25|60|82|Cement manufacturing
327320|95|15|58|Ready-mix concrete manufacturing
331110|75|150|84|Iron and steel mills
331210|25|60|62|Iron and steel pipe from purchased steel
331318|30|80|66|Other aluminum rolling, drawing, and extruding
331410|15|60|74|Nonferrous metal smelting and refining
331511|40|80|56|Iron foundries
332119|50|34|54|Metal crown, closure, and other metal stamping
332312|95|30|58|Fabricated structural metal manufacturing
332322|90|24|53|Sheet metal work manufacturing
332710|240|11|54|Machine shops
332721|70|22|57|Precision turned product manufacturing
332999|70|18|56|Miscellaneous fabricated metal product manufacturing
333111|60|60|66|Farm machinery and equipment manufacturing
333120|60|90|74|Construction machinery manufacturing
333249|45|28|73|Other industrial machinery manufacturing
333415|85|90|56|Air-conditioning and refrigeration equipment
333514|55|14|58|Special tool, die, jig, and fixture manufacturing
333999|50|24|64|Miscellaneous general purpose machinery
334111|30|55|152|Electronic computer manufacturing
334118|35|38|106|Computer terminal and peripheral equipment
334210|20|34|96|Telephone apparatus manufacturing
334220|45|54|108|Broadcast and wireless communications equipment
334412|25|40|58|Bare printed circuit board manufacturing
334413|140|110|146|Semiconductor and related device manufacturing
334418|45|55|60|Printed circuit assembly manufacturing
334419|35|34|66|Other electronic component manufacturing
334510|45|80|104|Electromedical apparatus manufacturing
334511|90|160|112|Search, detection, and navigation instruments
334513|40|40|82|Industrial process variable instruments
334515|30|36|96|Electricity and signal testing instruments
334516|30|44|94|Analytical laboratory instruments
335210|10|44|58|Small electrical appliance manufacturing
335312|30|60|64|Motor and generator manufacturing
336111|90|300|86|Automobile manufacturing
336112|70|320|92|Light truck and utility vehicle manufacturing
336120|25|180|68|Heavy duty truck manufacturing
336211|35|44|52|Motor vehicle body manufacturing
336212|22|70|48|Truck trailer manufacturing
336310|60|75|60|Motor vehicle gasoline engine parts
336320|45|80|56|Motor vehicle electrical equipment
336350|50|110|64|Motor vehicle transmission and power train parts
336370|70|110|55|Motor vehicle metal stamping
336390|110|85|54|Other motor vehicle parts manufacturing
336411|150|320|108|Aircraft manufacturing
336412|60|110|92|Aircraft engine and engine parts
336413|75|90|80|Other aircraft parts and equipment
336414|40|300|124|Guided missile and space vehicle manufacturing
336510|18|80|66|Railroad rolling stock manufacturing
336611|60|130|64|Ship building and repairing
337110|90|14|40|Wood kitchen cabinet and countertop manufacturing
337121|35|50|39|Upholstered household furniture manufacturing
337122|25|18|38|Nonupholstered wood household furniture
337127|15|30|44|Institutional furniture manufacturing
337211|14|36|46|Wood office furniture manufacturing
337214|18|70|50|Nonwood office furniture manufacturing
337215|25|26|44|Showcase, partition, shelving, and locker manufacturing
339112|75|64|72|Surgical and medical instrument manufacturing
339113|60|46|66|Surgical appliance and supplies manufacturing
339114|12|20|56|Dental equipment and supplies manufacturing
339115|16|40|55|Ophthalmic goods manufacturing
339910|18|10|47|Jewelry and silverware manufacturing
423430|160|22|118|Computer and software merchant wholesalers
423610|110|17|82|Electrical equipment merchant wholesalers
423830|190|12|78|Industrial machinery merchant wholesalers
424210|130|30|110|Drugs and druggists' sundries wholesalers
424410|120|40|60|General line grocery merchant wholesalers
424490|110|22|58|Other grocery product merchant wholesalers
424810|75|34|60|Beer and ale merchant wholesalers
424910|50|12|57|Farm supplies merchant wholesalers
425120|280|7|98|Wholesale trade agents and brokers
441110|830|45|58|New car dealers
441310|290|10|38|Automotive parts and accessories stores
442110|160|11|42|Furniture stores
444110|520|95|32|Home centers
445110|1850|46|27|Supermarkets and other grocery stores
446110|500|17|44|Pharmacies and drug stores
447110|560|9|23|Gasoline stations with convenience stores
448140|350|14|22|Family clothing stores
452210|560|90|24|Department stores
452311|900|150|29|Warehouse clubs and supercenters
453998|140|6|30|Store retailers not specified elsewhere
454110|280|16|70|Electronic shopping and mail-order houses
481111|320|90|86|Scheduled passenger air transportation
483111|10|34|94|Deep sea freight transportation
484110|190|8|50|General freight trucking, local
484121|390|14|54|General freight trucking, long-distance truckload
485410|140|24|29|School and employee bus transportation
486110|9|22|118|Pipeline transportation of crude oil
486210|25|20|124|Pipeline transportation of natural gas
488320|50|60|88|Marine cargo handling
488490|30|8|47|Other support activities for road transportation
488510|180|12|62|Freight transportation arrangement
492110|510|60|50|Couriers and express delivery services
493110|680|55|43|General warehousing and storage
511110|120|24|50|Newspaper publishers
511210|330|28|168|Software publishers
512110|160|12|92|Motion picture and video production
512240|30|5|70|Sound recording studios
515112|80|14|60|Radio stations
515120|110|40|92|Television broadcasting
517311|420|26|86|Wired telecommunications carriers
517312|80|9|78|Wireless telecommunications carriers
518210|270|17|128|Data processing and hosting
519130|190|24|210|Internet publishing and web search portals
522110|1050|17|80|Commercial banking
522130|210|14|58|Credit unions
522210|80|44|78|Credit card issuing
522220|70|15|84|Sales financing
522291|70|8|62|Consumer lending
522298|60|10|80|All other nondepository credit intermediation
523110|100|22|260|Investment banking and securities dealing
523120|220|9|190|Securities brokerage
523920|150|8|220|Portfolio management
523930|130|6|145|Investment advice
523991|25|16|120|Trust, fiduciary, and custody activities
524113|240|34|98|Direct life insurance carriers
524114|350|65|94|Direct health and medical insurance carriers
524126|370|34|97|Direct property and casualty insurers
524127|50|14|80|Direct title insurance carriers
524210|560|6|72|Insurance agencies and brokerages
524291|40|10|72|Claims adjusting
524298|30|14|88|All other insurance related activities
531110|240|5|48|Lessors of residential buildings
531210|240|4|68|Offices of real estate agents and brokers
531311|320|9|53|Residential property managers
532111|90|12|44|Passenger car rental
541110|830|7|102|Offices of lawyers
541211|360|8|90|Offices of certified public accountants
541310|150|8|89|Architectural services
541330|780|15|98|Engineering services
541380|125|22|69|Testing laboratories
541511|690|9|112|Custom computer programming services
541512|730|11|114|Computer systems design services
541611|520|6|104|Administrative management consulting services
541613|200|7|84|Marketing consulting services
541714|140|30|152|Research and development in biotechnology
541715|300|28|138|Research and development in physical sciences
541810|140|13|108|Advertising agencies
541921|50|9|30|Photography studios, portrait
541940|280|13|42|Veterinary services
551114|1650|44|124|Managing offices
561110|300|16|70|Office administrative services
561320|1900|68|38|Temporary help services
561422|310|80|40|Telemarketing bureaus and other contact centers
561510|70|11|74|Travel agencies
561612|560|60|31|Security guards and patrol services
561720|720|18|24|Janitorial services
561730|520|7|36|Landscaping services
562111|120|18|56|Solid waste collection
562920|40|16|52|Materials recovery facilities
611110|470|38|49|Elementary and secondary schools
611310|900|190|66|Colleges and universities
611710|90|9|66|Educational support services
621111|1780|12|108|Offices of physicians
621210|700|8|56|Offices of dentists
621340|300|9|52|Offices of specialty therapists
621511|140|17|65|Medical laboratories
621610|1080|38|33|Home health care services
622110|3300|480|67|General medical and surgical hospitals
622310|170|140|66|Specialty hospitals
623110|1180|78|36|Nursing care facilities
624120|880|20|22|Services for the elderly and persons with disabilities
624410|640|13|25|Child day care services
711110|55|20|40|Theater companies and dinner theaters
711211|55|60|280|Sports teams and clubs
711310|80|24|42|Promoters with facilities
712110|65|18|40|Museums
713910|250|30|34|Golf courses and country clubs
713940|470|19|20|Fitness and recreational sports centers
721110|1180|34|33|Hotels and motels
721120|180|260|38|Casino hotels
722310|420|17|28|Food service contractors
722410|290|9|22|Drinking places
722511|3900|21|23|Full-service restaurants
722513|3150|18|18|Limited-service restaurants
722515|540|12|19|Snack and beverage bars
811111|270|5|44|General automotive repair
811121|170|8|49|Automotive body repair
811310|140|9|60|Commercial machinery repair
812112|310|6|26|Beauty salons
813110|130|10|32|Religious organizations
813410|260|14|22|Civic and social organizations
813910|70|7|84|Business associations
814110|190|1.3|21|Private households
999999|60|2|58|Unclassified
"""

GOVERNMENT = """
1|491110|420|22|66|Postal service
1|622110|260|900|92|General medical and surgical hospitals
1|921190|60|40|96|Other general government support
1|922120|210|60|102|Police protection
1|924110|70|34|92|Air, water, and waste program administration
1|928110|430|260|84|National security
2|611310|1500|700|62|Colleges and universities
2|622110|220|600|66|General medical and surgical hospitals
2|921130|130|60|68|Public finance
2|922140|330|180|54|Correctional institutions
2|923130|320|60|54|Administration of human resource programs
2|926120|160|26|60|Transportation program administration
3|221310|90|22|58|Water supply and irrigation systems
3|519120|110|15|30|Libraries and archives
3|611110|5300|85|50|Elementary and secondary schools
3|622110|420|500|64|General medical and surgical hospitals
3|921110|900|70|50|Executive offices
3|921140|700|60|52|Executive and legislative offices, combined
3|922120|420|45|66|Police protection
3|922160|260|36|64|Fire protection
"""
