-- Who makes a commodity that an industry is named by, and how much of it, in million USD. Where the Make table of the
-- year names no maker, or there is none, the industry of its name makes it, all of one.
WITH made AS (
    SELECT m.industry_code, m.commodity_code, m.value AS made
    FROM {{ ref("stg_bea_make") }} AS m
    INNER JOIN {{ ref("int_io_industries") }} AS i ON m.year = i.year AND m.industry_code = i.bea_code
    INNER JOIN {{ ref("int_io_industries") }} AS c ON m.year = c.year AND m.commodity_code = c.bea_code
    WHERE m.value > 0
)

SELECT industry_code, commodity_code, made FROM made
UNION ALL
SELECT i.bea_code AS industry_code, i.bea_code AS commodity_code, 1 AS made
FROM {{ ref("int_io_industries") }} AS i
ANTI JOIN made AS m ON i.bea_code = m.commodity_code
