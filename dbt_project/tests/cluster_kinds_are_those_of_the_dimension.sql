SELECT DISTINCT s.cluster_id, s.lq_denominator, c.kind
FROM {{ ref("cluster_specialisation") }} AS s
LEFT JOIN {{ ref("dim_cluster") }} AS c ON s.cluster_id = c.cluster_id
WHERE s.lq_denominator IS DISTINCT FROM c.kind
