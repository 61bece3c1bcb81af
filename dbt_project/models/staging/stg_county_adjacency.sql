SELECT
    county_fips,
    neighbour_fips,
    period,
    vintage
FROM {{ source("tidy", "county_adjacency") }}
