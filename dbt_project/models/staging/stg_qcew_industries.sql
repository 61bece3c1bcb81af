SELECT
    industry_code,
    industry_title
FROM {{ source("tidy", "qcew_industries") }}
