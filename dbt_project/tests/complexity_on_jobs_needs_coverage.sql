-- And on any basis a connected graph, and a cluster in the region.
SELECT region_id, year, eci, type_coverage, coverage, connected, eci_establishments, connected_establishments
FROM {{ ref("region_complexity") }}
WHERE (eci IS NOT NULL AND (type_coverage < 0.9 OR coverage < 0.8 OR NOT connected OR diversity_lower = 0))
    OR (eci_establishments IS NOT NULL AND (NOT connected_establishments OR diversity_establishments = 0))
LIMIT 100
