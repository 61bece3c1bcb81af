-- Over the states by establishments, pair by pair.
WITH held AS (
    SELECT region_id, cluster_id, year
    FROM {{ ref("cluster_opportunity") }}
    WHERE present_establishments = 'yes' AND region_id LIKE 'state:%'
),

ubiquity AS (
    SELECT cluster_id, year, count(*) AS regions FROM held GROUP BY cluster_id, year
),

pairs AS (
    SELECT one.cluster_id, other.cluster_id AS related, one.year, count(*) AS together
    FROM held AS one
    INNER JOIN held AS other ON one.region_id = other.region_id AND one.year = other.year
    WHERE one.cluster_id <> other.cluster_id
    GROUP BY ALL
),

proximity AS (
    SELECT p.cluster_id, p.related, p.year, p.together / greatest(a.regions, b.regions) AS phi
    FROM pairs AS p
    INNER JOIN ubiquity AS a ON p.cluster_id = a.cluster_id AND p.year = a.year
    INNER JOIN ubiquity AS b ON p.related = b.cluster_id AND p.year = b.year
),

density AS (
    SELECT
        o.region_id, o.cluster_id, o.year,
        sum(p.phi) FILTER (WHERE h.cluster_id IS NOT NULL) / sum(p.phi) AS expected
    FROM {{ ref("cluster_opportunity") }} AS o
    INNER JOIN proximity AS p ON o.cluster_id = p.cluster_id AND o.year = p.year
    LEFT JOIN held AS h ON o.region_id = h.region_id AND p.related = h.cluster_id AND o.year = h.year
    WHERE o.region_id LIKE 'state:%'
    GROUP BY ALL
)

SELECT o.region_id, o.cluster_id, o.year, o.relatedness_density_establishments, d.expected
FROM {{ ref("cluster_opportunity") }} AS o
LEFT JOIN density AS d ON o.region_id = d.region_id AND o.cluster_id = d.cluster_id AND o.year = d.year
WHERE o.region_id LIKE 'state:%'
    AND ((o.relatedness_density_establishments IS NULL) <> (d.cluster_id IS NULL)
        OR abs(o.relatedness_density_establishments - coalesce(d.expected, 0)) > 1e-9)
LIMIT 100
