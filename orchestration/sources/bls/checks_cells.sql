-- What a row of QCEW must satisfy by itself, or beside the totals of its own year: identities between its columns, the
-- publisher's own quotients, codes that the lists of titles know. Sums are in checks_sums.sql, other years in
-- checks_years.sql, the lists by themselves in checks_lists.sql.

-- text: areas
areas AS MATERIALIZED (
    SELECT year, area_fips, count(*) AS rows, max(annual_avg_emplvl) FILTER (WHERE agglvl_code % 10 = 0) AS jobs
    FROM stg_qcew GROUP BY ALL
),
unknown AS (
    -- Connecticut's planning regions have their names from elsewhere.
    SELECT * FROM areas
    WHERE area_fips NOT IN (SELECT area_fips FROM stg_qcew_areas) AND area_fips NOT BETWEEN '09110' AND '09190'
)

-- name: areas_are_known
-- table: stg_qcew
-- severity: error
-- expected: the publisher's lists of areas have every state, the state of every county, and 90% of a year's areas
WITH {areas}
SELECT area_fips, year, rows FROM unknown
WHERE NOT regexp_full_match(area_fips, 'C[0-9]{4}|CS[0-9]{3}')
    AND left(area_fips, 2) || '000' NOT IN (SELECT area_fips FROM stg_qcew_areas)
    -- A list made after a new delineation lacks the areas and counties that it retired: of the 945 metropolitan and
    -- micropolitan areas of 2015 those of 2023 lack 65.
    OR (SELECT count(*) FROM unknown AS u WHERE u.year = unknown.year)
        > 0.1 * (SELECT count(*) FROM areas WHERE areas.year = unknown.year)
ORDER BY ALL;

-- name: areas_are_titled
-- table: stg_qcew
-- severity: warning
-- expected: every area code is in one of the publisher's lists of areas landed so far; retired codes leave the list
WITH {areas}
SELECT year, count(*) AS untitled, sum(jobs)::BIGINT AS jobs, min(area_fips) AS first_area, max(area_fips) AS last_area
FROM unknown GROUP BY year ORDER BY year;

-- text: codes
changed (code, naics_from, naics_to) AS (VALUES {changed_codes}),
titled AS (
    SELECT industry_code AS code, 0 AS naics_from, max(naics_mark) AS naics_to
    FROM stg_qcew_industries WHERE industry_code NOT IN (SELECT code FROM changed) GROUP BY ALL
    UNION ALL
    FROM changed
),
-- Jobs are those of the nation's six-digit private industries that are published.
present AS MATERIALIZED (
    SELECT year, {naics_edition} AS naics, industry_code,
        sum(annual_avg_emplvl) FILTER (WHERE agglvl_code = 18 AND own_code = '5') AS jobs
    FROM stg_qcew WHERE industry_code NOT LIKE '%-%' GROUP BY ALL
),
codes AS (
    SELECT year, industry_code, any_value(jobs) AS jobs, count(code) = 0 AS unknown,
        coalesce(bool_and(naics NOT BETWEEN naics_from AND naics_to), true) AS untitled,
        left(industry_code, 2) NOT IN (SELECT left(code, 2) FROM titled) AS strange
    FROM present LEFT JOIN titled ON code = industry_code
    GROUP BY year, industry_code
)

-- name: industries_are_known
-- table: stg_qcew
-- severity: error
-- expected: at least 75% of a year's industry codes are in the publisher's lists of industries, and 99% in a sector of
--     NAICS
WITH {codes}
SELECT year, count(*) FILTER (WHERE unknown) AS unknown_codes, count(*) AS codes,
    count(*) FILTER (WHERE strange) AS in_no_sector, min(industry_code) FILTER (WHERE unknown) AS first_code
FROM codes GROUP BY year
-- A list one edition of NAICS behind lacks up to a tenth, one three editions behind an eighth; more than a quarter is
-- another classification. The sectors are the same in every edition, so a code in another one is no code of NAICS.
HAVING unknown_codes > 0.25 * codes OR in_no_sector > 0.01 * codes
ORDER BY year;

-- name: industries_are_titled
-- table: stg_qcew
-- severity: warning
-- expected: every industry code has a title in its edition of NAICS; a list older than the edition lacks some
WITH {codes}
SELECT year, count(*) AS untitled, coalesce(sum(jobs), 0)::BIGINT AS jobs,
    min(industry_code) AS first_code, max(industry_code) AS last_code
FROM codes WHERE untitled GROUP BY year ORDER BY year;

-- name: disclosure_marks_are_known
-- table: stg_qcew
-- severity: error
-- expected: a mark beside a figure is N, which withholds it, or there is none; nobody knows what another mark means, so
--     its figure counts as withheld and nothing is published
SELECT year, area_fips, own_code, industry_code, disclosure_code AS mark
FROM stg_qcew
-- The publisher's one mark for a withheld figure; beside a disclosed one it prints none.
WHERE disclosure_code <> 'N'
ORDER BY ALL LIMIT 100;

-- name: withheld_cells_are_empty
-- table: stg_qcew
-- severity: error
-- expected: jobs and wages are absent where a disclosure mark withholds them, and nowhere else
SELECT year, area_fips, own_code, industry_code, disclosure_code, annual_avg_emplvl, total_annual_wages
FROM stg_qcew
WHERE (disclosure_code IS NULL) = (annual_avg_emplvl IS NULL)
    OR (annual_avg_emplvl IS NULL) <> (total_annual_wages IS NULL)
LIMIT 100;

-- Jobs and pay are rounded: pay lies between wages over half a job more and over half a job less.
-- text: pay
SELECT year, left(area_fips, 2) AS state, min(area_fips) FILTER (WHERE differs) AS first_area,
    count(*) FILTER (WHERE differs) AS different, count(*) AS cells
FROM (
    SELECT year, area_fips,
        coalesce(avg_annual_pay > total_annual_wages / (annual_avg_emplvl - 0.5) + 1
            OR avg_annual_pay < total_annual_wages / (annual_avg_emplvl + 0.5) - 1, true) AS differs
    FROM stg_qcew WHERE annual_avg_emplvl > 0
)
GROUP BY ALL

-- name: pay_is_wages_per_job
-- table: stg_qcew
-- severity: error
-- expected: in all but 0.1% of a state's cells, pay is wages over jobs within rounding
-- In the publisher's files there is no cell in which it is not.
{pay} HAVING different > 0.001 * cells ORDER BY ALL;

-- name: pay_is_wages_per_job_in_every_cell
-- table: stg_qcew
-- severity: warning
-- expected: in each of a state's cells, pay is wages over jobs within rounding
{pay} HAVING different > 0 ORDER BY ALL;

-- text: twice
SELECT year, left(area_fips, 2) AS state, min(area_fips) FILTER (WHERE disagrees IS NOT NULL) AS first_area,
    min(industry_code) FILTER (WHERE disagrees IS NOT NULL) AS first_industry, min(disagrees) AS first_column,
    count(disagrees) AS different, count(*) AS cells
FROM stg_qcew GROUP BY ALL

-- name: columns_that_say_the_same_agree
-- table: stg_qcew
-- severity: error
-- expected: in all but 0.1% of a state's cells the weekly wage is wages over jobs and 52 weeks, and percentages are those
--     of the printed changes
-- In the publisher's files there is no cell in which they are not.
{twice} HAVING different > 0.001 * cells ORDER BY ALL;

-- name: columns_that_say_the_same_agree_in_every_cell
-- table: stg_qcew
-- severity: warning
-- expected: in each of a state's cells the weekly wage is wages over jobs and 52 weeks, and percentages are those of the
--     printed changes
{twice} HAVING different > 0 ORDER BY ALL;

-- name: jobless_cells_are_rare
-- table: stg_qcew
-- severity: error
-- expected: at most 2% of published cells have establishments without jobs, or jobs without either
SELECT year, agglvl_code // 10 AS kind,
    count(*) FILTER (WHERE annual_avg_emplvl = 0 AND annual_avg_estabs > 0) AS jobless,
    count(*) FILTER (WHERE annual_avg_emplvl > 0 AND total_annual_wages = 0) AS unpaid,
    count(*) FILTER (WHERE annual_avg_emplvl > 1 AND annual_avg_estabs = 0) AS unhoused, count(*) AS cells
FROM stg_qcew WHERE annual_avg_emplvl IS NOT NULL GROUP BY ALL
-- In the publisher's files it is half a percent.
HAVING greatest(jobless, unpaid, unhoused) > 0.02 * cells
ORDER BY ALL;

-- name: totals_are_plausible
-- table: stg_qcew
-- severity: error
-- expected: a state's jobs are published, 2 to 200 an establishment, and pay 5,000 to 500,000 a year, on average
SELECT year, area_fips, annual_avg_estabs, annual_avg_emplvl, total_annual_wages
FROM stg_qcew
WHERE agglvl_code IN (10, 50) AND (annual_avg_emplvl IS NULL
    OR annual_avg_emplvl / annual_avg_estabs NOT BETWEEN 2 AND 200
    OR total_annual_wages / annual_avg_emplvl NOT BETWEEN 5000 AND 500000)
ORDER BY ALL;

-- name: published_quotients_recompute
-- table: stg_qcew
-- severity: error
-- expected: at least 99.5% of a year's published quotients equal ours within rounding
-- One join at a time, materialised: joined together, regions and industries meet on the year alone, millions of pairs.
WITH totals AS (
    SELECT year, area_fips, annual_avg_emplvl AS jobs FROM stg_qcew
    WHERE agglvl_code IN (10, 50, 70) AND own_code = '0'
),
cells AS MATERIALIZED (
    SELECT c.year, c.own_code, c.industry_code, c.annual_avg_emplvl AS jobs, c.lq_annual_avg_emplvl AS lq,
        c.annual_avg_emplvl / t.jobs AS share
    FROM stg_qcew AS c
    JOIN totals AS t ON c.year = t.year AND c.area_fips = t.area_fips
    WHERE c.size_code = '0' AND c.lq_annual_avg_emplvl > 0 AND c.agglvl_code BETWEEN 50 AND 78
        AND c.annual_avg_emplvl > 0 AND t.jobs > 0
),
nation AS MATERIALIZED (
    SELECT n.year, n.own_code, n.industry_code, n.annual_avg_emplvl AS jobs, n.annual_avg_emplvl / t.jobs AS share
    FROM stg_qcew AS n
    JOIN totals AS t ON n.year = t.year AND n.area_fips = t.area_fips
    WHERE n.agglvl_code BETWEEN 10 AND 18 AND n.annual_avg_emplvl > 0
),
compared AS (
    SELECT c.year, abs(c.share / n.share - c.lq) > 0.0051 + c.lq * (0.5 / c.jobs + 0.5 / n.jobs) AS differs
    FROM cells AS c
    JOIN nation AS n ON c.year = n.year AND c.own_code = n.own_code AND c.industry_code = n.industry_code
)
SELECT year, count(*) FILTER (WHERE differs) AS different, count(*) AS quotients
FROM compared GROUP BY year
-- Where the nation's cell is a few jobs, rounding decides.
HAVING count(*) FILTER (WHERE differs) > 0.005 * count(*)
ORDER BY year;

-- name: published_quotients_recompute_in_each_part
-- table: stg_qcew
-- severity: error
-- expected: of the quotients of a place or an industry, of establishments, jobs and wages each, 97.5% equal ours
WITH totals AS (
    SELECT year, area_fips, annual_avg_estabs AS estabs, annual_avg_emplvl AS jobs, total_annual_wages AS wages
    FROM stg_qcew WHERE agglvl_code IN (10, 50, 70) AND own_code = '0'
),
cells AS MATERIALIZED (
    SELECT c.year, c.area_fips, c.own_code, c.industry_code,
        nullif(c.annual_avg_estabs, 0) AS estabs, nullif(c.annual_avg_emplvl, 0) AS jobs,
        c.annual_avg_estabs / nullif(t.estabs, 0) AS estabs_share, c.annual_avg_emplvl / nullif(t.jobs, 0) AS jobs_share,
        c.total_annual_wages / nullif(t.wages, 0) AS wages_share,
        nullif(c.lq_annual_avg_estabs, 0) AS estabs_lq, nullif(c.lq_annual_avg_emplvl, 0) AS jobs_lq,
        nullif(c.lq_total_annual_wages, 0) AS wages_lq
    FROM stg_qcew AS c
    JOIN totals AS t ON c.year = t.year AND c.area_fips = t.area_fips
    -- Sectors and the finest industries: what lies between are sums of these.
    WHERE c.size_code = '0' AND c.agglvl_code BETWEEN 54 AND 78 AND c.agglvl_code % 10 IN (4, 8)
        AND greatest(c.lq_annual_avg_estabs, c.lq_annual_avg_emplvl, c.lq_total_annual_wages) > 0
),
nation AS MATERIALIZED (
    SELECT n.year, n.own_code, n.industry_code,
        nullif(n.annual_avg_estabs, 0) AS estabs, nullif(n.annual_avg_emplvl, 0) AS jobs,
        nullif(n.annual_avg_estabs, 0) / t.estabs AS estabs_share, nullif(n.annual_avg_emplvl, 0) / t.jobs AS jobs_share,
        nullif(n.total_annual_wages, 0) / t.wages AS wages_share
    FROM stg_qcew AS n
    JOIN totals AS t ON n.year = t.year AND n.area_fips = t.area_fips
    WHERE n.agglvl_code IN (14, 18)
),
compared AS (
    SELECT c.year, c.area_fips, c.industry_code,
        abs(c.estabs_share / n.estabs_share - estabs_lq) > 0.0051 + estabs_lq * (0.5 / c.estabs + 0.5 / n.estabs)
            AS estabs_differ,
        abs(c.jobs_share / n.jobs_share - jobs_lq) > 0.0051 + jobs_lq * (0.5 / c.jobs + 0.5 / n.jobs) AS jobs_differ,
        abs(c.wages_share / n.wages_share - wages_lq) > 0.0051 AS wages_differ
    FROM cells AS c
    JOIN nation AS n ON c.year = n.year AND c.own_code = n.own_code AND c.industry_code = n.industry_code
)
SELECT year, CASE grouping(area_fips) WHEN 0 THEN 'place' ELSE 'industry' END AS part,
    coalesce(area_fips, industry_code) AS code,
    count(*) FILTER (WHERE estabs_differ) AS establishments, count(*) FILTER (WHERE jobs_differ) AS jobs,
    count(*) FILTER (WHERE wages_differ) AS wages, count(*) AS cells
FROM compared GROUP BY GROUPING SETS ((year, area_fips), (year, industry_code))
-- In the publisher's files the most is three of an industry's, and one or two in a hundred of a place's.
HAVING greatest(establishments, jobs, wages) > greatest(10, 0.025 * cells)
ORDER BY greatest(establishments, jobs, wages) DESC, year, code;
