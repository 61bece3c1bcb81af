-- Old counties end with 2023 and planning regions begin with 2024; a year with both would count the state twice.
SELECT e.year, count(DISTINCT r.vintage) AS vintages
FROM (SELECT DISTINCT region_id, year FROM {{ ref("employment") }} WHERE region_id LIKE 'county:09%') AS e
INNER JOIN {{ ref("dim_region") }} AS r ON e.region_id = r.region_id
WHERE r.vintage IN ('county to 2023', 'planning region from 2024')
GROUP BY e.year
HAVING count(DISTINCT r.vintage) > 1
