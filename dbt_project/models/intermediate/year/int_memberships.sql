-- The cluster of every six-digit industry by number, and 0 for what is in none: each industry's weights add up to one.
SELECT m.naics, m.code, c.ucm_code::SMALLINT AS cluster_no, m.weight
FROM {{ ref("int_industry_clusters") }} AS m
INNER JOIN {{ ref("clusters") }} AS c ON m.cluster_id = c.cluster_id
UNION ALL
SELECT i.naics, i.industry_code, 0, 1 - coalesce(sum(c.weight), 0)
FROM {{ ref("int_industries") }} AS i
LEFT JOIN {{ ref("int_industry_clusters") }} AS c
    ON i.naics = c.naics AND i.industry_code = c.code
WHERE i.level = 'national_industry'
GROUP BY i.naics, i.industry_code
HAVING 1 - coalesce(sum(c.weight), 0) > 1e-9
