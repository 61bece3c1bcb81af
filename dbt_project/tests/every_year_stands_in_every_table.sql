-- And in every year, every cluster stands in as many regions as its sums were made for.
WITH years AS (
    SELECT DISTINCT year FROM {{ ref("employment") }}
),

made AS (
    SELECT cluster_id, year, region_type, count(*) AS regions
    FROM {{ ref("int_cluster_quotients") }}
    GROUP BY cluster_id, year, region_type
),

held AS (
    SELECT cluster_id, year, split_part(region_id, ':', 1) AS region_type, count(*) AS regions
    FROM {{ ref("cluster_specialisation") }}
    GROUP BY cluster_id, year, region_type
)

SELECT 'quotients in employment' AS lacking, year::VARCHAR AS what
FROM years
WHERE year NOT IN (SELECT year FROM {{ ref("employment") }} WHERE lq IS NOT NULL)
UNION ALL
SELECT 'employment', year::VARCHAR
FROM (SELECT DISTINCT year FROM {{ ref("int_qcew_cells") }})
WHERE year NOT IN (SELECT year FROM years)
UNION ALL
SELECT 'cluster_specialisation', concat_ws(' ', m.year, m.cluster_id, m.region_type)
FROM made AS m
LEFT JOIN held AS h ON m.cluster_id = h.cluster_id AND m.year = h.year AND m.region_type = h.region_type
WHERE h.regions IS DISTINCT FROM m.regions
