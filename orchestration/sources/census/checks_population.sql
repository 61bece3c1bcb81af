-- What the population series must satisfy: by themselves, and beside the jobs that QCEW counts in the same place. What
-- one real place may break is a warning; an error needs many, or what no place breaks.

-- name: counties_make_the_state
-- table: stg_county_population
-- severity: error
-- expected: the people of a state's counties are those of the state
SELECT period, year, left(area_fips, 2) AS state,
    sum(population) FILTER (right(area_fips, 3) = '000') AS total,
    sum(population) FILTER (right(area_fips, 3) <> '000') AS counties
FROM stg_county_population GROUP BY ALL
HAVING total IS DISTINCT FROM counties
ORDER BY ALL;

-- name: every_state_is_in_every_series
-- table: stg_county_population
-- severity: error
-- expected: every state that QCEW prints has people in each year of each series
SELECT p.period, p.year, count(*) AS missing, min(s.area_fips) AS first_state
FROM (SELECT DISTINCT period, year FROM stg_county_population) AS p
CROSS JOIN (
    -- The series leave Puerto Rico and the Virgin Islands out.
    SELECT DISTINCT area_fips FROM stg_qcew WHERE agglvl_code = 50 AND left(area_fips, 2) NOT IN ('72', '78')
) AS s
WHERE (p.period, p.year, s.area_fips) NOT IN (SELECT (period, year, area_fips) FROM stg_county_population)
GROUP BY ALL
ORDER BY ALL;

-- The figure of the newest vintage for each county and year, as dbt takes it. States have 0.37 to 1.1 jobs a head (the
-- District of Columbia), counties 0.05 to 3, but for a few: Storey County, Nevada, has some 4.7 and grows.
-- text: heads
heads AS (
    SELECT q.year, q.area_fips, q.agglvl_code, p.population, q.annual_avg_emplvl AS jobs,
        coalesce(jobs / nullif(p.population, 0), 0) NOT BETWEEN
            CASE q.agglvl_code WHEN 50 THEN 0.2 ELSE 0.02 END
            AND CASE q.agglvl_code WHEN 50 THEN 1.5 ELSE 5.0 END AS is_odd
    FROM stg_qcew AS q
    JOIN (
        SELECT area_fips, year, arg_max(population, (coalesce(vintage, ''), period)) AS population
        FROM stg_county_population GROUP BY ALL
    ) AS p ON p.area_fips = q.area_fips AND p.year = q.year
    WHERE q.agglvl_code IN (50, 70) AND q.annual_avg_emplvl > 0
)

-- name: people_could_hold_the_jobs
-- table: stg_county_population
-- severity: error
-- expected: 0.2 to 1.5 jobs a head in a state, 0.02 to 5.0 in nearly every county
WITH {heads}
SELECT year, agglvl_code, count(*) FILTER (WHERE is_odd) AS odd,
    min(area_fips || ': ' || jobs || ' jobs, ' || population || ' people') FILTER (WHERE is_odd) AS first_place,
    count(*) AS places
FROM heads GROUP BY ALL
-- Six counties of 3,200, and three of few.
HAVING odd > CASE agglvl_code WHEN 50 THEN 0 ELSE greatest(3, 0.002 * places) END
ORDER BY ALL;

-- name: people_could_hold_the_jobs_of_every_county
-- table: stg_county_population
-- severity: warning
-- expected: 0.02 to 5.0 jobs a head in every county
WITH {heads}
SELECT year, area_fips, population, jobs FROM heads WHERE is_odd ORDER BY ALL;

-- name: people_and_jobs_are_of_the_same_county
-- table: stg_county_population
-- severity: warning
-- expected: no two counties of a state have jobs and establishments that would each be usual for the other's people, and
--     are far from usual for their own
-- Of 150,000 pairs of counties of 2015 and of 2016 none. Of pairs exchanged one in three is found, those nearly all of
-- which one has three times the other's people or more.
WITH people AS (
    SELECT area_fips, year, arg_max(population, (coalesce(vintage, ''), period)) AS population
    FROM stg_county_population WHERE population > 0 GROUP BY ALL
),
counties AS (
    SELECT q.year, q.area_fips, left(q.area_fips, 2) AS state, ln(p.population) AS people,
        ln(q.annual_avg_emplvl) - people AS jobs, ln(q.annual_avg_estabs) - people AS establishments
    FROM stg_qcew AS q
    -- The newest year of QCEW is out before its people are counted.
    ASOF JOIN people AS p ON p.area_fips = q.area_fips AND q.year >= p.year
    WHERE q.agglvl_code = 70 AND q.size_code = '0' AND q.annual_avg_emplvl > 0 AND q.annual_avg_estabs > 0
),
unusual AS (
    SELECT * REPLACE (
        jobs - median(jobs) OVER of_state AS jobs,
        establishments - median(establishments) OVER of_state AS establishments)
    FROM counties WINDOW of_state AS (PARTITION BY year, state)
)
SELECT a.year, a.area_fips, b.area_fips AS other, round(exp(a.jobs), 2) AS times_the_usual_jobs_a_head,
    round(exp(b.jobs), 2) AS of_the_other
FROM unusual AS a JOIN unusual AS b USING (year, state)
WHERE a.area_fips < b.area_fips
    AND least(abs(a.jobs), abs(b.jobs), abs(a.establishments), abs(b.establishments)) > 0.7
    AND greatest(abs(a.jobs + a.people - b.people), abs(b.jobs + b.people - a.people),
        abs(a.establishments + a.people - b.people), abs(b.establishments + b.people - a.people)) < 0.5
ORDER BY ALL;

-- name: population_moves_slowly
-- table: stg_county_population
-- severity: error
-- expected: from one year to the next a state's people change by less than 6%, nearly every county's by less than 20%
SELECT year, is_state, count(*) FILTER (WHERE factor > most) AS moved,
    min(area_fips) FILTER (WHERE factor > most) AS first_place, count(*) AS places
FROM (
    SELECT now.year, now.area_fips, right(now.area_fips, 3) = '000' AS is_state,
        -- Within a vintage in a decade no state moved by 3 %, and one county in a thousand by 8 %.
        CASE WHEN is_state THEN 1.06 ELSE 1.2 END AS most,
        coalesce(greatest(now.population / nullif(before.population, 0),
            before.population / nullif(now.population, 0)), 99) AS factor
    FROM stg_county_population AS now
    JOIN stg_county_population AS before
        ON now.period = before.period AND now.area_fips = before.area_fips AND now.year = before.year + 1
)
GROUP BY ALL
-- Where a prison opens or closes, a small county moves farther.
HAVING moved > CASE WHEN is_state THEN 0 ELSE 0.005 * places END
ORDER BY ALL;

-- name: population_is_not_last_years
-- table: stg_county_population
-- severity: error
-- expected: at most 5% of places have as many people as the year before
SELECT now.year, count(*) FILTER (WHERE now.population = before.population) AS same, count(*) AS counties
FROM stg_county_population AS now
JOIN stg_county_population AS before
    ON now.period = before.period AND now.area_fips = before.area_fips AND now.year = before.year + 1
GROUP BY ALL
HAVING same > 0.05 * counties
ORDER BY ALL;
