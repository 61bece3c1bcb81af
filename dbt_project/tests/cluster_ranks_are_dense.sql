SELECT
    r.region_type, s.cluster_id, s.year,
    min(s.rank_employment) AS first_by_employment,
    min(s.rank_lq) AS first_by_lq
FROM {{ ref("cluster_specialisation") }} AS s
INNER JOIN {{ ref("dim_region") }} AS r ON s.region_id = r.region_id
GROUP BY r.region_type, s.cluster_id, s.year
HAVING
    first_by_employment <> 1
    OR first_by_lq <> 1
    OR max(s.rank_employment) <> count(DISTINCT s.rank_employment)
    OR max(s.rank_lq) <> count(DISTINCT s.rank_lq)
    OR count(s.rank_employment) <> count(s.employment)
    OR count(s.rank_lq) <> count(s.lq)
