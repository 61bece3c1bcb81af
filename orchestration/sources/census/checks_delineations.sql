-- What the delineations of metropolitan and micropolitan areas must satisfy, held against the areas that QCEW prints:
-- an area is the sum of its counties.
--
-- The delineation of each year is the one of which most areas are the sums of their counties, as dbt chooses it. What
-- one real area may break is a warning; an error needs many.

-- text: metros
totals AS (
    SELECT year, area_fips, agglvl_code, annual_avg_emplvl AS jobs FROM stg_qcew
    WHERE own_code = '0' AND agglvl_code IN (40, 70, 80) AND size_code = '0'
),
printed AS (
    SELECT t.year, d.period, t.area_fips, t.agglvl_code, t.jobs FROM totals AS t
    CROSS JOIN (SELECT DISTINCT period FROM stg_cbsa_delineation) AS d
    WHERE t.agglvl_code <> 70 AND t.area_fips LIKE 'C%'
),
sums AS (
    SELECT y.year, d.period, CASE WHEN d.cbsa_code LIKE '%0' THEN 'C' || left(d.cbsa_code, 4)
            ELSE d.cbsa_code END AS area_fips, any_value(d.cbsa_kind) AS cbsa_kind,
        sum(c.jobs) AS jobs, count(*) AS counties, count(c.jobs) AS reporting
    FROM stg_cbsa_delineation AS d
    CROSS JOIN (SELECT DISTINCT year FROM printed) AS y
    LEFT JOIN totals AS c ON c.area_fips = d.county_fips AND c.year = y.year
    WHERE d.county_fips IN (SELECT area_fips FROM stg_qcew_areas)
        OR d.county_fips IN (SELECT area_fips FROM totals)
    GROUP BY ALL
),
compared AS (
    SELECT year, period, area_fips, p.agglvl_code, s.cbsa_kind, p.jobs AS published, s.jobs AS sum_of_counties,
        -- half a percent on top of rounding, as in `int_area_fits`
        coalesce(s.reporting = s.counties AND abs(p.jobs - s.jobs) <= 0.005 * p.jobs + s.counties, false) AS fits
    FROM printed AS p FULL JOIN sums AS s USING (year, period, area_fips)
),
best AS (
    SELECT year, arg_max(period, (share, period)) AS period, max(share) AS share_fitting,
        -- Between two delineations some fifth of the areas change.
        share_fitting >= 0.8 AS is_that_of_the_year
    FROM (SELECT year, period, avg(fits::INTEGER) AS share FROM compared GROUP BY ALL) GROUP BY year
),
areas AS (SELECT * FROM compared JOIN best USING (year, period))

-- name: counties_make_their_area
-- table: stg_cbsa_delineation
-- severity: warning
-- expected: each area's published jobs are its counties' in the delineation of the year; what misses is left out
WITH {metros}
SELECT year, period, area_fips, published, sum_of_counties FROM areas
WHERE NOT fits AND published IS NOT NULL AND is_that_of_the_year
ORDER BY ALL;

-- name: delineation_is_that_of_every_year
-- table: stg_cbsa_delineation
-- severity: warning
-- expected: in every year 80% of the areas are the sums of their counties in some delineation
WITH {metros}
SELECT year, period, share_fitting FROM best WHERE NOT is_that_of_the_year ORDER BY ALL;

-- name: delineation_is_of_these_counties
-- table: stg_cbsa_delineation
-- severity: error
-- expected: in some year 40% of the areas are the sums of their counties
WITH {metros}
SELECT max(share_fitting) AS most_areas_that_fit FROM best
-- Fewer fit no delineation at all, or one whose counties stand in the wrong rows.
HAVING most_areas_that_fit < 0.4;

-- name: areas_are_of_their_published_kind
-- table: stg_cbsa_delineation
-- severity: error
-- expected: nine areas in ten are metropolitan or micropolitan as QCEW prints them
WITH {metros}
SELECT year, period, count(*) FILTER (WHERE (cbsa_kind = 'metropolitan') <> (agglvl_code = 40)) AS wrong,
    count(*) AS areas
FROM areas WHERE fits GROUP BY ALL
HAVING wrong > 0.1 * areas
ORDER BY ALL;
