-- Parents are those of the code, names end in the parent's, and what can be added adds up. A handful of old census
-- areas are named differently.
WITH counties AS (
    SELECT r.*, p.name AS parent_name, p.region_type AS parent_type
    FROM {{ ref("dim_region") }} AS r
    LEFT JOIN {{ ref("dim_region") }} AS p ON r.parent_region_id = p.region_id
),

-- Of one year and one gazetteer: a county and what took its place are in different ones.
people AS (
    SELECT c.parent_region_id AS region_id, p.year, sum(p.population) AS population
    FROM {{ ref("int_population") }} AS p
    INNER JOIN counties AS c ON p.area_fips = c.code AND c.region_type = 'county'
    GROUP BY c.parent_region_id, p.year
),

land AS (
    SELECT c.parent_region_id AS region_id, g.period, sum(g.land_area_m2) / 1e6 AS land_area_km2
    FROM {{ ref("stg_county_gazetteer") }} AS g
    INNER JOIN counties AS c ON g.county_fips = c.code AND c.region_type = 'county'
    GROUP BY c.parent_region_id, g.period
),

sums AS (
    SELECT p.region_id, arg_max(p.population, p.year) AS population, arg_max(l.land_area_km2, l.period) AS land_area_km2
    FROM people AS p
    LEFT JOIN land AS l ON p.region_id = l.region_id
    GROUP BY p.region_id
)

SELECT region_id, 'its parent' AS wrong, parent_region_id AS found
FROM counties
WHERE
    region_id <> region_type || ':' || code
    OR (region_type = 'nation') <> (parent_type IS NULL)
    OR (region_type = 'county' AND parent_region_id <> 'state:' || left(code, 2))
    OR (region_type IN ('state', 'cbsa') AND parent_type <> 'nation')
UNION ALL
SELECT r.region_id, 'sum of its counties', concat_ws(' ', r.population, s.population, r.land_area_km2, s.land_area_km2)
FROM {{ ref("dim_region") }} AS r
INNER JOIN sums AS s ON r.region_id = s.region_id
WHERE
    r.region_type = 'state'
    AND (r.population IS DISTINCT FROM s.population OR abs(r.land_area_km2 - s.land_area_km2) > 1e-6 * s.land_area_km2)
UNION ALL
SELECT region_id, 'its land', land_area_km2::VARCHAR
FROM counties
WHERE region_type = 'county' AND land_area_km2 > 1e6
UNION ALL
SELECT min(region_id), 'names without the parent''s', count(*)::VARCHAR
FROM counties
WHERE region_type = 'county' AND NOT contains(name, parent_name)
HAVING count(*) > 5
