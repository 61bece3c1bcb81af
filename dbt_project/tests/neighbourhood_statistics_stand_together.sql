-- Where there is a local Moran there are its quadrant and p-values, which adjusted are no smaller; jobs only where enough
-- is known; and nothing for a region without neighbours.
{%- for basis in ("", "_establishments", "_on_estimates") %}
SELECT region_id, cluster_id, year, '{{ basis }}' AS basis
FROM {{ ref("cluster_neighbourhood") }}
WHERE local_moran_p{{ basis }} NOT BETWEEN 1e-4 AND 1
    OR NOT coalesce(local_moran_fdr{{ basis }} BETWEEN local_moran_p{{ basis }} AND 1, local_moran{{ basis }} IS NULL)
    {%- for column in ("quadrant", "local_moran_p", "local_moran_fdr") %}
    OR ({{ column }}{{ basis }} IS NULL) <> (local_moran{{ basis }} IS NULL)
    {%- endfor %}
    OR (getis_ord_z{{ basis }} IS NOT NULL AND local_moran{{ basis }} IS NULL)
    OR (neighbours = 0 AND local_moran{{ basis }} IS NOT NULL)
UNION ALL
{%- endfor %}
SELECT region_id, cluster_id, year, 'coverage'
FROM {{ ref("cluster_neighbourhood") }}
WHERE (coverage < 0.9 AND local_moran IS NOT NULL)
    OR (neighbours = 0) <> (spatially_interpolated_lq_establishments IS NULL)
    OR spatially_interpolated_lq_lower > spatially_interpolated_lq_upper
    OR (neighbours = 0) <> (spatially_interpolated_lq_estimate IS NULL)
    OR spatially_interpolated_lq_estimate
        NOT BETWEEN spatially_interpolated_lq_lower AND spatially_interpolated_lq_upper
    OR spatially_interpolated_lq <> spatially_interpolated_lq_estimate
    OR spatially_interpolated_lq NOT BETWEEN spatially_interpolated_lq_lower AND spatially_interpolated_lq_upper
LIMIT 100
