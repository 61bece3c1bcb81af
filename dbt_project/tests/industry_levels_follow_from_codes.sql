-- The level that QCEW prints a code at is the one that its form says.
SELECT industry_code, level, {{ industry_level_of("industry_code") }} AS by_form, parent_code
FROM {{ ref("int_industries") }}
WHERE
    level IS DISTINCT FROM by_form
    OR parent_code IS DISTINCT FROM {{ parent_industry_code("industry_code", "by_form") }}
