SELECT
    area_fips,
    year,
    population,
    period,
    vintage
FROM {{ source("tidy", "county_population") }}
