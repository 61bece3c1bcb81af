-- Who stands in another's place in QCEW for every year at once contradicts nothing in it. The Census Bureau counts the
-- same employers for itself: private jobs, establishments and pay of a county or an industry fit what it counted there,
-- and those of two that were exchanged fit each other's.

-- `sides` has a row for each of the three measures: the logarithms x of QCEW and y of the Bureau of a code, of what is
-- alike (`scale`) and may be exchanged (`block`). How far apart they are is counted in usual spreads, each up to six.
-- text: exchanged
usual AS (
    SELECT year, scale, measure, median(x - y) AS middle, greatest(1.4826 * mad(x - y), 0.05) AS spread
    FROM sides GROUP BY ALL HAVING count(*) >= 50
),
own AS (
    SELECT year, scale, block, code, sum(least(abs(x - y - middle) / spread, 6) ** 2) AS apart
    FROM sides JOIN usual USING (year, scale, measure)
    GROUP BY ALL HAVING apart > 60
),
crossed AS (
    SELECT year, scale, block, a.code, b.code AS other, sum(least(abs(a.x - b.y - middle) / spread, 6) ** 2) AS apart
    FROM sides AS a JOIN sides AS b USING (year, scale, block, measure) JOIN usual USING (year, scale, measure)
    WHERE a.code <> b.code
        AND (year, scale, a.code) IN (SELECT (year, scale, code) FROM own)
        AND (year, scale, b.code) IN (SELECT (year, scale, code) FROM own)
    GROUP BY ALL
),
pairs AS (
    SELECT year, code, other, round(own.apart) AS apart, round(crossed.apart) AS apart_from_other
    FROM crossed JOIN own USING (year, scale, block, code)
    WHERE own.apart - crossed.apart > 60
)
SELECT one.year, one.code, one.other, one.apart, one.apart_from_other
FROM pairs AS one JOIN pairs AS two ON two.year = one.year AND two.code = one.other AND two.other = one.code
WHERE one.code < one.other
ORDER BY ALL

-- name: counties_are_those_of_business_patterns
-- table: stg_qcew
-- severity: warning
-- expected: no two counties of a state have private jobs, establishments and pay that fit what County Business Patterns
--     has of the other, and not what it has of themselves
-- Of 59,642 pairs, 2016 against the Bureau's 2019, none comes near; of pairs exchanged two in three are found.
WITH cells AS (
    SELECT q.year, area_fips AS code,
        [annual_avg_emplvl, annual_avg_estabs, total_annual_wages / annual_avg_emplvl] AS here,
        [employment, establishments, 1000 * annual_payroll / employment] AS there
    FROM stg_qcew AS q JOIN stg_cbp_county AS b ON b.year = q.year AND county_fips = area_fips AND naics_code = '00'
    WHERE agglvl_code = 71 AND own_code = '5' AND size_code = '0'
        AND least(annual_avg_emplvl, employment) > 0 AND greatest(annual_avg_emplvl, employment) > 500
        AND annual_payroll > 0 AND total_annual_wages > 0
),
sides AS (
    SELECT year, 'county' AS scale, left(code, 2) AS block, code, unnest(['jobs', 'establishments', 'pay']) AS measure,
        ln(unnest(here)) AS x, ln(unnest(there)) AS y
    FROM cells
),
{exchanged};

-- name: industries_are_those_of_business_patterns
-- table: stg_qcew
-- severity: warning
-- expected: no two industries have private jobs, establishments and pay that fit what County Business Patterns has of
--     the other, and not what it has of themselves
-- Both summed over the states whose figures QCEW prints; the Bureau leaves out cells of one or two establishments.
-- Of 317,000 pairs of six-digit industries of 2019 none comes near; of pairs exchanged a third is found.
WITH here AS (
    SELECT year, left(area_fips, 2) AS state, industry_code AS code, annual_avg_emplvl AS jobs,
        annual_avg_estabs AS establishments, total_annual_wages AS wages
    FROM stg_qcew
    WHERE agglvl_code BETWEEN 55 AND 58 AND own_code = '5' AND size_code = '0'
        AND annual_avg_emplvl > 0 AND total_annual_wages > 0
        AND industry_code NOT IN (SELECT code FROM (VALUES {changed_codes}) AS changed (code, naics_from, naics_to))
),
there AS (
    SELECT year, left(county_fips, 2) AS state, naics_code AS code, sum(employment) AS jobs,
        sum(establishments) AS establishments, 1000 * sum(annual_payroll) AS wages
    FROM stg_cbp_county WHERE employment > 0 AND annual_payroll > 0
    GROUP BY ALL
),
cells AS (
    SELECT year, code, [sum(here.jobs), sum(here.establishments), sum(here.wages) / sum(here.jobs)] AS here,
        [sum(there.jobs), sum(there.establishments), sum(there.wages) / sum(there.jobs)] AS there
    FROM here JOIN there USING (year, state, code)
    GROUP BY ALL HAVING greatest(sum(here.jobs), sum(there.jobs)) > 1000
),
sides AS (
    SELECT year, length(code) AS scale, 0 AS block, code, unnest(['jobs', 'establishments', 'pay']) AS measure,
        ln(unnest(here)) AS x, ln(unnest(there)) AS y
    FROM cells
),
{exchanged};
