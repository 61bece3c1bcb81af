-- Each cluster beside the other clusters of its kind in the same region: what UCM's quotient divides by.
WITH sized AS (
    SELECT s.*, coalesce(c.kind, 'none') AS kind
    FROM {{ ref("int_cluster_sizes") }} AS s
    LEFT JOIN {{ ref("clusters") }} AS c ON s.cluster_id = c.cluster_id
),

kinds AS (
    SELECT
        region_id, year, kind,
        sum(employment_lower) AS least,
        sum(employment_upper) AS most
    FROM sized
    GROUP BY region_id, year, kind
),

-- The kinds together hold the region's private jobs, so one kind holds no more than those less the least of the rest.
capped AS (
    SELECT
        k.region_id, k.year, k.kind, k.least,
        least(
            k.most,
            p.employment_upper - (sum(k.least) OVER (PARTITION BY k.region_id, k.year) - k.least)
        ) AS most
    FROM kinds AS k
    LEFT JOIN {{ ref("int_cells") }} AS p
        ON k.region_id = p.region_id AND k.year = p.year AND p.level = 'total' AND p.ownership = 'private'
)

SELECT
    s.region_id,
    s.year,
    s.cluster_id,
    s.kind,
    s.establishments,
    s.wages,
    s.employment_lower,
    s.employment_upper,
    k.least - s.employment_lower AS others_lower,
    greatest(k.most - s.employment_lower, k.least - s.employment_lower) AS others_upper
FROM sized AS s
INNER JOIN capped AS k ON s.region_id = k.region_id AND s.year = k.year AND s.kind = k.kind
WHERE s.kind <> 'none'
