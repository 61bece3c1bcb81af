-- Jobs by detailed occupation of the nearest industry that occupations are published for. All from the newest May: how BLS
-- puts industries together changes.
WITH industries AS (
    SELECT DISTINCT naics, code, industry_no FROM {{ ref("int_linkage_industries") }}
),

staffing AS (
    {{ staffing_of("industries", newest(ref("stg_oews_industry"))) | indent(4) }}
)

SELECT
    i.naics,
    i.industry_no,
    dense_rank() OVER (ORDER BY s.occupation) - 1 AS occupation_no,
    s.employment::DOUBLE AS employment
FROM staffing AS s
INNER JOIN industries AS i ON s.naics = i.naics AND s.code = i.code
