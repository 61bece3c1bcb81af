-- Whether a region is counted in the nation, and whether the U.S. Cluster Mapping Project compares it with others of its
-- type, by the seed of the exceptions. An area of a territory is one by any delineation, and by its title where no
-- delineation names it, so that no newer list brings it into the nation.
WITH areas AS (
    SELECT 'cbsa:' || cbsa_code AS region_id, left(county_fips, 2) AS state_code
    FROM {{ ref("stg_cbsa_delineation") }}
    UNION
    SELECT 'cbsa:' || {{ cbsa_code_of("a.area_fips", "k.cbsa_code") }}, r.state_code
    FROM {{ ref("stg_qcew_areas") }} AS a
    LEFT JOIN {{ ref("int_cbsa_codes") }} AS k ON a.area_fips = k.area_fips
    INNER JOIN {{ ref("region_roles") }} AS r
        ON regexp_matches(a.area_title, ', ' || r.abbreviation || ' (MSA|MicroSA)$')
    WHERE regexp_matches(a.area_fips, '^C\d{4}$')
),

regions AS (
    SELECT DISTINCT region_id, region_type, split_part(region_id, ':', 2) AS code FROM {{ ref("int_qcew_cells") }}
    UNION
    SELECT region_id, 'cbsa', split_part(region_id, ':', 2) FROM areas
),

places AS (
    SELECT region_id, region_type, left(code, 2) AS state_code FROM regions WHERE region_type <> 'cbsa'
    UNION ALL
    SELECT r.region_id, r.region_type, a.state_code
    FROM regions AS r
    LEFT JOIN areas AS a ON r.region_id = a.region_id
    WHERE r.region_type = 'cbsa'
)

SELECT
    p.region_id,
    p.region_type,
    coalesce(bool_and(r.in_nation), TRUE) AS in_nation,
    coalesce(bool_and(r.ucm_peer), TRUE) AS ucm_peer
FROM places AS p
LEFT JOIN {{ ref("region_roles") }} AS r
    ON r.region_type IN (p.region_type, 'any') AND r.state_code IN (p.state_code, 'any')
GROUP BY p.region_id, p.region_type
