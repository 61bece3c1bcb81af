-- Over the states, pair by pair, by establishments and by estimates.
{%- set bases = ("establishments", "on_estimates") %}
WITH cells AS (
    {%- for basis in bases %}
    SELECT
        region_id, cluster_id, year,
        '{{ basis }}' AS basis,
        present_{{ basis }} = 'yes' AS is_present,
        relatedness_density_{{ basis }} AS density
    FROM {{ ref("cluster_opportunity") }}
    WHERE region_id LIKE 'state:%'
    {{ "UNION ALL" if not loop.last }}
    {%- endfor %}
),

held AS (
    SELECT region_id, cluster_id, year, basis FROM cells WHERE is_present
),

ubiquity AS (
    SELECT cluster_id, year, basis, count(*) AS regions FROM held GROUP BY ALL
),

pairs AS (
    SELECT one.cluster_id, other.cluster_id AS related, one.year, one.basis, count(*) AS together
    FROM held AS one
    INNER JOIN held AS other ON one.region_id = other.region_id AND one.year = other.year AND one.basis = other.basis
    WHERE one.cluster_id <> other.cluster_id
    GROUP BY ALL
),

proximity AS (
    SELECT p.cluster_id, p.related, p.year, p.basis, p.together / greatest(a.regions, b.regions) AS phi
    FROM pairs AS p
    INNER JOIN ubiquity AS a ON p.cluster_id = a.cluster_id AND p.year = a.year AND p.basis = a.basis
    INNER JOIN ubiquity AS b ON p.related = b.cluster_id AND p.year = b.year AND p.basis = b.basis
),

density AS (
    SELECT
        o.region_id, o.cluster_id, o.year, o.basis,
        sum(p.phi) FILTER (WHERE h.cluster_id IS NOT NULL) / sum(p.phi) AS expected
    FROM cells AS o
    INNER JOIN proximity AS p ON o.cluster_id = p.cluster_id AND o.year = p.year AND o.basis = p.basis
    LEFT JOIN held AS h
        ON o.region_id = h.region_id AND p.related = h.cluster_id AND o.year = h.year AND o.basis = h.basis
    GROUP BY ALL
)

SELECT o.region_id, o.cluster_id, o.year, o.basis, o.density, d.expected
FROM cells AS o
LEFT JOIN density AS d
    ON o.region_id = d.region_id AND o.cluster_id = d.cluster_id AND o.year = d.year AND o.basis = d.basis
WHERE (o.density IS NULL) <> (d.cluster_id IS NULL) OR abs(o.density - coalesce(d.expected, 0)) > 1e-9
LIMIT 100
