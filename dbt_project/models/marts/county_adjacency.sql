-- Only counties that QCEW reports; the Census Bureau lists those of other island areas too.
SELECT
    'county:' || county_fips AS region_id,
    'county:' || neighbour_fips AS neighbour_region_id
FROM {{ ref("stg_county_adjacency") }}
WHERE county_fips IN (SELECT county_fips FROM {{ ref("int_counties") }})
    AND neighbour_fips IN (SELECT county_fips FROM {{ ref("int_counties") }})
