-- A quotient divides by the jobs of the region's clusters of one kind, and those lie between the sums of their least
-- and of their most (at most all private jobs): so the quotient lies between what these two would give.
WITH kinds AS (
    SELECT
        region_id, year, lq_denominator,
        sum(employment_lower) AS least,
        CASE WHEN count(*) = count(employment_upper) THEN sum(employment_upper) END AS most
    FROM {{ ref("cluster_specialisation") }}
    GROUP BY region_id, year, lq_denominator
),

private_jobs AS (
    SELECT region_id, year, max(employment_upper) AS most
    FROM {{ ref("employment") }}
    WHERE ownership = 'private' AND industry_id LIKE '%:10'
    GROUP BY region_id, year
),

cells AS (
    SELECT
        s.region_id, s.cluster_id, s.year, s.lq, s.employment_lower, s.employment_upper, s.reference_region_id,
        k.least, least(k.most, p.most) AS most
    FROM {{ ref("cluster_specialisation") }} AS s
    INNER JOIN kinds AS k ON s.region_id = k.region_id AND s.year = k.year AND s.lq_denominator = k.lq_denominator
    LEFT JOIN private_jobs AS p ON s.region_id = p.region_id AND s.year = p.year
)

SELECT c.*, n.employment_lower AS nation_lower, n.employment_upper AS nation_upper, n.least AS nation_least
FROM cells AS c
INNER JOIN cells AS n
    ON c.reference_region_id = n.region_id AND c.cluster_id = n.cluster_id AND c.year = n.year
WHERE
    c.lq < 0.98 * (c.employment_lower / nullif(c.most + 100, 0)) / nullif(n.employment_upper / nullif(n.least, 0), 0)
    OR c.lq > 1.02 * ((c.employment_upper + 1) / nullif(c.least - 100, 0)) / nullif(n.employment_lower / n.most, 0)
    AND c.least > 1000
LIMIT 100
