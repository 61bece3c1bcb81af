-- Private jobs and establishments of every industry as shares of all the region has, where the industry has a plant.
-- Jobs are NULL unless known within one percent. Quotients are these shares over the nation's, which is the same for all
-- regions and so of no consequence to Moran's I.
WITH totals AS (
    SELECT region_id, year, establishments
    FROM {{ ref("int_cells") }}
    WHERE level = 'total' AND ownership = 'total'
)

SELECT
    c.industry_code,
    c.region_type,
    c.year,
    c.region_id,
    CASE
        WHEN {{ is_narrow("c.employment_lower", "c.employment_upper") }}
            THEN (c.employment_lower + c.employment_upper) / 2 / r.employment
    END AS jobs,
    c.plants / t.establishments AS establishments
FROM {{ ref("int_concentration_cells") }} AS c
INNER JOIN {{ ref("int_concentration_regions") }} AS r ON c.region_id = r.region_id AND c.year = r.year
INNER JOIN totals AS t ON c.region_id = t.region_id AND c.year = t.year
