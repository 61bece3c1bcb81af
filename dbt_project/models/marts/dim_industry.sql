SELECT
    {{ industry_id("i.naics", "i.industry_code") }} AS industry_id,
    'naics' || i.naics AS system,
    i.industry_code AS code,
    i.level,
    coalesce(
        t.industry_title,
        CASE i.industry_code
            WHEN '31-33' THEN 'Manufacturing'
            WHEN '44-45' THEN 'Retail trade'
            WHEN '48-49' THEN 'Transportation and warehousing'
        END
    ) AS title,
    CASE WHEN i.parent_code IS NOT NULL THEN {{ industry_id("i.naics", "i.parent_code") }} END AS parent_industry_id
FROM {{ ref("int_industries") }} AS i
LEFT JOIN {{ ref("stg_qcew_industries") }} AS t ON i.industry_code = t.industry_code
UNION ALL
-- BEA's own industries, for the input-output tables; bea_naics says which of the others they stand for.
SELECT
    {{ bea_industry_id("naics", "bea_code") }} AS industry_id,
    'bea' || naics AS system,
    bea_code AS code,
    'detail' AS level,
    title,
    NULL AS parent_industry_id
FROM {{ ref("int_io_industries") }}
