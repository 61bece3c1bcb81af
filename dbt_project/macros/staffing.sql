{#-
    Jobs by detailed occupation of the nearest industry that occupations are published for: four digits, by themselves or
    put together with others (whose codes the title then names), else three, else the sector. NULL is withheld; an
    occupation without a row has no jobs to speak of. How BLS puts industries together changes from year to year. A code of an
    older NAICS is looked for where the survey's has it, and what the survey leaves out has no row (seed oews_industries).

    `industries` names a relation with a row an industry (naics, code: six digits), `survey` one of OEWS's industries.
    Gives naics, code, year (of the survey), occupation, title, employment and industry_employment, all jobs of the nearest
    industry.
-#}
{% macro staffing_of(industries, survey) -%}
WITH staffed AS (
    SELECT DISTINCT
        year,
        naics_code,
        industry_level,
        unnest(
            CASE
                WHEN naics_code = '31-33' THEN ['31', '32', '33']
                WHEN naics_code = '44-45' THEN ['44', '45']
                WHEN naics_code = '48-49' THEN ['48', '49']
                WHEN naics_code SIMILAR TO '.*[A-Z].*' THEN regexp_extract_all(industry_title, '\b\d{4}\b')
                ELSE [naics_code]
            END
        ) AS prefix
    FROM {{ survey }} AS levels
    WHERE industry_level IN ('4-digit', '3-digit', 'sector')
),

surveyed AS (
    SELECT i.naics, i.code, coalesce(o.surveyed_as, i.code) AS surveyed_as
    FROM {{ industries }} AS i
    LEFT JOIN {{ ref("oews_industries") }} AS o ON starts_with(i.code, o.prefix)
),

matches AS (
    SELECT DISTINCT
        i.naics, i.code, s.year, s.naics_code, s.industry_level,
        rank() OVER (PARTITION BY i.naics, i.code, s.year ORDER BY length(s.prefix) DESC) AS nth_longest
    FROM surveyed AS i
    INNER JOIN staffed AS s ON starts_with(i.surveyed_as, s.prefix)
),

jobs AS (
    SELECT
        year, naics_code, industry_level, occupation_group, occupation_code,
        min(occupation_title) AS title,
        CASE WHEN count(*) = count(employment) THEN sum(employment) END AS employment
    FROM {{ survey }} AS figures
    WHERE occupation_group IN ('detailed', 'total')
    GROUP BY ALL
)

SELECT
    m.naics,
    m.code,
    m.year,
    j.occupation_code AS occupation,
    j.title,
    j.employment,
    t.employment AS industry_employment
FROM matches AS m
INNER JOIN jobs AS j
    ON m.year = j.year AND m.naics_code = j.naics_code AND m.industry_level = j.industry_level
        AND j.occupation_group = 'detailed'
LEFT JOIN jobs AS t
    ON m.year = t.year AND m.naics_code = t.naics_code AND m.industry_level = t.industry_level
        AND t.occupation_group = 'total'
WHERE m.nth_longest = 1
{%- endmacro %}
