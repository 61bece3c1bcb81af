-- What ties a year of QCEW to the one before it: the publisher's own changes, and what moves slowly.
--
-- A file of the wrong year, two areas exchanged or everything scaled alike is consistent in itself: only another year
-- shows it. The publisher prints the change of each cell from the year before, and re-issues both years together, so
-- the two agree to the job; where it prints none (quarterly layouts), totals must move within wide limits.

-- name: changes_lead_to_the_year_before
-- table: stg_qcew
-- severity: error
-- expected: a cell less its published change over the year is the cell of the year before
WITH compared AS (
    SELECT now.year, left(area_fips, 2) AS state, area_fips, own_code, industry_code,
        coalesce(
            abs(now.annual_avg_estabs - now.oty_annual_avg_estabs_chg - before.annual_avg_estabs)
                > 1 + 0.001 * before.annual_avg_estabs
            OR abs(now.annual_avg_emplvl - now.oty_annual_avg_emplvl_chg - before.annual_avg_emplvl)
                > 1 + 0.001 * before.annual_avg_emplvl
            OR abs(now.total_annual_wages - now.oty_total_annual_wages_chg - before.total_annual_wages)
                > 1 + 0.001 * before.total_annual_wages,
            false
        ) AS differs
    FROM stg_qcew AS now
    JOIN (
        SELECT year + 1 AS year, area_fips, own_code, industry_code, agglvl_code, size_code,
            annual_avg_estabs, annual_avg_emplvl, total_annual_wages
        FROM stg_qcew
    ) AS before USING (year, area_fips, own_code, industry_code, agglvl_code, size_code)
    WHERE now.oty_annual_avg_emplvl_chg IS NOT NULL AND now.annual_avg_emplvl IS NOT NULL
        AND before.annual_avg_emplvl IS NOT NULL
)
SELECT year, state, area_fips, own_code, industry_code, count(*) FILTER (WHERE differs) AS different,
    count(*) AS cells
FROM compared
GROUP BY GROUPING SETS ((year, state), (year, industry_code), (year, area_fips), (year, own_code))
-- In the publisher's files no change leads elsewhere; it adjusts changes for counties that it files anew, a few cells a
-- year. A change of code or of filing touches a single area or ownership as a whole, so that these may have more.
HAVING (grouping(state) = 0 OR grouping(industry_code) = 0 AND cells >= 3) AND different > 0.02 * cells
    OR (grouping(area_fips) = 0 OR grouping(own_code) = 0) AND cells >= 10 AND different > 0.25 * cells
ORDER BY ALL;

-- name: changes_leave_something
-- table: stg_qcew
-- severity: error
-- expected: no cell shrank by more than it had, so far as the published change says
SELECT year, left(area_fips, 2) AS state, count(*) FILTER (WHERE impossible) AS impossible, count(*) AS cells
FROM (
    SELECT year, area_fips,
        coalesce(
            annual_avg_estabs - oty_annual_avg_estabs_chg < -1
            OR annual_avg_emplvl - oty_annual_avg_emplvl_chg < -1
            OR total_annual_wages - oty_total_annual_wages_chg < -1,
            false
        ) AS impossible
    FROM stg_qcew WHERE oty_annual_avg_emplvl_chg IS NOT NULL AND annual_avg_emplvl IS NOT NULL
)
GROUP BY ALL
HAVING impossible > 0.001 * cells
ORDER BY ALL;

-- name: year_is_not_the_one_before
-- table: stg_qcew
-- severity: error
-- expected: at most 5% of an area's large cells pay the same wages to the dollar as the year before
-- A large cell has a million in wages: only a small one may come to the same dollar by chance.
SELECT now.year, area_fips, count(*) FILTER (WHERE now.total_annual_wages = before.total_annual_wages) AS same,
    count(*) AS large_cells
FROM stg_qcew AS now
JOIN (
    SELECT year + 1 AS year, area_fips, own_code, industry_code, agglvl_code, size_code, total_annual_wages
    FROM stg_qcew
    WHERE agglvl_code % 10 <= 4 AND agglvl_code < 80 AND total_annual_wages >= 1000000
) AS before USING (year, area_fips, own_code, industry_code, agglvl_code, size_code)
WHERE agglvl_code % 10 <= 4 AND agglvl_code < 80 AND now.total_annual_wages >= 1000000
GROUP BY ALL
HAVING large_cells >= 5 AND same > greatest(1, 0.05 * large_cells)
ORDER BY ALL;

-- name: totals_move_slowly
-- table: stg_qcew
-- severity: error
-- expected: totals of states, sectors and areas stay within the factors 1.35, 1.75, 3.0, 4.0
WITH areas AS (
    SELECT year, count(*) AS areas, list(DISTINCT area_fips) AS codes
    FROM stg_qcew WHERE agglvl_code IN (40, 80) GROUP BY year
),
-- Years from which on areas are drawn anew: one in fifty of the codes comes or goes. What keeps its code need not keep
-- its counties (Heber, Utah, has had a second one, three times its size, since the delineation of 2023), and a wrong
-- area still shows in these.
redrawn AS (
    SELECT now.year FROM areas AS now JOIN areas AS before ON before.year = now.year - 1
    WHERE now.areas + before.areas - 2 * len(list_intersect(now.codes, before.codes)) > 0.02 * before.areas
),
totals AS (
    SELECT year, area_fips, own_code, industry_code, agglvl_code, size_code,
        annual_avg_estabs, annual_avg_emplvl, total_annual_wages,
        -- The factor between two years of a state's total, of an ownership and of a private sector in a state, and of a
        -- county or metropolitan area. In 2020 the hardest-hit state lost 13 %, its accommodation 40 %.
        CASE WHEN agglvl_code IN (10, 50) THEN 1.35
            WHEN agglvl_code IN (11, 51) THEN 1.75
            WHEN agglvl_code IN (14, 54) THEN 3.0
            ELSE 4.0 END AS most
    FROM stg_qcew
    WHERE agglvl_code IN (10, 50, 11, 51, 14, 54, 40, 70, 80) AND size_code = '0' AND right(area_fips, 3) < '995'
        AND industry_code <> '99'  -- the unclassified, of whom there are many or few as a state gets round to them
        AND annual_avg_emplvl > 0 AND annual_avg_estabs > 0 AND total_annual_wages > 0
),
moves AS (
    SELECT now.year, area_fips, own_code, industry_code, agglvl_code, most,
        before.annual_avg_emplvl AS jobs_before, now.annual_avg_emplvl AS jobs,
        now.annual_avg_estabs / before.annual_avg_estabs AS ratio_annual_avg_estabs,
        now.annual_avg_emplvl / before.annual_avg_emplvl AS ratio_annual_avg_emplvl,
        now.total_annual_wages / before.total_annual_wages AS ratio_total_annual_wages
    FROM totals AS now
    JOIN (SELECT * REPLACE (year + 1 AS year) FROM totals) AS before
        USING (year, most, area_fips, own_code, industry_code, agglvl_code, size_code)
    WHERE (agglvl_code NOT IN (40, 80) OR now.year NOT IN (FROM redrawn))
    -- Of fewer jobs only a state's total is held to the factors: one plant that closes moves anything smaller.
        AND (agglvl_code IN (10, 50)
            OR greatest(now.annual_avg_emplvl, before.annual_avg_emplvl) >= 10000
            AND (agglvl_code NOT IN (14, 54) OR own_code = '5'))
)
SELECT * FROM moves
WHERE greatest(ratio_annual_avg_estabs, 1 / ratio_annual_avg_estabs) > most
    OR greatest(ratio_annual_avg_emplvl, 1 / ratio_annual_avg_emplvl) > most
    OR greatest(ratio_total_annual_wages, 1 / ratio_total_annual_wages) > most
    -- the factor between two years of a state's average pay
    OR (agglvl_code IN (10, 50) AND greatest(ratio_total_annual_wages / ratio_annual_avg_emplvl,
        ratio_annual_avg_emplvl / ratio_total_annual_wages) > 1.25)
ORDER BY ALL;

-- name: industries_stay_within_an_edition
-- table: stg_qcew
-- severity: error
-- expected: two years in one edition of NAICS have the same private industries
WITH codes AS (
    SELECT year, {naics_edition} AS edition, industry_code, sum(annual_avg_estabs) AS establishments
    FROM stg_qcew WHERE agglvl_code BETWEEN 54 AND 58 AND own_code = '5' GROUP BY ALL
),
pairs AS (
    SELECT DISTINCT now.year, before.year AS earlier_year FROM codes AS now
    JOIN codes AS before ON before.year = now.year - 1 AND before.edition = now.edition
)
SELECT pairs.year, 'lost' AS what, industry_code, establishments
FROM pairs JOIN codes ON codes.year = earlier_year
WHERE establishments >= 20 AND (pairs.year, industry_code) NOT IN (SELECT (year, industry_code) FROM codes)
UNION ALL
SELECT pairs.year, 'new', industry_code, establishments
FROM pairs JOIN codes ON codes.year = pairs.year
WHERE establishments >= 20 AND (earlier_year, industry_code) NOT IN (SELECT (year, industry_code) FROM codes)
ORDER BY ALL;

-- name: kinds_of_areas_come_together
-- table: stg_qcew
-- severity: error
-- expected: a year with counties has metropolitan and micropolitan areas, and jobs placed in no county
SELECT year, count(*) FILTER (WHERE agglvl_code = 70) AS counties,
    count(*) FILTER (WHERE agglvl_code = 40) AS metropolitan,
    count(*) FILTER (WHERE agglvl_code = 80) AS micropolitan,
    count(*) FILTER (WHERE agglvl_code = 70 AND right(area_fips, 3) >= '995') AS unallocated
FROM stg_qcew GROUP BY year
HAVING greatest(counties, metropolitan, micropolitan) > 0
    AND least(counties, metropolitan, micropolitan, unallocated) = 0
ORDER BY year;
