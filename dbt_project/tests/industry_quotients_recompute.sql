-- From the table's own employment: a cell's share of its region over the nation's share, known where all four are.
WITH totals AS (
    SELECT region_id, year, reference_region_id, employment
    FROM {{ ref("employment") }}
    WHERE ownership = 'total' AND reference_region_id IS NOT NULL
),

nation AS (
    SELECT c.industry_id, c.ownership, c.year, c.employment / nullif(t.employment, 0) AS share
    FROM {{ ref("employment") }} AS c
    INNER JOIN totals AS t ON c.region_id = t.region_id AND c.year = t.year AND t.region_id = t.reference_region_id
)

SELECT s.region_id, s.industry_id, s.ownership, s.year, s.lq, s.employment / t.employment / n.share AS recomputed
FROM {{ ref("employment") }} AS s
INNER JOIN totals AS t ON s.region_id = t.region_id AND s.year = t.year
INNER JOIN nation AS n ON s.industry_id = n.industry_id AND s.ownership = n.ownership AND s.year = n.year
WHERE
    (s.lq IS NULL) <> (s.employment / nullif(t.employment, 0) / nullif(n.share, 0) IS NULL)
    OR abs(s.lq - s.employment / nullif(t.employment, 0) / nullif(n.share, 0)) > 1e-9 * s.lq
LIMIT 100
