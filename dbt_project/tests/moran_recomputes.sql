-- Over the states, where all jobs of an industry are certain (published, or pinned by sums), and from establishments.
-- Alaska and Hawaii border none.
WITH totals AS (
    SELECT region_id, year, employment, establishments
    FROM {{ ref("employment") }}
    WHERE region_id IN (SELECT region_id FROM {{ ref("int_neighbours") }} WHERE region_type = 'state')
        AND NOT {{ outside_the_nation("region_id") }}
        AND ownership = 'total' AND employment > 0
),

industries AS (
    SELECT industry_id, year, moran_i, moran_i_establishments
    FROM {{ ref("industry_concentration") }}
    WHERE region_type = 'state' AND coverage = 1
),

cells AS (
    SELECT
        i.industry_id, i.year, t.region_id,
        coalesce(e.employment_lower, 0) / t.employment AS jobs,
        greatest(coalesce(e.establishments, 0), if(e.region_id IS NULL, 0, 1)) / t.establishments AS plants
    FROM industries AS i
    INNER JOIN totals AS t ON i.year = t.year
    LEFT JOIN {{ ref("employment") }} AS e
        ON i.industry_id = e.industry_id AND i.year = e.year AND t.region_id = e.region_id AND e.ownership = 'private'
),

standardised AS (
    SELECT
        industry_id, year, region_id,
        (jobs - avg(jobs) OVER map) / nullif(stddev_pop(jobs) OVER map, 0) AS jobs,
        (plants - avg(plants) OVER map) / nullif(stddev_pop(plants) OVER map, 0) AS plants
    FROM cells
    WINDOW map AS (PARTITION BY industry_id, year)
),

lags AS (
    SELECT a.industry_id, a.year, any_value(a.jobs) * avg(b.jobs) AS jobs, any_value(a.plants) * avg(b.plants) AS plants
    FROM standardised AS a
    INNER JOIN {{ ref("int_neighbours") }} AS n ON a.region_id = n.region_id AND a.year = n.year
    INNER JOIN standardised AS b
        ON a.industry_id = b.industry_id AND a.year = b.year AND n.neighbour_region_id = b.region_id
    GROUP BY a.industry_id, a.year, a.region_id
),

expected AS (
    SELECT industry_id, year, avg(jobs) AS jobs, avg(plants) AS plants
    FROM lags
    GROUP BY industry_id, year
)

SELECT i.*, e.jobs, e.plants
FROM industries AS i
INNER JOIN expected AS e ON i.industry_id = e.industry_id AND i.year = e.year
WHERE abs(i.moran_i - e.jobs) > 1e-9
    OR abs(i.moran_i_establishments - e.plants) > 1e-9
    OR (i.moran_i IS NULL AND e.jobs IS NOT NULL)
    OR (i.moran_i_establishments IS NULL AND e.plants IS NOT NULL)
LIMIT 100
