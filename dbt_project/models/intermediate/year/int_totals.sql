-- All jobs and establishments of a region, and the nation it lies in: the bases of every quotient. BLS compares Puerto Rico
-- and the Virgin Islands with the nation too, but does not count them in it, so what they hold sets no limit to what it
-- holds. A metropolitan or micropolitan area of which only the total is known is left out: it has industries, not none.
WITH totals AS (
    SELECT region_id, region_type, year, establishments, employment
    FROM {{ ref("int_cells") }}
    WHERE level = 'total' AND ownership = 'total'
        AND (region_type <> 'cbsa' OR (region_id, year) IN (
            SELECT (region_id, year) FROM {{ ref("int_cells") }} WHERE region_type = 'cbsa' AND level = 'sector'
        ))
),

nation AS (
    SELECT region_id, year, establishments, employment FROM totals WHERE region_type = 'nation'
)

SELECT
    t.region_id,
    t.region_type,
    t.year,
    t.establishments,
    t.employment,
    o.in_nation AS in_reference,
    n.region_id AS reference_region_id,
    n.establishments AS reference_establishments,
    n.employment AS reference_employment
FROM totals AS t
INNER JOIN nation AS n ON t.year = n.year
INNER JOIN {{ ref("int_region_roles") }} AS o ON t.region_id = o.region_id
