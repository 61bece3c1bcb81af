-- From the quotients alone: each local Moran, its quadrant and Gi*; and for each cluster, type and year the local ones
-- add up to (n - 1) times Moran's I. All over the regions that have a local Moran.
WITH cells AS (
    {%- for basis, quotient in (
        ("", "c.lq_all"), ("_establishments", "c.lq_establishments"),
        ("_on_estimates", "coalesce(c.lq_all, c.lq_all_estimate)")
    ) %}
    SELECT
        c.region_type, c.region_id, c.cluster_id, c.year,
        'lq{{ basis }}' AS basis,
        {{ quotient }} AS x,
        n.local_moran{{ basis }} AS local_moran,
        n.quadrant{{ basis }} AS quadrant,
        n.getis_ord_z{{ basis }} AS getis_ord_z
    FROM {{ ref("cluster_neighbourhood") }} AS n
    INNER JOIN {{ ref("int_neighbourhood_cells") }} AS c
        ON n.region_id = c.region_id AND n.cluster_id = c.cluster_id AND n.year = c.year
    WHERE n.local_moran{{ basis }} IS NOT NULL
    {{ "UNION ALL" if not loop.last }}
    {%- endfor %}
),

standardised AS (
    SELECT *, (x - avg(x) OVER map) / stddev_pop(x) OVER map AS z, count(*) OVER map AS n
    FROM cells
    WINDOW map AS (PARTITION BY region_type, cluster_id, year, basis)
),

lags AS (
    SELECT a.region_id, b.cluster_id, b.year, b.basis, avg(b.z) AS lag, count(*) AS neighbours
    FROM {{ ref("int_neighbours") }} AS a
    INNER JOIN standardised AS b ON a.neighbour_region_id = b.region_id AND a.year = b.year
    GROUP BY a.region_id, b.cluster_id, b.year, b.basis
),

expected AS (
    SELECT
        s.*, l.lag,
        (l.neighbours + 1) * (s.n - l.neighbours - 1) / (s.n - 1) AS variance,
        s.z + l.neighbours * l.lag AS star
    FROM standardised AS s
    LEFT JOIN lags AS l
        ON s.region_id = l.region_id AND s.cluster_id = l.cluster_id AND s.year = l.year AND s.basis = l.basis
),

sums AS (
    SELECT region_type, cluster_id, year, basis, sum(local_moran) AS found, sum(z * lag) / n * (n - 1) AS wanted
    FROM expected
    GROUP BY region_type, cluster_id, year, basis, n
)

SELECT region_id, cluster_id, year, basis, 'cell' AS what, local_moran AS found, (n - 1) / n * z * lag AS wanted
FROM expected
WHERE NOT coalesce(abs(local_moran - (n - 1) / n * z * lag) <= 1e-9 * (1 + abs(local_moran)), FALSE)
    OR (quadrant[1] <> if(z > 0, 'H', 'L') AND abs(z) > 1e-9)
    OR (quadrant[2] <> if(lag > 0, 'H', 'L') AND abs(lag) > 1e-9)
    OR abs(getis_ord_z - star / sqrt(variance)) > 1e-9 * (1 + abs(getis_ord_z))
    OR (getis_ord_z IS NULL AND variance > 0)
UNION ALL
SELECT region_type, cluster_id, year, basis, 'sum', found, wanted
FROM sums
WHERE NOT coalesce(abs(found - wanted) <= 1e-6, FALSE)
LIMIT 100
