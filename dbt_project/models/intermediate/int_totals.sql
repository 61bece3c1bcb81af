-- All jobs of a region, and the nation it lies in: the bases of every quotient. BLS compares Puerto Rico and the Virgin
-- Islands with the nation too, but does not count them in it, so what they hold sets no limit to what it holds.
WITH totals AS (
    SELECT region_id, region_type, year, employment
    FROM {{ ref("int_cells") }}
    WHERE level = 'total' AND ownership = 'total'
),

nation AS (
    SELECT region_id, year, employment FROM totals WHERE region_type = 'nation'
),

territories AS (
    SELECT region_id FROM totals
    WHERE regexp_matches(region_id, '^(state|county|unallocated):(72|78)')
    UNION
    SELECT 'cbsa:' || cbsa_code FROM {{ ref("stg_cbsa_delineation") }}
    WHERE left(county_fips, 2) IN ('72', '78')
)

SELECT
    t.region_id,
    t.region_type,
    t.year,
    t.employment,
    t.region_id NOT IN (SELECT region_id FROM territories) AS in_reference,
    n.region_id AS reference_region_id,
    n.employment AS reference_employment
FROM totals AS t
INNER JOIN nation AS n ON t.year = n.year
