-- Only counties that QCEW reports; the Census Bureau lists those of other island areas too.
SELECT DISTINCT
    'county:' || county_fips AS region_id,
    'county:' || neighbour_fips AS neighbour_region_id
FROM {{ ref("int_county_neighbours") }}
WHERE county_fips IN (SELECT county_fips FROM {{ ref("int_counties") }})
    AND neighbour_fips IN (SELECT county_fips FROM {{ ref("int_counties") }})
