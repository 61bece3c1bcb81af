-- What a place and an industry keep from one year of QCEW to the next: their own shape.
--
-- Figures that agree with each other in every sum can still stand in the wrong place. Two counties exchanged, an
-- industry's jobs filed under its sister, growth made up: only the place's or the industry's own last year shows it.
-- Where a check has a name that begins with history_, --accept-revision lets pass what it finds.

-- text: exchanged
-- How far each is from its own last year: 0 where every part is as large as then, 1 where they share nothing.
own AS (
    SELECT year, kind, measure, code,
        1 - 2 * sum(least(now.size, before.size)) / (sum(now.size) + sum(before.size)) AS distance
    FROM parts AS now JOIN (SELECT * REPLACE (year + 1 AS year) FROM parts) AS before
        USING (year, kind, measure, code, part)
    GROUP BY year, kind, measure, code
    -- In the publisher's files half of the counties are at 0.03, one in a hundred above 0.1. Where all are odd, other
    -- checks find that. Only establishments are compared: they are never withheld, and by jobs two industries may come
    -- to look alike.
    HAVING sum(now.size) > 0 AND sum(before.size) > 0
    QUALIFY distance > 0.05 AND row_number() OVER (PARTITION BY year, kind, measure ORDER BY distance DESC, code) <= 100
),
sizes AS (
    SELECT year, kind, measure, code, sum(size) AS size FROM parts
    WHERE (kind, measure, code) IN (SELECT (kind, measure, code) FROM own) GROUP BY ALL
),
odd AS (SELECT * FROM parts WHERE (kind, measure, code) IN (SELECT (kind, measure, code) FROM own)),
-- How far each is from the other's last year.
across AS (
    SELECT a.year, a.kind, a.measure, a.code AS code, b.code AS other, a.distance AS own_distance,
        1 - 2 * sum(least(now.size, before.size)) / (any_value(s.size) + any_value(t.size)) AS distance
    FROM own AS a JOIN own AS b USING (year, kind, measure)
    JOIN odd AS now ON now.year = a.year AND now.kind = a.kind AND now.measure = a.measure AND now.code = a.code
    JOIN odd AS before ON before.year = a.year - 1 AND before.kind = a.kind AND before.measure = a.measure
        AND before.code = b.code AND before.part = now.part
    JOIN sizes AS s ON s.year = a.year AND s.kind = a.kind AND s.measure = a.measure AND s.code = a.code
    JOIN sizes AS t ON t.year = a.year - 1 AND t.kind = a.kind AND t.measure = a.measure AND t.code = b.code
    WHERE a.code <> b.code
    GROUP BY ALL
)
SELECT one.year, one.code, one.other, one.measure, round(one.own_distance, 3) AS from_its_own_last_year,
    round(one.distance, 3) AS from_the_others_last_year
FROM across AS one JOIN across AS two ON one.year = two.year AND one.kind = two.kind AND one.measure = two.measure
    AND one.code = two.other AND one.other = two.code AND one.code < two.code
-- A margin that places which merely resemble each other do not reach.
WHERE one.distance + two.distance < 0.5 * (one.own_distance + two.own_distance)

-- name: history_places_are_not_exchanged
-- table: stg_qcew
-- severity: error
-- expected: no two counties or states look like each other's last year, and neither like its own; the first two are
--     named
WITH parts AS MATERIALIZED (
    UNPIVOT (
        SELECT year, agglvl_code AS kind, area_fips AS code, industry_code AS part,
            annual_avg_estabs AS establishments
        FROM stg_qcew
        WHERE agglvl_code IN (55, 75) AND own_code = '5' AND size_code = '0' AND right(area_fips, 3) < '995'
    ) ON establishments INTO NAME measure VALUE size
),
{exchanged}
ORDER BY ALL;

-- name: history_industries_are_not_exchanged
-- table: stg_qcew
-- severity: error
-- expected: no two industries are spread over the states like each other's last year, and neither like its own
WITH parts AS MATERIALIZED (
    UNPIVOT (
        SELECT year, agglvl_code AS kind, industry_code AS code, area_fips AS part,
            annual_avg_estabs AS establishments
        FROM stg_qcew WHERE agglvl_code IN (55, 56, 58) AND own_code = '5' AND size_code = '0'
    ) ON establishments INTO NAME measure VALUE size
),
{exchanged}
ORDER BY ALL;

-- name: history_jobs_stay_in_their_industry
-- table: stg_qcew
-- severity: warning
-- expected: in at most 10 counties an industry loses a quarter of its jobs or more just as its sister gains as many
-- In the publisher's files the most is 7. Where an employer is filed anew, one county or a few are concerned.
WITH cells AS (
    SELECT year, area_fips, industry_code, left(industry_code, 4) AS parent, annual_avg_emplvl AS jobs
    FROM stg_qcew
    WHERE agglvl_code = 78 AND own_code = '5' AND size_code = '0' AND annual_avg_emplvl IS NOT NULL
),
moved AS (
    SELECT now.year, area_fips, industry_code, parent, now.jobs - before.jobs AS change, before.jobs AS jobs_before
    FROM cells AS now JOIN (SELECT * REPLACE (year + 1 AS year) FROM cells) AS before
        USING (year, area_fips, industry_code, parent)
    WHERE abs(now.jobs - before.jobs) >= 8
)
SELECT year, lost.industry_code AS out_of, gained.industry_code AS into_industry, count(*) AS counties,
    sum(-lost.change)::BIGINT AS jobs,
    list_slice(list(area_fips ORDER BY lost.change), 1, 5) AS largest_in
FROM moved AS lost JOIN moved AS gained USING (year, area_fips, parent)
WHERE lost.change <= -10 AND -lost.change >= 0.25 * lost.jobs_before
    AND abs(lost.change + gained.change) <= -0.2 * lost.change
GROUP BY year, lost.industry_code, gained.industry_code
HAVING counties > 10
ORDER BY counties DESC, year, out_of;

-- Growth is uneven: what is the same nearly everywhere is a definition, or made up. What comes back after a crisis was
-- there before. In the publisher's files the nearest is an industry with 12 % and a county with 12 %. Pay is another matter (in 2020 whole industries kept those who earn most), unless it rises by one factor.
-- text: jumps
known AS (
    SELECT *, max(jobs) OVER earlier AS most_jobs, max(pay) OVER earlier AS most_pay,
        lag(year) OVER (PARTITION BY kind, code, part ORDER BY year) AS last_year,
        sum(jobs) OVER (PARTITION BY kind, year) AS all_jobs
    FROM cells
    WINDOW earlier AS (PARTITION BY kind, code, part ORDER BY year ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
-- Beside industries of its sector in the same state, and beside counties of its state in the same industry.
grown AS (
    SELECT *, jobs / most_jobs / greatest(1, median(jobs / most_jobs) OVER peers) AS growth,
        pay / most_pay / greatest(1, median(pay / most_pay) OVER peers) AS raise
    FROM known WHERE last_year = year - 1
    WINDOW peers AS (PARTITION BY kind, year, part, left(code, 2))
)
SELECT year, code, count(*) AS parts, sum(jobs)::BIGINT AS jobs,
    round(median(growth) - 1, 3) AS typical_growth, round(median(raise) - 1, 3) AS typical_raise
FROM grown
GROUP BY year, kind, code, least_parts, least_share
HAVING parts >= least_parts AND sum(jobs) >= least_share * any_value(all_jobs)
    AND (CASE WHEN least_parts = 5 THEN quantile_cont(growth, 0.2) > 1.18
            ELSE median(growth) > 1.15 END
        OR quantile_cont(raise, 0.2) > 1.15
        AND quantile_cont(raise, 0.8) < 1.08 * quantile_cont(raise, 0.2))
ORDER BY ALL

-- name: history_industries_do_not_jump_everywhere
-- table: stg_qcew
-- severity: warning
-- expected: no industry grows by 18% or more, beyond all that it had before, in four states of five, nor its pay by
--     one factor
WITH cells AS (
    SELECT year, agglvl_code AS kind, industry_code AS code, area_fips AS part, annual_avg_emplvl AS jobs,
        total_annual_wages / annual_avg_emplvl AS pay, 5 AS least_parts, 0.0002 AS least_share
    FROM stg_qcew WHERE agglvl_code = 58 AND own_code = '5' AND size_code = '0' AND annual_avg_emplvl >= 50
),
{jumps};

-- name: history_places_do_not_jump_in_everything
-- table: stg_qcew
-- severity: warning
-- expected: no county or state grows by 15% or more, beyond all that it had before, in half of its industries, nor
--     its pay by one factor
WITH cells AS (
    SELECT year, agglvl_code AS kind, area_fips AS code, industry_code AS part, annual_avg_emplvl AS jobs,
        total_annual_wages / annual_avg_emplvl AS pay, 10 AS least_parts, 0 AS least_share
    FROM stg_qcew
    WHERE agglvl_code IN (55, 75) AND own_code = '5' AND size_code = '0' AND annual_avg_emplvl >= 50
        AND right(area_fips, 3) < '995'
),
{jumps};
