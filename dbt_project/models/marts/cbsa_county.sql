-- Only counties that QCEW reports: Kalawao's jobs are in Maui's, so no area waits for it.
SELECT
    'cbsa:' || cbsa_code AS region_id,
    'county:' || county_fips AS county_region_id,
    cbsa_kind,
    vintage
FROM {{ ref("stg_cbsa_delineation") }}
WHERE county_fips IN (SELECT county_fips FROM {{ ref("int_counties") }})
