-- Occupations of metropolitan areas, as BLS publishes them, and beside its quotients the same from its figures of jobs: the
-- nation's jobs by occupation are the sum of its sectors, known where no sector's are withheld. Areas that are none of the
-- warehouse's, such as New England's city and town areas of earlier years, are left out.
WITH nation AS (
    SELECT
        period,
        occupation_code,
        CASE WHEN count(*) = count(employment) THEN sum(employment) END AS employment
    FROM {{ ref("stg_oews_industry") }}
    WHERE industry_level = 'sector'
    GROUP BY period, occupation_code
)

SELECT
    r.region_id,
    m.occupation_code AS occupation,
    m.year::INTEGER AS year,
    m.occupation_title AS title,
    m.occupation_group AS level,
    m.employment,
    m.jobs_per_1000,
    m.location_quotient AS lq,
    {{ location_quotient("m.employment", "t.employment", "n.employment", "a.employment") }} AS lq_from_employment,
    m.annual_mean_wage AS mean_wage,
    m.annual_median_wage AS median_wage,
    m.annual_median_wage_topcoded AS median_wage_topcoded
FROM {{ ref("stg_oews_metro") }} AS m
INNER JOIN {{ ref("dim_region") }} AS r ON r.region_type = 'cbsa' AND m.area_code = r.code
LEFT JOIN {{ ref("stg_oews_metro") }} AS t
    ON m.period = t.period AND m.area_code = t.area_code AND t.occupation_group = 'total'
LEFT JOIN nation AS n ON m.period = n.period AND m.occupation_code = n.occupation_code
LEFT JOIN nation AS a ON m.period = a.period AND t.occupation_code = a.occupation_code
