SELECT
    cbsa_code,
    cbsa_title,
    cbsa_kind,
    county_fips,
    period,
    vintage
FROM {{ source("tidy", "cbsa_delineation") }}
