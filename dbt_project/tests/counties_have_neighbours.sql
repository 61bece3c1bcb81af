-- A county of the data that no list of adjacency gives a neighbour, by year. One that a list has and that borders none in
-- any, of those that QCEW reports, is an island.
WITH held AS (
    SELECT DISTINCT year, split_part(region_id, ':', 2) AS county_fips
    FROM {{ ref("int_qcew_cells") }}
    WHERE region_type = 'county'
),

islands AS (
    SELECT county_fips
    FROM {{ ref("stg_county_adjacency") }}
    GROUP BY county_fips
    HAVING bool_and(
        county_fips = neighbour_fips OR neighbour_fips NOT IN (SELECT county_fips FROM {{ ref("int_counties") }})
    )
)

SELECT h.year, count(*) AS lonely, string_agg(h.county_fips, ', ' ORDER BY h.county_fips) AS counties
FROM held AS h
ANTI JOIN {{ ref("int_county_neighbours") }} AS n ON h.county_fips = n.county_fips AND h.year = n.year
WHERE h.county_fips NOT IN (SELECT county_fips FROM islands)
GROUP BY h.year
