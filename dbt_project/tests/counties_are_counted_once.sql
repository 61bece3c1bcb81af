-- A county and what took its place, Connecticut's counties and planning regions among them, never stand in one year: it
-- would be counted twice. And none stands outside its years.
WITH held AS (
    SELECT DISTINCT region_id, year FROM {{ ref("employment") }} WHERE region_id LIKE 'county:%'
),

changed AS (
    SELECT h.year, h.region_id, left(c.old_code, 2) AS state_code, c.kind, TRUE AS is_old
    FROM held AS h
    INNER JOIN {{ ref("county_changes") }} AS c ON h.region_id = 'county:' || c.old_code
    UNION ALL
    SELECT h.year, h.region_id, left(c.new_code, 2), c.kind, FALSE
    FROM held AS h
    INNER JOIN {{ ref("county_changes") }} AS c ON h.region_id = 'county:' || c.new_code
)

SELECT min(o.region_id) AS old_region_id, min(n.region_id) AS new_region_id, o.year
FROM changed AS o
INNER JOIN changed AS n ON o.year = n.year AND o.state_code = n.state_code AND o.kind = n.kind
WHERE o.is_old AND NOT n.is_old AND o.kind IN ('rename', 'split', 'replaced')
    AND (o.kind = 'replaced' OR (split_part(o.region_id, ':', 2), split_part(n.region_id, ':', 2)) IN (
        SELECT (old_code, new_code) FROM {{ ref("county_changes") }}
    ))
GROUP BY o.year
UNION ALL
SELECT h.region_id, r.vintage, h.year
FROM held AS h
INNER JOIN {{ ref("dim_region") }} AS r ON h.region_id = r.region_id
WHERE h.year NOT BETWEEN coalesce(r.valid_from, h.year) AND coalesce(r.valid_to, h.year)
