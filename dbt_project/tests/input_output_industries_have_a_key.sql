SELECT DISTINCT
    u.year,
    u.industry_code
FROM {{ ref("stg_bea_use") }} AS u
WHERE
    NOT regexp_full_match(u.industry_code, '[FT][0-9].*')
    AND NOT EXISTS (
        SELECT 1 FROM {{ ref("stg_bea_industries") }} AS k
        WHERE k.year = u.year AND k.bea_code = u.industry_code
    )
