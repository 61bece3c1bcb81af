-- In years to which the delineation applies: those in which it does for four areas in five.
WITH jobs AS (
    SELECT region_id, year, employment
    FROM {{ ref("employment") }}
    WHERE ownership = 'total'
),

compared AS (
    SELECT
        m.region_id, m.year, m.employment, sum(c.employment) AS of_counties,
        abs(m.employment - sum(c.employment)) > 0.005 * m.employment + count(*) AS differs
    FROM jobs AS m
    INNER JOIN {{ ref("cbsa_county") }} AS b
        ON m.region_id = b.region_id AND m.year BETWEEN b.valid_from AND coalesce(b.valid_to, m.year)
    INNER JOIN jobs AS c ON b.county_region_id = c.region_id AND m.year = c.year
    GROUP BY m.region_id, m.year, m.employment
),

fitting AS (
    SELECT *, avg(differs::INTEGER) OVER (PARTITION BY year) AS share_that_differs
    FROM compared
)

SELECT region_id, year, employment, of_counties
FROM fitting
WHERE differs AND share_that_differs <= 0.2
