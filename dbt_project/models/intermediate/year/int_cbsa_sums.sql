-- Metropolitan and micropolitan areas as the sum of their counties, for years in which the publisher prints no
-- industry detail for them. An area of which a county is missing that year, or whose printed total is not that of these
-- counties, is left out rather than wrong.
{#- Read in place each time: as a common table expression the cells would be copied. -#}
{%- set cells = ref("int_qcew_cells") %}
WITH published_detail AS (
    SELECT DISTINCT region_id, year
    FROM {{ cells }}
    WHERE region_type = 'cbsa' AND level NOT IN ('total', 'domain', 'supersector')
),

published_rows AS (
    SELECT DISTINCT region_id, year, ownership, industry_code
    FROM {{ cells }}
    WHERE region_type = 'cbsa'
),

members AS (
    SELECT
        'cbsa:' || cbsa_code AS region_id,
        'county:' || county_fips AS county_region_id,
        year,
        count(*) OVER (PARTITION BY cbsa_code, year) AS counties
    FROM {{ ref("int_cbsa_members") }}
    WHERE is_sum
),

reporting AS (
    SELECT m.region_id, m.year
    FROM members AS m
    INNER JOIN {{ cells }} AS c ON m.county_region_id = c.region_id AND m.year = c.year
    WHERE c.level = 'total' AND c.ownership = 'total'
    GROUP BY m.region_id, m.year
    HAVING count(*) = any_value(m.counties)
),

to_sum AS (
    SELECT * FROM reporting
    ANTI JOIN published_detail USING (region_id, year)
),

sums AS (
    SELECT
        m.region_id,
        'cbsa' AS region_type,
        c.industry_code,
        c.level,
        c.parent_code,
        c.ownership,
        c.year,
        count(*) AS counties,
        sum(c.establishments)::BIGINT AS establishments,
        CASE WHEN count(*) = count(c.employment) THEN sum(c.employment)::BIGINT END AS employment,
        CASE WHEN count(*) = count(c.wages) THEN sum(c.wages)::BIGINT END AS wages
    FROM {{ cells }} AS c
    INNER JOIN members AS m ON c.region_id = m.county_region_id AND c.year = m.year
    INNER JOIN to_sum AS t ON m.region_id = t.region_id AND c.year = t.year
    GROUP BY m.region_id, c.industry_code, c.level, c.parent_code, c.ownership, c.year
)

SELECT * FROM sums
ANTI JOIN published_rows USING (region_id, year, ownership, industry_code)
