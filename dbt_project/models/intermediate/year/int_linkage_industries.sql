-- The six-digit industries of traded clusters that occur in the data, numbered from 0 within their edition of NAICS,
-- with the cluster they belong to.
SELECT
    m.naics,
    m.code,
    m.cluster_id,
    m.weight,
    dense_rank() OVER (PARTITION BY m.naics ORDER BY m.code) - 1 AS industry_no,
    dense_rank() OVER (PARTITION BY m.naics ORDER BY m.cluster_id) - 1 AS cluster_no
FROM {{ ref("int_industry_clusters") }} AS m
INNER JOIN {{ ref("clusters") }} AS c ON m.cluster_id = c.cluster_id
WHERE c.kind = 'traded'
