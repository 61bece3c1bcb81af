-- What each institution spends on research and development, once, and the county in which its money is counted: that of its
-- campus in the directory of institutions; where the survey names none, of its ZIP code, or of its city, if all campuses
-- there lie in one county.
WITH answers AS (
    SELECT
        institution_id, year::INTEGER AS year, unit_id, name, state_abbreviation, zip_code, lower(city) AS city,
        1000 * spending AS spending
    FROM {{ ref("stg_herd_spending") }}
    WHERE funds = 'Total' AND detail = 'Total'
),

-- The directory of the year, or else the nearest one, of two the later.
directory AS (
    SELECT y.year, i.unit_id, i.state_abbreviation, i.zip_code, lower(i.city) AS city, i.county_fips
    FROM (
        SELECT a.year, d.period
        FROM (SELECT DISTINCT year FROM answers) AS a
        CROSS JOIN (SELECT DISTINCT period FROM {{ ref("stg_ipeds_institution") }}) AS d
        QUALIFY row_number() OVER (
            PARTITION BY a.year ORDER BY abs(d.period::INTEGER - a.year) ASC, d.period DESC
        ) = 1
    ) AS y
    INNER JOIN {{ ref("stg_ipeds_institution") }} AS i ON y.period = i.period
    WHERE i.county_fips IN (SELECT county_fips FROM {{ ref("int_counties") }})
),

states AS (
    SELECT year, state_abbreviation, mode(left(county_fips, 2) ORDER BY county_fips) AS state_code
    FROM directory
    GROUP BY year, state_abbreviation
),

-- All campuses of most of the 900 first three digits of ZIP codes lie in one state.
by_area AS (
    SELECT year, left(zip_code, 3) AS area, any_value(left(county_fips, 2)) AS state_code
    FROM directory
    GROUP BY year, left(zip_code, 3)
    HAVING count(DISTINCT left(county_fips, 2)) = 1
),

{% set ways = {"by_zip": "zip_code", "by_city": "city, state_abbreviation", "by_name": "city"} %}
{%- for name, columns in ways.items() -%}
{{ name }} AS (
    SELECT year, {{ columns }}, any_value(county_fips) AS county_fips
    FROM directory
    GROUP BY year, {{ columns }}
    HAVING count(DISTINCT county_fips) = 1
),

{% endfor -%}
placed AS (
    SELECT
        a.*,
        CASE
            WHEN d.county_fips IS NOT NULL THEN 'campus'
            WHEN z.county_fips IS NOT NULL THEN 'zip code'
            WHEN c.county_fips IS NOT NULL THEN 'city'
            WHEN n.county_fips IS NOT NULL THEN 'name of city'
            ELSE 'none'
        END AS placed_by,
        coalesce(d.county_fips, z.county_fips, c.county_fips, n.county_fips) AS county_fips
    FROM answers AS a
    LEFT JOIN directory AS d ON a.year = d.year AND a.unit_id = d.unit_id
    LEFT JOIN by_zip AS z ON a.year = z.year AND a.zip_code = z.zip_code
    LEFT JOIN by_city AS c
        ON a.year = c.year AND a.city = c.city AND a.state_abbreviation = c.state_abbreviation
    LEFT JOIN by_name AS n ON a.year = n.year AND a.city = n.city AND a.state_abbreviation IS NULL
)

SELECT
    p.institution_id,
    p.year,
    p.name,
    p.unit_id,
    'county:' || p.county_fips AS county_region_id,
    'state:' || coalesce(left(p.county_fips, 2), s.state_code, a.state_code) AS state_region_id,
    p.placed_by,
    p.spending AS r_and_d_spending
FROM placed AS p
LEFT JOIN states AS s ON p.year = s.year AND p.state_abbreviation = s.state_abbreviation
LEFT JOIN by_area AS a ON p.year = a.year AND left(p.zip_code, 3) = a.area AND p.state_abbreviation IS NULL
