SELECT
    year,
    bea_code,
    title,
    summary_code,
    naics,
    naics_position,
    naics_prefix
FROM {{ source("tidy", "bea_industries") }}
