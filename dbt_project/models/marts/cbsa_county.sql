SELECT
    'cbsa:' || cbsa_code AS region_id,
    'county:' || county_fips AS county_region_id,
    cbsa_kind,
    vintage
FROM {{ ref("stg_cbsa_delineation") }}
