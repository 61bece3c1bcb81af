SELECT
    county_fips,
    county_name,
    land_area_m2,
    latitude,
    longitude
FROM {{ source("tidy", "county_gazetteer") }}
