SELECT
    year,
    commodity_code,
    industry_code,
    value
FROM {{ source("tidy", "bea_use") }}
