{%- set complete = ("establishments", "on_estimates") %}
-- Over the regions that have a cluster. Of an eigenvector, means are a multiple.
WITH clusters AS (
    SELECT
        region_id, year,
        {%- for basis in complete %}
        avg(complexity_{{ basis }}) FILTER (WHERE present_{{ basis }} = 'yes') AS mean_{{ basis }},
        {%- endfor %}
        avg(pci) FILTER (WHERE present = 'yes') AS mean_jobs,
        any_value(f.eci) AS eci_jobs
    FROM {{ ref("cluster_opportunity") }}
    INNER JOIN {{ ref("int_relatedness") }} AS f USING (region_id, cluster_id, year)
    GROUP BY region_id, year
),

indices AS (
    {%- for basis in complete %}
    SELECT
        region_id, year,
        '{{ basis }}' AS basis,
        eci_{{ basis }} AS eci,
        mean_{{ basis }} AS mean_of_clusters,
        diversity_{{ basis }} AS diversity,
        orientation_{{ basis }} AS orientation
    FROM {{ ref("region_complexity") }}
    INNER JOIN clusters USING (region_id, year)
    UNION ALL
    {%- endfor %}
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
