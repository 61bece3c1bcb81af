-- And every row of it, unless the area is none of the warehouse's.
WITH published AS (
    SELECT m.year, m.area_code, any_value(m.area_title) AS area_title, count(*) AS published, sum(m.employment) AS jobs
    FROM {{ ref("stg_oews_metro") }} AS m
    GROUP BY m.year, m.area_code
),

held AS (
    SELECT year, split_part(region_id, ':', 2) AS area_code, count(*) AS held, sum(employment) AS jobs
    FROM {{ ref("region_skills") }}
    GROUP BY year, region_id
)

SELECT p.*, h.held
FROM published AS p
LEFT JOIN held AS h ON p.year = h.year AND p.area_code = h.area_code
WHERE h.held IS DISTINCT FROM p.published OR h.jobs IS DISTINCT FROM p.jobs
LIMIT 100
