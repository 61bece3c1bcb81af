-- Whether a region is counted in the nation, and whether the U.S. Cluster Mapping Project compares it with others of its
-- type, by the seed of the exceptions.
WITH regions AS (
    SELECT DISTINCT region_id, region_type, split_part(region_id, ':', 2) AS code FROM {{ ref("int_qcew_cells") }}
    UNION
    SELECT region_id, 'cbsa', split_part(region_id, ':', 2) FROM {{ ref("int_area_states") }}
),

places AS (
    SELECT region_id, region_type, left(code, 2) AS state_code FROM regions WHERE region_type <> 'cbsa'
    UNION ALL
    SELECT r.region_id, r.region_type, a.state_code
    FROM regions AS r
    LEFT JOIN {{ ref("int_area_states") }} AS a ON r.region_id = a.region_id
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
