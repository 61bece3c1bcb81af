SELECT region_id, neighbour_region_id
FROM {{ ref("county_adjacency") }} AS a
WHERE NOT EXISTS (
    SELECT 1 FROM {{ ref("county_adjacency") }} AS b
    WHERE b.region_id = a.neighbour_region_id AND b.neighbour_region_id = a.region_id
)
