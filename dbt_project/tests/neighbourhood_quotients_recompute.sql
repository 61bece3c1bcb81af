-- The focal quotient of a region is that of the region and its neighbours as if they were one.
WITH members AS (
    SELECT year, region_id, neighbour_region_id AS member_id FROM {{ ref("int_neighbours") }}
    UNION ALL
    SELECT DISTINCT year, region_id, region_id AS member_id FROM {{ ref("int_neighbours") }}
),

nation AS (
    SELECT
        q.cluster_id, q.year, q.establishments, q.employment_lower, q.employment_upper, q.reference_employment,
        e.nation_estimate
    FROM {{ ref("int_cluster_quotients") }} AS q
    INNER JOIN {{ ref("int_cluster_completions") }} AS e
        ON q.region_id = e.region_id AND q.cluster_id = e.cluster_id AND q.year = e.year
    WHERE q.region_type = 'nation'
),

totals AS (
    SELECT year, establishments
    FROM {{ ref("int_cells") }}
    WHERE region_type = 'nation' AND level = 'total' AND ownership = 'total'
),

expected AS (
    SELECT
        m.region_id, c.cluster_id, c.year,
        sum(c.establishments) / sum(c.region_establishments)
        / (any_value(n.establishments) / any_value(t.establishments)) AS plants,
        sum(c.employment_lower) / sum(c.region_employment)
        / (any_value(n.employment_upper) / any_value(n.reference_employment)) AS least,
        sum(c.employment_estimate) / sum(c.region_employment)
        / (any_value(n.nation_estimate) / any_value(n.reference_employment)) AS best,
        -- No wider than with the nation's least, and the nation at its own most.
        sum(c.employment_upper) / sum(c.region_employment)
        / (any_value(n.employment_lower) / any_value(n.reference_employment)) AS most
    FROM members AS m
    INNER JOIN {{ ref("int_neighbourhood_cells") }} AS c ON m.member_id = c.region_id AND m.year = c.year
    INNER JOIN nation AS n ON c.cluster_id = n.cluster_id AND c.year = n.year
    INNER JOIN totals AS t ON c.year = t.year
    GROUP BY m.region_id, c.cluster_id, c.year
)

SELECT e.*, COLUMNS(f.* EXCLUDE (region_id, cluster_id, year))
FROM {{ ref("cluster_neighbourhood") }} AS f
INNER JOIN expected AS e ON f.region_id = e.region_id AND f.cluster_id = e.cluster_id AND f.year = e.year
WHERE f.neighbours > 0
    AND (
        abs(f.spatially_interpolated_lq_establishments - e.plants) > 1e-9 * (1 + e.plants)
        OR abs(f.spatially_interpolated_lq_lower - e.least) > 1e-9 * (1 + e.least)
        OR f.spatially_interpolated_lq_upper > e.most * (1 + 1e-9)
        OR abs(
            f.spatially_interpolated_lq_estimate - coalesce(
                f.spatially_interpolated_lq,
                least(
                    greatest(e.best, f.spatially_interpolated_lq_lower),
                    coalesce(f.spatially_interpolated_lq_upper, e.best)
                )
            )
        ) > 1e-9 * (1 + e.best)
        OR (f.spatially_interpolated_lq_upper IS NULL AND e.most IS NOT NULL)
    )
LIMIT 100
