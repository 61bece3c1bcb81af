-- Every traded cluster in every county and state, beside the region's jobs and establishments of all industries.
WITH totals AS (
    SELECT region_id, year, establishments
    FROM {{ ref("int_cells") }}
    WHERE level = 'total' AND ownership = 'total'
)

SELECT
    g.*,
    r.employment AS region_employment,
    t.establishments AS region_establishments
FROM {{ ref("int_cluster_grid") }} AS g
INNER JOIN {{ ref("int_concentration_regions") }} AS r ON g.region_id = r.region_id AND g.year = r.year
INNER JOIN totals AS t ON g.region_id = t.region_id AND g.year = t.year
WHERE g.region_type IN ('county', 'state')
