-- How well each list of adjacency knows a year's counties, best first: the one that leaves the fewest without neighbours,
-- of those the newest that is not later than the year, or else the oldest.
WITH printed AS (
    SELECT DISTINCT year::INTEGER AS year, area_fips AS county_fips
    FROM {{ ref("stg_qcew") }}
    WHERE agglvl_code = 70 AND right(area_fips, 3) < '995'
),

counted AS (
    SELECT y.year, l.period, count(p.county_fips) AS counties, count(p.county_fips) - count(a.county_fips) AS lonely
    FROM (SELECT DISTINCT year::INTEGER AS year FROM {{ ref("stg_qcew") }}) AS y
    CROSS JOIN (SELECT DISTINCT period FROM {{ ref("stg_county_adjacency") }}) AS l
    LEFT JOIN printed AS p ON y.year = p.year
    LEFT JOIN (SELECT DISTINCT year, period, county_fips FROM {{ ref("int_adjacency_lists") }}) AS a
        ON y.year = a.year AND l.period = a.period AND p.county_fips = a.county_fips
    GROUP BY y.year, l.period
)

SELECT
    *,
    row_number() OVER (
        PARTITION BY year
        ORDER BY
            lonely ASC,
            left(period, 4)::INTEGER <= year DESC,
            CASE WHEN left(period, 4)::INTEGER <= year THEN period END DESC,
            period ASC
    ) AS place
FROM counted
