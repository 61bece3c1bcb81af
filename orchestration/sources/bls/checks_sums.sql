-- What QCEW must satisfy as a system of sums, over ownerships, industries and areas: parts against the total that the
-- publisher prints beside them.
--
-- Published annual averages are rounded, so a sum of n of them may miss its total by half a job for each. Beyond that
-- BLS's own tables agree to far less than a hundredth of a percent, while a lost state, a shifted digit or swapped
-- columns do not; `slack`, a share of the total, lies between. Establishments are never withheld, so their sums hold
-- even where jobs and wages are secret: they are what finds a lost or moved row below a withheld total.
--
-- 72 and 78 are Puerto Rico and the Virgin Islands, which are not in the nation's totals.

-- text: sums
count(*) AS parts, count(annual_avg_emplvl) AS known, sum(annual_avg_estabs) AS sum_annual_avg_estabs,
sum(annual_avg_emplvl) AS sum_annual_avg_emplvl, sum(total_annual_wages) AS sum_total_annual_wages

-- Published parts exceed their total in some measure, or are all published and fall short of it. `known` is how many of
-- the parts print jobs, and so wages (see withheld_cells_are_empty).
-- text: misses
(
    abs(coalesce(sum_annual_avg_estabs, 0) - annual_avg_estabs) > slack * annual_avg_estabs + 0.5 * (1 + parts)
    OR CASE WHEN known = parts THEN abs(coalesce(sum_annual_avg_emplvl, 0) - annual_avg_emplvl)
        ELSE coalesce(sum_annual_avg_emplvl, 0) - annual_avg_emplvl END
        > slack * annual_avg_emplvl + 0.5 * (1 + known)
    OR CASE WHEN known = parts THEN abs(coalesce(sum_total_annual_wages, 0) - total_annual_wages)
        ELSE coalesce(sum_total_annual_wages, 0) - total_annual_wages END
        > slack * total_annual_wages + 0.5 * (1 + known)
)

-- name: ownerships_make_the_total
-- table: stg_qcew
-- severity: error
-- expected: federal, state, local and private figures of an area add up to its total
WITH whole AS (
    SELECT area_fips, year, annual_avg_estabs, annual_avg_emplvl, total_annual_wages, 0.001 AS slack
    FROM stg_qcew
    WHERE size_code = '0' AND agglvl_code % 10 = 0 AND own_code = '0' AND agglvl_code < 80
),
parts AS (
    SELECT area_fips, year, {sums}
    FROM stg_qcew
    WHERE size_code = '0' AND agglvl_code % 10 = 1 AND own_code IN ('1', '2', '3', '5') AND agglvl_code < 80
    GROUP BY ALL
)
SELECT * EXCLUDE (slack) FROM whole JOIN parts USING (area_fips, year)
WHERE {misses}
ORDER BY ALL;

-- name: sectors_make_the_total
-- table: stg_qcew
-- severity: error
-- expected: an area's private sectors add up to its private total
WITH whole AS (
    SELECT area_fips, own_code, year, annual_avg_estabs, annual_avg_emplvl, total_annual_wages, 0.001 AS slack
    FROM stg_qcew
    WHERE size_code = '0' AND agglvl_code % 10 = 1 AND own_code = '5' AND agglvl_code < 80
),
parts AS (
    SELECT area_fips, own_code, year, {sums}
    FROM stg_qcew
    WHERE size_code = '0' AND agglvl_code % 10 = 4 AND own_code = '5' AND agglvl_code < 80
    GROUP BY ALL
)
SELECT * EXCLUDE (slack) FROM whole JOIN parts USING (area_fips, own_code, year)
WHERE {misses}
ORDER BY ALL;

-- name: states_make_the_nation
-- table: stg_qcew
-- severity: error
-- expected: the states add up to the nation, sector by sector
WITH whole AS (
    SELECT own_code, industry_code, year, annual_avg_estabs, annual_avg_emplvl, total_annual_wages, 0.001 AS slack
    FROM stg_qcew
    WHERE size_code = '0' AND agglvl_code BETWEEN 10 AND 14 AND agglvl_code NOT IN (12, 13)
),
parts AS (
    SELECT own_code, industry_code, year, {sums}
    FROM stg_qcew
    WHERE size_code = '0' AND agglvl_code BETWEEN 50 AND 54 AND agglvl_code NOT IN (52, 53)
        AND left(area_fips, 2) NOT IN ('72', '78')
    GROUP BY ALL
)
SELECT * EXCLUDE (slack) FROM whole JOIN parts USING (own_code, industry_code, year)
WHERE {misses}
ORDER BY ALL;

-- name: counties_make_the_state
-- table: stg_qcew
-- severity: error
-- expected: the counties of a state add up to it
WITH whole AS (
    SELECT left(area_fips, 2) AS state, own_code, year,
        annual_avg_estabs, annual_avg_emplvl, total_annual_wages,
        -- Wider: in the year in which a county is renamed or split, its jobs can miss from either code.
        0.005 AS slack
    FROM stg_qcew
    WHERE size_code = '0' AND agglvl_code = 50
),
parts AS (
    SELECT left(area_fips, 2) AS state, own_code, year, {sums}
    FROM stg_qcew
    WHERE size_code = '0' AND agglvl_code = 70
    GROUP BY ALL
)
SELECT * EXCLUDE (slack) FROM whole JOIN parts USING (state, own_code, year)
WHERE {misses}
ORDER BY ALL;

-- name: industries_make_their_sectors
-- table: stg_qcew
-- severity: error
-- expected: in 95% of a state's sectors, each level of industry detail adds up to the sector
-- Each level of detail against its sector, not against its parent: one aggregate over all rows, no large join.
WITH levels AS (
    SELECT year, area_fips, own_code, {sector} AS sector, agglvl_code, {sums}
    FROM stg_qcew
    WHERE size_code = '0' AND agglvl_code BETWEEN 14 AND 78 AND agglvl_code % 10 >= 4
    GROUP BY ALL
),
whole AS (
    SELECT year, area_fips, own_code, sector, sum_annual_avg_estabs AS annual_avg_estabs,
        sum_annual_avg_emplvl AS annual_avg_emplvl, sum_total_annual_wages AS total_annual_wages,
        -- Wider: a re-issued earlier year may lack cells that have closed since.
        0.02 AS slack
    FROM levels WHERE agglvl_code % 10 = 4
),
detail AS (
    SELECT year, area_fips, own_code, sector, agglvl_code // 10 AS kind,
        count(*) < 4 OR bool_or(annual_avg_estabs IS NULL OR coalesce({misses}, false)) AS misses
    FROM levels LEFT JOIN whole USING (year, area_fips, own_code, sector)
    WHERE agglvl_code % 10 > 4
    GROUP BY ALL
)
SELECT year, kind, CASE WHEN kind >= 5 THEN left(area_fips, 2) END AS state,
    count(*) FILTER (WHERE misses) AS groups_that_miss, count(*) AS groups
FROM detail
GROUP BY ALL
-- Single cells are the publisher's to correct; a column, a level or a code gone wrong touches nearly all.
HAVING groups_that_miss > greatest(1, 0.05 * groups)
ORDER BY ALL;

-- name: counties_make_the_state_industry_by_industry
-- table: stg_qcew
-- severity: error
-- expected: 95% of a state's industries are the sums of its counties', and the nation's of the states'
WITH parts AS (
    SELECT year, left(area_fips, 2) || '000' AS area_fips, own_code, industry_code,
        (agglvl_code - 20)::SMALLINT AS agglvl_code, {sums}
    FROM stg_qcew WHERE size_code = '0' AND agglvl_code BETWEEN 70 AND 78 GROUP BY ALL
    UNION ALL
    SELECT year, (SELECT any_value(area_fips) FROM stg_qcew WHERE agglvl_code = 10), own_code, industry_code,
        (agglvl_code - 40)::SMALLINT, {sums}
    FROM stg_qcew
    WHERE size_code = '0' AND agglvl_code BETWEEN 50 AND 58 AND left(area_fips, 2) NOT IN ('72', '78')
    GROUP BY ALL
),
whole AS (
    SELECT *, 0.02 AS slack  -- as wide as for sectors
    FROM stg_qcew
    WHERE size_code = '0' AND (agglvl_code BETWEEN 10 AND 18 OR (agglvl_code BETWEEN 50 AND 58 AND year IN (
        SELECT DISTINCT year FROM stg_qcew WHERE agglvl_code = 70)))
)
SELECT year, area_fips, count(*) FILTER (WHERE parts IS NULL OR {misses}) AS industries_that_miss,
    count(*) AS industries
FROM whole LEFT JOIN parts USING (year, area_fips, own_code, industry_code, agglvl_code)
GROUP BY ALL
-- Single cells are the publisher's to correct, as above.
HAVING industries_that_miss > greatest(1, 0.05 * industries)
ORDER BY ALL;
