-- Which clusters are present in a region, by their quotient, and how much of that is settled. A cluster that is in no
-- region has no quotient, and is present nowhere.
WITH judged AS (
    SELECT
        region_type, region_id, cluster_id, year,
        -- There is no bound on a quotient whose upper end is unknown, unless there is none of the cluster.
        CASE WHEN employment_upper = 0 THEN 0 ELSE coalesce(lq_all_upper, 1e300) END AS most,
        {{ verdict("lq_all_lower", "most", "1", "1", ">=") }} AS present,
        CASE WHEN lq_establishments >= 1 THEN 'yes' ELSE 'no' END AS present_establishments,
        CASE WHEN lq_all_estimate >= 1 THEN 'yes' ELSE 'no' END AS present_on_estimates
    FROM {{ ref("int_cluster_grid") }}
)

SELECT
    region_type, region_id, cluster_id, year, present, present_establishments, present_on_estimates,
    avg((present <> 'undetermined')::INTEGER) OVER (PARTITION BY region_id, year) AS region_coverage,
    avg((present <> 'undetermined')::INTEGER) OVER (PARTITION BY region_type, cluster_id, year) AS cluster_coverage,
    avg((present <> 'undetermined')::INTEGER) OVER (PARTITION BY region_type, year) AS type_coverage
FROM judged
