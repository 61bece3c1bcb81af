-- Shares, means, the quotient over all industries and what hangs on them, from the published columns they are made of.
WITH totals AS (
    SELECT region_id, year, employment
    FROM {{ ref("employment") }}
    WHERE ownership = 'total'
),

beside AS (
    SELECT s.*, t.employment AS region_jobs, n.employment AS nation_cluster_jobs, nt.employment AS nation_jobs
    FROM {{ ref("cluster_specialisation") }} AS s
    INNER JOIN totals AS t ON s.region_id = t.region_id AND s.year = t.year
    INNER JOIN {{ ref("cluster_specialisation") }} AS n
        ON s.reference_region_id = n.region_id AND s.cluster_id = n.cluster_id AND s.year = n.year
    INNER JOIN totals AS nt ON n.region_id = nt.region_id AND n.year = nt.year
)

SELECT *
FROM beside
WHERE
    abs(average_wage * employment - wages) > 1 + 1e-9 * wages
    OR (employment > 0 AND wages IS NOT NULL AND average_wage IS NULL)
    OR abs(share_of_region * region_jobs - employment) > 1e-6 * employment
    OR abs(share_of_nation * nation_cluster_jobs - employment) > 1e-6 * employment
    OR (employment IS NULL AND coalesce(share_of_region, share_of_nation, lq_all, hc_employment) IS NOT NULL)
    OR abs(lq_all * region_jobs * nation_cluster_jobs / nation_jobs - employment) > 1e-6 * employment
    OR abs(employment - hc_employment - region_jobs * nation_cluster_jobs / nation_jobs)
    > 1e-6 * (employment + region_jobs)
    OR stars <> star_size + star_specialisation + star_focus
    OR abs(lq_all - 2) > 1e-9 AND star_specialisation <> (lq_all >= 2)::INTEGER
    OR (ucm_strong = 'yes' AND lq_upper < 1)
    OR reliability <> {{ reliability("region_jobs", "establishments") }}
LIMIT 100
