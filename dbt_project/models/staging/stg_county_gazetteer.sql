SELECT
    county_fips,
    county_name,
    land_area_m2,
    latitude,
    longitude,
    period,
    vintage
FROM {{ source("tidy", "county_gazetteer") }}
