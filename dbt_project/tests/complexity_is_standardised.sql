-- Over the regions that have a cluster. Of an eigenvector, means are a multiple.
WITH clusters AS (
    SELECT
        region_id, year,
        avg(complexity_establishments) FILTER (WHERE present_establishments = 'yes') AS mean_establishments,
        avg(pci) FILTER (WHERE present = 'yes') AS mean_jobs,
        any_value(f.eci) AS eci_jobs
    FROM {{ ref("cluster_opportunity") }}
    INNER JOIN {{ ref("int_relatedness") }} AS f USING (region_id, cluster_id, year)
    GROUP BY region_id, year
),

indices AS (
    SELECT
        region_id, year,
        'establishments' AS basis,
        eci_establishments AS eci,
        mean_establishments AS mean_of_clusters,
        diversity_establishments AS diversity,
        orientation_establishments AS orientation
    FROM {{ ref("region_complexity") }}
    INNER JOIN clusters USING (region_id, year)
    UNION ALL
    SELECT region_id, year, 'jobs' AS basis, eci_jobs, mean_jobs, diversity_lower, orientation
    FROM {{ ref("region_complexity") }}
    INNER JOIN clusters USING (region_id, year)
)

SELECT
    split_part(region_id, ':', 1) AS region_type, year, basis,
    avg(eci) AS mean,
    stddev_pop(eci) AS spread,
    corr(eci, mean_of_clusters) AS agreement,
    CASE
        WHEN min(diversity) FILTER (WHERE eci IS NOT NULL) < max(diversity) FILTER (WHERE eci IS NOT NULL)
            THEN corr(eci, diversity) FILTER (WHERE eci IS NOT NULL)
        ELSE 0
    END
        AS with_diversity,
    any_value(orientation) AS given_orientation
FROM indices
GROUP BY region_type, year, basis
HAVING count(eci) > 0
    AND (
        abs(mean) > 1e-9 OR abs(spread - 1) > 1e-9 OR agreement < 1 - 1e-9
        OR abs(with_diversity - given_orientation) > 1e-9
    )
