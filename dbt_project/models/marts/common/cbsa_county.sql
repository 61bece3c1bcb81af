-- Only counties that QCEW reports: Kalawao's jobs are in Maui's, so no area waits for it.
SELECT
    'cbsa:' || d.cbsa_code AS region_id,
    'county:' || d.county_fips AS county_region_id,
    s.valid_from,
    s.valid_to,
    d.cbsa_kind,
    d.period AS vintage
FROM {{ ref("stg_cbsa_delineation") }} AS d
INNER JOIN {{ ref("int_delineation_spans") }} AS s ON d.period = s.period
WHERE d.county_fips IN (SELECT county_fips FROM {{ ref("int_counties") }})
