-- Who is compared has every flag, and who is not has none.
SELECT s.region_id, s.cluster_id, s.year, o.ucm_peer, s.ucm_qualifying, s.ucm_strong10
FROM {{ ref("cluster_specialisation") }} AS s
INNER JOIN {{ ref("int_region_roles") }} AS o ON s.region_id = o.region_id
WHERE o.ucm_peer <> (s.ucm_qualifying IS NOT NULL)
    OR (s.ucm_qualifying IS NULL) <> (s.ucm_significant IS NULL)
    OR (s.ucm_qualifying IS NULL) <> (s.ucm_strong IS NULL)
    OR (s.ucm_qualifying IS NULL) <> (s.ucm_strong10 IS NULL)
LIMIT 100
