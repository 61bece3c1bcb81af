SELECT
    industry_code,
    industry_title,
    naics_mark,
    'series' AS period,
    '' AS vintage
FROM {{ source("tidy", "qcew_industries") }}
