-- The industries of the newest benchmark Use table that make something, with what there is of the commodity of their
-- name. Commodities and industries of one name are taken for the same: after redefinitions an industry makes hardly
-- anything else, and the table of who makes what is not at hand. Commodities that no industry is named by (scrap, used
-- goods, noncomparable imports, the rest of the world) are not among them, and what an industry of no commodity makes
-- (government electric utilities, ...) is sold under another's name.
WITH newest AS (
    SELECT * FROM {{ newest(ref("stg_bea_use")) }}
),

titles AS (
    SELECT DISTINCT year, bea_code, title, naics FROM {{ ref("stg_bea_industries") }}
),

totals AS (
    SELECT industry_code, commodity_code, value FROM newest WHERE commodity_code IN ('T006', 'T008')
),

-- All there is of a commodity. BEA's total is less imports, which stand as a negative final use, while the flows hold
-- them: shares of it would add up to more than one.
supplies AS (
    SELECT
        commodity_code,
        sum(CASE industry_code WHEN 'T007' THEN value ELSE -value END ORDER BY industry_code) AS value
    FROM newest
    WHERE industry_code IN ('T007', 'F05000')
    GROUP BY commodity_code
)

SELECT
    t.year,
    t.naics,
    t.bea_code,
    t.title,
    o.value AS output,
    -- A blank total is none.
    coalesce(s.value, 0) AS total_use,
    coalesce(v.value, 0) AS value_added
FROM titles AS t
INNER JOIN totals AS o ON t.bea_code = o.industry_code AND o.commodity_code = 'T008'
LEFT JOIN supplies AS s ON t.bea_code = s.commodity_code
LEFT JOIN (SELECT * FROM totals WHERE commodity_code = 'T006') AS v ON t.bea_code = v.industry_code
WHERE t.year IN (SELECT year FROM newest)
