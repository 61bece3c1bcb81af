SELECT
    area_fips,
    year,
    population
FROM {{ source("tidy", "county_population") }}
