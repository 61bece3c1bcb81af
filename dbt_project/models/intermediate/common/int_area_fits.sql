-- Whether a metropolitan or micropolitan area, as QCEW prints its jobs in a year, is the sum of its counties in each of
-- the delineations: the evidence for which of them the year was printed by. An area that only one of the two has fits not.
-- The sum may miss by half a percent, and by the rounding of each county.
WITH totals AS (
    SELECT year, area_fips, agglvl_code, annual_avg_emplvl AS jobs
    FROM {{ ref("stg_qcew") }}
    WHERE own_code = '0' AND industry_code = '10' AND size_code = '0' AND agglvl_code IN (40, 50, 70, 80)
),

printed AS (
    SELECT t.year, l.period, {{ cbsa_code_of("t.area_fips", "k.cbsa_code") }} AS cbsa_code, t.jobs
    FROM totals AS t
    LEFT JOIN {{ ref("int_cbsa_codes") }} AS k ON t.area_fips = k.area_fips
    CROSS JOIN (SELECT DISTINCT period FROM {{ ref("stg_cbsa_delineation") }}) AS l
    WHERE t.agglvl_code IN (40, 80) AND t.area_fips LIKE 'C%'
),

sums AS (
    SELECT
        y.year, d.period, d.cbsa_code,
        count(*) AS counties,
        count(c.jobs) AS reporting,
        sum(c.jobs) AS jobs
    FROM {{ ref("stg_cbsa_delineation") }} AS d
    CROSS JOIN (SELECT DISTINCT year FROM totals) AS y
    LEFT JOIN totals AS c ON d.county_fips = c.area_fips AND y.year = c.year AND c.agglvl_code = 70
    -- Kalawao, which QCEW counts in Maui, has no rows of its own in any year.
    WHERE d.county_fips IN (SELECT county_fips FROM {{ ref("int_counties") }})
    GROUP BY y.year, d.period, d.cbsa_code
)

SELECT
    year,
    period,
    cbsa_code,
    p.cbsa_code IS NOT NULL AS is_printed,
    s.cbsa_code IS NOT NULL AS is_listed,
    coalesce(s.reporting = s.counties AND abs(p.jobs - s.jobs) <= 0.005 * p.jobs + s.counties, FALSE) AS fits
FROM sums AS s
FULL JOIN printed AS p USING (year, period, cbsa_code)
