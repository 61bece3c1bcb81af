SELECT region_id, cluster_id, year, ucm_qualifying, ucm_significant, ucm_strong, ucm_strong10
FROM {{ ref("cluster_specialisation") }}
WHERE
    (ucm_strong10 = 'yes' AND ucm_strong <> 'yes')
    OR (ucm_strong = 'yes' AND ucm_significant <> 'yes')
    OR (ucm_significant = 'yes' AND ucm_qualifying <> 'yes')
