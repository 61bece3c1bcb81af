-- What gazetteers and lists of neighbours must satisfy, held against each other and against QCEW: where counties lie,
-- and whom they border.
--
-- They come in editions, and a year is held against those that dbt reads it by (see `int_edition_used`), not against
-- every one. What one real place may break is a warning; an error needs many, or what no place breaks. Areas whose code
-- ends in 995 or more are no counties; 72 and 78 are Puerto Rico and the Virgin Islands.

-- name: neighbours_lie_near_each_other
-- table: stg_county_gazetteer
-- severity: error
-- expected: the points of neighbouring counties lie within 2.5 lengths of their sides
WITH places AS (
    FROM stg_county_gazetteer QUALIFY period = max(period) OVER (PARTITION BY county_fips)
),
pairs AS (
    SELECT n.period, left(n.county_fips, 2) AS state,
        -- A degree of latitude is 111 km, one of longitude less by the cosine of latitude; 180 degrees west and east
        -- meet.
        111.2 * sqrt(pow(a.latitude - b.latitude, 2) + pow(cos(radians((a.latitude + b.latitude) / 2))
            * least(abs(a.longitude - b.longitude), 360 - abs(a.longitude - b.longitude)), 2)) AS km,
        -- The side of a county is the root of its land area.
        sqrt(a.land_area_m2 / 1e6) + sqrt(b.land_area_m2 / 1e6) AS sides_km
    FROM stg_county_adjacency AS n
    JOIN places AS a ON a.county_fips = n.county_fips
    JOIN places AS b ON b.county_fips = n.neighbour_fips
    WHERE n.county_fips <> n.neighbour_fips
),
judged AS (
    -- The median pair lies at 0.6, a hundredth beyond 1.1, where one of the two is mostly water or very long.
    SELECT period, state, coalesce(km / nullif(sides_km, 0), 99) > 2.5 AS distant FROM pairs
)
SELECT period, state, count(*) FILTER (WHERE distant) AS distant_pairs, count(*) AS pairs
FROM judged
GROUP BY GROUPING SETS ((period, state), (period))
HAVING distant_pairs > CASE grouping(state) WHEN 0 THEN greatest(4, 0.1 * pairs) ELSE 0.005 * pairs END
ORDER BY ALL;

-- name: points_are_exact
-- table: stg_county_gazetteer
-- severity: error
-- expected: no two counties share an internal point, and points have more than two decimals
SELECT period, count(*) FILTER (latitude = round(latitude, 2) AND longitude = round(longitude, 2)) AS coarse,
    count(*) - count(DISTINCT (latitude, longitude)) AS shared, count(*) AS counties
FROM stg_county_gazetteer GROUP BY ALL
HAVING coarse > 0.01 * counties OR shared > 0;

-- name: points_lie_in_the_country
-- table: stg_county_gazetteer
-- severity: error
-- expected: counties of the United States lie between 64 and 180 degrees west and 15 and 72 degrees north
SELECT period,
    count(*) FILTER (WHERE longitude NOT BETWEEN -180 AND -64 OR latitude NOT BETWEEN 15 AND 72) AS outside,
    count(*) AS counties
FROM stg_county_gazetteer
-- The invented country of the sample lies elsewhere.
WHERE 'US000' IN (SELECT area_fips FROM stg_qcew_areas)
GROUP BY ALL
HAVING outside > 0.01 * counties;

-- name: counties_of_the_gazetteer_are_whole
-- table: stg_county_gazetteer
-- severity: error
-- expected: 99% of the counties that QCEW prints stand in some gazetteer
WITH printed AS (
    SELECT DISTINCT year, area_fips FROM stg_qcew
    WHERE agglvl_code = 70 AND right(area_fips, 3) < '995' AND annual_avg_emplvl > 0
        AND left(area_fips, 2) NOT IN ('72', '78')
),
-- A state whose counties were replaced has others in an older gazetteer than those that QCEW prints.
others AS (
    SELECT year, left(county_fips, 2) AS state, count(DISTINCT county_fips) AS others
    FROM stg_county_gazetteer CROSS JOIN (SELECT DISTINCT year FROM printed)
    WHERE (year, county_fips) NOT IN (SELECT (year, area_fips) FROM printed)
    GROUP BY ALL
)
SELECT year, state, count(*) FILTER (WHERE absent) AS absent, count(*) AS counties
FROM (
    SELECT year, area_fips, left(area_fips, 2) AS state,
        area_fips NOT IN (SELECT county_fips FROM stg_county_gazetteer) AS absent
    FROM printed
) LEFT JOIN others USING (year, state)
GROUP BY GROUPING SETS ((year, state), (year))
HAVING count(*) FILTER (WHERE absent) > CASE grouping(state)
    WHEN 0 THEN greatest(3, 0.1 * count(*), 2 * coalesce(max(others), 0)) ELSE 0.01 * count(*) END
ORDER BY ALL;

-- text: one_way
SELECT period, count(*) FILTER (WHERE NOT is_mutual) AS stated_once, count(*) AS pairs,
    min(county_fips || ' ' || neighbour_fips) FILTER (WHERE NOT is_mutual) AS first_pair
FROM (
    SELECT period, county_fips, neighbour_fips, (period, neighbour_fips, county_fips) IN (
        SELECT (period, county_fips, neighbour_fips) FROM stg_county_adjacency) AS is_mutual
    FROM stg_county_adjacency WHERE county_fips <> neighbour_fips
)
GROUP BY ALL

-- name: adjacency_is_mutual
-- table: stg_county_adjacency
-- severity: error
-- expected: in 98% of pairs whoever has a neighbour is its neighbour
-- In the list of 2023 there are 41 pairs of 22,000 that are stated once.
{one_way} HAVING stated_once > 0.02 * pairs ORDER BY ALL;

-- name: every_pair_is_mutual
-- table: stg_county_adjacency
-- severity: warning
-- expected: whoever has a neighbour is its neighbour; a pair stated once is taken both ways
{one_way} HAVING stated_once > 0 ORDER BY ALL;

-- Islands stand in a list by themselves. What no list has by its code may be in it by an older or newer one.
-- text: lonely
counties AS (
    SELECT DISTINCT year, area_fips, left(area_fips, 2) AS state,
        area_fips NOT IN (
            SELECT county_fips FROM stg_county_adjacency
            UNION
            SELECT neighbour_fips FROM stg_county_adjacency
        ) AS is_lonely
    FROM stg_qcew WHERE agglvl_code = 70 AND right(area_fips, 3) < '995'
)

-- name: counties_have_neighbours
-- table: stg_county_adjacency
-- severity: error
-- expected: 99% of counties stand in some list of neighbours, and some of every state
WITH {lonely}
SELECT year, state, count(*) FILTER (WHERE is_lonely) AS lonely, count(*) AS counties
FROM counties GROUP BY GROUPING SETS ((year, state), (year))
HAVING CASE grouping(state)
    WHEN 0 THEN state NOT IN (
        SELECT left(county_fips, 2) FROM stg_county_adjacency
        UNION
        SELECT left(neighbour_fips, 2) FROM stg_county_adjacency
    ) AND state NOT IN ('72', '78')
    ELSE count(*) FILTER (WHERE is_lonely) > 0.01 * count(*) END
ORDER BY ALL;

-- name: every_county_has_neighbours
-- table: stg_county_adjacency
-- severity: warning
-- expected: every county stands in some list of neighbours
WITH {lonely}
SELECT year, count(*) AS lonely, string_agg(area_fips, ' ' ORDER BY area_fips) AS counties
FROM counties WHERE is_lonely GROUP BY year ORDER BY year;
