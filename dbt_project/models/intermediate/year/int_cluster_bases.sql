-- Each cluster beside the other clusters of its kind in the same region: what UCM's quotient divides by.
-- The kinds (traded, local, none) together hold the region's private jobs. So the others of a kind hold no more than
-- those jobs less this cluster and the least of the other kinds, and no less than them less this cluster and the most
-- of the other kinds; the first matters where this cluster is at its least, the second where it is at its most.
WITH sized AS (
    SELECT s.*, coalesce(c.kind, 'none') AS kind
    FROM {{ ref("int_cluster_sizes") }} AS s
    LEFT JOIN {{ ref("clusters") }} AS c ON s.cluster_id = c.cluster_id
),

kinds AS (
    SELECT
        region_id, year, kind,
        sum(employment_lower) AS least,
        CASE WHEN count(*) = count(employment_upper) THEN sum(employment_upper) END AS most
    FROM sized
    GROUP BY region_id, year, kind
),

regions AS (
    SELECT
        region_id, year,
        sum(least) AS least,
        CASE WHEN count(*) = count(most) THEN sum(most) END AS most
    FROM kinds
    GROUP BY region_id, year
),

private_jobs AS (
    SELECT region_id, year, employment_lower AS least, employment_upper AS most
    FROM {{ ref("int_cells") }}
    WHERE level = 'total' AND ownership = 'private'
),

bounded AS (
    SELECT
        s.*,
        greatest(
            k.least - s.employment_lower,
            p.least - (r.most - k.most) - s.employment_upper
        ) AS others_lower,
        least(
            k.most - s.employment_upper,
            p.most - (r.least - k.least) - s.employment_lower
        ) AS others_upper
    FROM sized AS s
    INNER JOIN kinds AS k ON s.region_id = k.region_id AND s.year = k.year AND s.kind = k.kind
    INNER JOIN regions AS r ON s.region_id = r.region_id AND s.year = r.year
    LEFT JOIN private_jobs AS p ON s.region_id = p.region_id AND s.year = p.year
    WHERE s.kind <> 'none'
)

-- Published figures are rounded and may contradict each other by a few jobs: then the wider reading stands.
SELECT
    region_id,
    year,
    cluster_id,
    kind,
    establishments,
    wages,
    employment_lower,
    employment_upper,
    least(others_lower, others_upper) AS others_lower,
    greatest(others_lower, others_upper) AS others_upper
FROM bounded
