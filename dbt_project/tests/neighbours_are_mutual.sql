-- Whoever borders a region is bordered by it, and nobody borders itself; states and metropolitan areas too.
SELECT year, region_id, neighbour_region_id
FROM {{ ref("int_neighbours") }} AS a
WHERE region_id = neighbour_region_id
    OR NOT EXISTS (
        SELECT 1 FROM {{ ref("int_neighbours") }} AS b
        WHERE b.region_id = a.neighbour_region_id AND b.neighbour_region_id = a.region_id AND b.year = a.year
    )
LIMIT 100
