-- The states in which each metropolitan and micropolitan area lies: by any delineation; in a territory by its title too,
-- where no delineation names it, so that no newer list brings it into the nation.
SELECT 'cbsa:' || cbsa_code AS region_id, left(county_fips, 2) AS state_code
FROM {{ ref("stg_cbsa_delineation") }}
UNION
SELECT 'cbsa:' || {{ cbsa_code_of("a.area_fips", "k.cbsa_code") }}, r.state_code
FROM {{ ref("stg_qcew_areas") }} AS a
LEFT JOIN {{ ref("int_cbsa_codes") }} AS k ON a.area_fips = k.area_fips
INNER JOIN {{ ref("region_roles") }} AS r
    ON regexp_matches(a.area_title, ', ' || r.abbreviation || ' (MSA|MicroSA)$')
WHERE regexp_matches(a.area_fips, '^C\d{4}$')
