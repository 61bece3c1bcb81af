SELECT industry_id, sum(weight) AS weight
FROM {{ ref("cluster_industry") }}
GROUP BY industry_id
HAVING sum(weight) > 1 + 1e-9 OR min(weight) <= 0
