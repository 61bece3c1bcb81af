-- All jobs of a region, and the nation it lies in: the bases of every quotient.
WITH totals AS (
    SELECT region_id, region_type, year, employment
    FROM {{ ref("int_cells") }}
    WHERE level = 'total' AND ownership = 'total'
),

nation AS (
    SELECT region_id, year, employment FROM totals WHERE region_type = 'nation'
)

SELECT
    t.region_id,
    t.region_type,
    t.year,
    t.employment,
    n.region_id AS reference_region_id,
    n.employment AS reference_employment
FROM totals AS t
INNER JOIN nation AS n ON t.year = n.year
