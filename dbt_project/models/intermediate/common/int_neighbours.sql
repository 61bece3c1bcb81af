-- Regions that border each other in a year, both ways round. Two states, or two metropolitan areas, are neighbours if a
-- county of one borders a county of the other. As the Census Bureau lists counties: across water too, if their boundaries
-- meet.
WITH members AS (
    SELECT DISTINCT 'state' AS region_type, year, county_fips, 'state:' || left(county_fips, 2) AS region_id
    FROM {{ ref("int_county_neighbours") }}
    UNION ALL
    SELECT 'cbsa', year, county_fips, 'cbsa:' || cbsa_code
    FROM {{ ref("int_cbsa_members") }}
)

SELECT
    'county' AS region_type, year,
    'county:' || county_fips AS region_id, 'county:' || neighbour_fips AS neighbour_region_id
FROM {{ ref("int_county_neighbours") }}
UNION ALL
SELECT DISTINCT a.region_type, c.year, a.region_id, b.region_id AS neighbour_region_id
FROM {{ ref("int_county_neighbours") }} AS c
INNER JOIN members AS a ON c.county_fips = a.county_fips AND c.year = a.year
INNER JOIN members AS b ON c.neighbour_fips = b.county_fips AND c.year = b.year AND a.region_type = b.region_type
WHERE a.region_id <> b.region_id
