-- Regions that border each other, both ways round. Two states, or two metropolitan areas, are neighbours if a county of
-- one borders a county of the other. As the Census Bureau lists counties: across water too, if their boundaries meet.
WITH counties AS (
    SELECT 'county:' || county_fips AS one, 'county:' || neighbour_fips AS other
    FROM {{ ref("stg_county_adjacency") }}
),

members AS (
    SELECT DISTINCT 'state' AS region_type, one AS county_region_id, 'state:' || substr(one, 8, 2) AS region_id
    FROM counties
    UNION ALL
    SELECT 'cbsa', 'county:' || county_fips, 'cbsa:' || cbsa_code
    FROM {{ ref("stg_cbsa_delineation") }}
)

SELECT 'county' AS region_type, one AS region_id, other AS neighbour_region_id
FROM counties
UNION ALL
SELECT DISTINCT a.region_type, a.region_id, b.region_id AS neighbour_region_id
FROM counties AS c
INNER JOIN members AS a ON c.one = a.county_region_id
INNER JOIN members AS b ON c.other = b.county_region_id AND a.region_type = b.region_type
WHERE a.region_id <> b.region_id
