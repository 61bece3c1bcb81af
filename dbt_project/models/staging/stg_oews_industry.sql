SELECT
    year,
    naics_code,
    industry_title,
    industry_level,
    ownership,
    occupation_code,
    occupation_title,
    occupation_group,
    employment
FROM {{ source("tidy", "oews_industry") }}
