-- Counties that border each other in a year, both ways round: by the list of adjacency that knows the year's counties best;
-- a county that it leaves without neighbours has them from the next best list that knows any.
WITH ranked AS (
    SELECT l.year, l.county_fips, l.neighbour_fips, y.place
    FROM {{ ref("int_adjacency_lists") }} AS l
    INNER JOIN {{ ref("int_adjacency_years") }} AS y ON l.year = y.year AND l.period = y.period
),

best AS (
    SELECT *
    FROM ranked
    QUALIFY place = min(place) OVER (PARTITION BY year, county_fips)
)

SELECT year, county_fips, neighbour_fips FROM best
UNION
SELECT year, neighbour_fips, county_fips FROM best
