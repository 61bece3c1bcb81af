SELECT
    industry_code,
    industry_title,
    naics_mark,
    'series' AS period,
    NULL::VARCHAR AS vintage
FROM {{ source("tidy", "qcew_industries") }}
