-- And on any basis a connected graph, and a cluster in the region.
SELECT
    region_id, year, eci, type_coverage, coverage, connected, eci_establishments, connected_establishments,
    eci_on_estimates, connected_on_estimates
FROM {{ ref("region_complexity") }}
WHERE (eci IS NOT NULL AND (type_coverage < 0.9 OR coverage < 0.8 OR NOT connected OR diversity_lower = 0))
    {%- for basis in ("establishments", "on_estimates") %}
    OR (eci_{{ basis }} IS NOT NULL AND (NOT connected_{{ basis }} OR diversity_{{ basis }} = 0))
    {%- endfor %}
LIMIT 100
