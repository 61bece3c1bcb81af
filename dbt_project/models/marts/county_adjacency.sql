SELECT
    'county:' || county_fips AS region_id,
    'county:' || neighbour_fips AS neighbour_region_id
FROM {{ ref("stg_county_adjacency") }}
