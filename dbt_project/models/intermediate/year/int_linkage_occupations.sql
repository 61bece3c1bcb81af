-- Jobs by detailed occupation of the nearest industry that occupations are published for: four digits, by themselves or
-- put together with others (whose codes the title then names), else three, else the sector. NULL is withheld; an
-- occupation without a row has no jobs to speak of. All from the newest May: how BLS puts industries together changes.
WITH newest AS (
    SELECT * FROM {{ newest(ref("stg_oews_industry")) }}
),

staffed AS (
    SELECT DISTINCT
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
    FROM newest
    WHERE industry_level IN ('4-digit', '3-digit', 'sector')
),

matches AS (
    SELECT DISTINCT
        i.naics, i.industry_no, s.naics_code, s.industry_level,
        rank() OVER (PARTITION BY i.naics, i.code ORDER BY length(s.prefix) DESC) AS nth_longest
    FROM {{ ref("int_linkage_industries") }} AS i
    INNER JOIN staffed AS s ON starts_with(i.code, s.prefix)
),

jobs AS (
    SELECT
        naics_code, industry_level, occupation_code,
        CASE WHEN count(*) = count(employment) THEN sum(employment) END AS employment
    FROM newest
    WHERE occupation_group = 'detailed'
    GROUP BY naics_code, industry_level, occupation_code
)

SELECT
    m.naics,
    m.industry_no,
    dense_rank() OVER (ORDER BY j.occupation_code) - 1 AS occupation_no,
    j.employment::DOUBLE AS employment
FROM matches AS m
INNER JOIN jobs AS j ON m.naics_code = j.naics_code AND m.industry_level = j.industry_level
WHERE m.nth_longest = 1
