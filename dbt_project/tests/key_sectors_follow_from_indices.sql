-- Rasmussen's indices average one, and keep the order of the linkages they compare.
SELECT 'mean' AS what, avg(rasmussen_backward) AS backward, avg(rasmussen_forward) AS forward
FROM {{ ref("industry_multiplier") }}
HAVING abs(avg(rasmussen_backward) - 1) > 1e-9
    OR abs(avg(rasmussen_forward) - 1) > 1e-9
    OR abs(avg(rasmussen_sensitivity) - 1) > 1e-9
UNION ALL
SELECT industry_id, rasmussen_backward, rasmussen_forward
FROM {{ ref("industry_multiplier") }}
WHERE key_sector IS DISTINCT FROM (rasmussen_backward > 1 AND rasmussen_forward > 1)
    AND NOT (key_sector IS NULL AND (rasmussen_backward IS NULL OR rasmussen_forward IS NULL))
