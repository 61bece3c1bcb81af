-- Pairs of neighbouring counties of each year in the words of each list of adjacency: both ways round although a list may
-- state a pair once, and under the codes of the year. A county that the list has by its code before or after a renaming, a
-- split or a merger takes its neighbours from there: parts border each other and whatever the whole borders.
WITH printed AS (
    SELECT DISTINCT year::INTEGER AS year, area_fips AS county_fips
    FROM {{ ref("stg_qcew") }}
    WHERE agglvl_code = 70 AND right(area_fips, 3) < '995'
),

-- Where a year prints states only, all counties of the lists stand for them.
counties AS (
    SELECT year, county_fips FROM printed
    UNION ALL
    SELECT y.year, c.county_fips
    FROM (SELECT DISTINCT year::INTEGER AS year FROM {{ ref("stg_qcew") }}) AS y
    CROSS JOIN (SELECT DISTINCT county_fips FROM {{ ref("stg_county_adjacency") }}) AS c
    WHERE y.year NOT IN (SELECT year FROM printed)
),

pairs AS (
    SELECT period, county_fips AS one, neighbour_fips AS other
    FROM {{ ref("stg_county_adjacency") }}
    WHERE county_fips <> neighbour_fips
    UNION
    SELECT period, neighbour_fips, county_fips
    FROM {{ ref("stg_county_adjacency") }}
    WHERE county_fips <> neighbour_fips
),

listed AS (
    SELECT DISTINCT period, one AS code FROM pairs
),

successors AS (
    SELECT old_code AS code, new_code AS other_code FROM {{ ref("county_changes") }}
    WHERE old_code IS NOT NULL AND new_code IS NOT NULL
    UNION ALL
    SELECT new_code, old_code FROM {{ ref("county_changes") }}
    WHERE old_code IS NOT NULL AND new_code IS NOT NULL
),

names AS (
    SELECT c.year, l.period, l.code, c.county_fips
    FROM listed AS l
    INNER JOIN counties AS c ON l.code = c.county_fips
    UNION ALL
    SELECT c.year, l.period, l.code, c.county_fips
    FROM listed AS l
    INNER JOIN successors AS s ON l.code = s.code
    INNER JOIN counties AS c ON s.other_code = c.county_fips
    WHERE (l.period, s.other_code) NOT IN (SELECT (period, code) FROM listed)
),

mapped AS (
    SELECT a.year, p.period, a.county_fips, b.county_fips AS neighbour_fips
    FROM pairs AS p
    INNER JOIN names AS a ON p.period = a.period AND p.one = a.code
    INNER JOIN names AS b ON p.period = b.period AND p.other = b.code AND a.year = b.year
    UNION
    SELECT a.year, a.period, a.county_fips, b.county_fips AS neighbour_fips
    FROM names AS a
    INNER JOIN names AS b ON a.year = b.year AND a.period = b.period AND a.code = b.code
)

SELECT year, period, county_fips, neighbour_fips
FROM mapped
WHERE county_fips <> neighbour_fips
