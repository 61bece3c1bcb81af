SELECT
    county_fips,
    neighbour_fips
FROM {{ source("tidy", "county_adjacency") }}
