-- What industries buy of every commodity, and how much of it abroad, in million USD, of the newest benchmark. Imports are
-- before redefinitions, so that either may stand without the other. NULL throughout where BEA has no import matrix of
-- that year: zero would say that all is made at home.
WITH bought AS (
    SELECT u.year, u.commodity_code, u.industry_code, u.value
    FROM {{ ref("stg_bea_use") }} AS u
    INNER JOIN {{ ref("int_io_industries") }} AS i ON u.year = i.year AND u.industry_code = i.bea_code
    WHERE NOT regexp_full_match(u.commodity_code, '[VT][0-9].*')
),

abroad AS (
    SELECT m.year, m.commodity_code, m.industry_code, m.value
    FROM {{ ref("stg_bea_imports") }} AS m
    INNER JOIN {{ ref("int_io_industries") }} AS i ON m.year = i.year AND m.industry_code = i.bea_code
    WHERE m.value > 0
)

SELECT
    commodity_code,
    industry_code,
    coalesce(b.value, 0) AS bought,
    CASE WHEN EXISTS (SELECT 1 FROM abroad) THEN coalesce(m.value, 0) END AS imported
FROM bought AS b
FULL JOIN abroad AS m USING (year, commodity_code, industry_code)
