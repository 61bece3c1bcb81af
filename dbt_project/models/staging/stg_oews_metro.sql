SELECT
    year,
    area_code,
    area_title,
    occupation_code,
    occupation_title,
    occupation_group,
    employment,
    jobs_per_1000,
    location_quotient,
    annual_mean_wage,
    annual_median_wage,
    annual_median_wage_topcoded
FROM {{ source("tidy", "oews_metro") }}
