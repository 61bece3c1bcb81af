-- Industries by number, with the industries whose cells theirs are a part of, in NAICS and in BLS's grouping of sectors.
WITH industries AS (
    SELECT
        industry_code,
        min({{ qcew_industry_level("agglvl_code") }}) AS level
    FROM {{ ref("stg_qcew") }}
    WHERE {{ qcew_region_type("agglvl_code", "area_fips") }} IS NOT NULL
    GROUP BY industry_code
),

numbered AS (
    SELECT
        *,
        (row_number() OVER (ORDER BY industry_code) - 1)::SMALLINT AS industry_no,
        CASE WHEN level NOT IN ('domain', 'supersector') THEN {{ parent_industry_code("industry_code", "level") }} END
            AS parent_code,
        {{ grouping_industry_code("industry_code", "level") }} AS grouping_code
    FROM industries
)

SELECT
    i.industry_no,
    i.industry_code,
    coalesce(p.industry_no, -1) AS parent_no,
    coalesce(g.industry_no, -1) AS grouping_no
FROM numbered AS i
LEFT JOIN numbered AS p ON i.parent_code = p.industry_code
LEFT JOIN numbered AS g ON i.grouping_code = g.industry_code
