-- All but a few in each year: an occupation without a row in a sector may have jobs there that are too few to be listed.
-- Printed jobs are rounded to tens, printed quotients to hundredths.
WITH compared AS (
    SELECT
        s.year,
        abs(s.lq - s.lq_from_employment)
        <= 0.005 + s.lq_from_employment * (5 / greatest(s.employment, 1) + 5 / t.employment) + 1e-9 AS agrees
    FROM {{ ref("region_skills") }} AS s
    INNER JOIN {{ ref("region_skills") }} AS t ON s.region_id = t.region_id AND s.year = t.year AND t.level = 'total'
    WHERE s.lq IS NOT NULL AND s.lq_from_employment IS NOT NULL
)

SELECT year, count(*) AS quotients, avg(agrees::INTEGER) AS share_that_agrees
FROM compared
GROUP BY year
HAVING avg(agrees::INTEGER) < 0.95
