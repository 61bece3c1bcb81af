SELECT
    area_fips,
    area_title,
    period,
    vintage
FROM {{ source("tidy", "qcew_areas") }}
