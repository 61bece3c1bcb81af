-- Counties and their vintage. Connecticut's eight counties end with 2023; nine planning regions follow, with no
-- back-mapping, so both stand here with the years they hold for.
WITH nation AS (
    SELECT left(area_fips, 2) AS country
    FROM {{ ref("stg_qcew_areas") }}
    WHERE regexp_matches(area_fips, '^[A-Z]{2}000$')
),

titled AS (
    SELECT area_fips AS county_fips, area_title AS name
    FROM {{ ref("stg_qcew_areas") }}
    WHERE regexp_matches(area_fips, '^\d{5}$') AND right(area_fips, 3) <> '000'
    UNION
    SELECT county_fips, name || ', Connecticut'
    FROM {{ ref("connecticut_planning_regions") }}
    WHERE 'US' IN (SELECT country FROM nation)
        AND county_fips NOT IN (SELECT area_fips FROM {{ ref("stg_qcew_areas") }})
)

SELECT
    county_fips,
    name,
    right(county_fips, 3) >= '995' AS is_unallocated,
    CASE
        WHEN n.country = 'US' AND county_fips LIKE '091%' THEN 'planning region from 2024'
        WHEN n.country = 'US' AND county_fips LIKE '09%' AND right(county_fips, 3) < '995' THEN 'county to 2023'
        ELSE 'county'
    END AS vintage,
    n.country
FROM titled
CROSS JOIN nation AS n
