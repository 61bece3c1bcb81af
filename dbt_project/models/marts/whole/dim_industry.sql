WITH industries AS (
    SELECT
        industry_id,
        {{ naics_of("industry_id") }} AS naics,
        {{ naics_code_of("industry_id") }} AS code,
        {{ industry_level_of("code") }} AS level,
        {{ parent_industry_code("code", "level") }} AS parent_code
    FROM (SELECT DISTINCT industry_id FROM {{ ref("employment") }}) AS present
)

SELECT
    i.industry_id,
    'naics' || i.naics AS system,
    i.code,
    i.level,
    t.title,
    CASE WHEN i.parent_code IS NOT NULL THEN {{ industry_id("i.naics", "i.parent_code") }} END AS parent_industry_id
FROM industries AS i
LEFT JOIN {{ ref("int_industry_titles") }} AS t ON i.naics = t.naics AND i.code = t.industry_code
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
