SELECT
    area_fips,
    area_title
FROM {{ source("tidy", "qcew_areas") }}
