-- The European Cluster Observatory's three stars over the regions of a type, three-way: size (top tenth by
-- employment), specialisation (quotient of two or more, all industries), focus (top tenth by share of the region's jobs).
WITH cells AS (
    SELECT
        *,
        employment_lower / nullif(region_employment, 0) AS focus_lower,
        employment_upper / nullif(region_employment, 0) AS focus_upper,
        {{ location_quotient("employment_lower", "region_employment", "reference_cluster_employment", "reference_employment") }}
            AS lq_all_lower,
        {{ location_quotient("employment_upper", "region_employment", "reference_cluster_employment", "reference_employment") }}
            AS lq_all_upper
    FROM {{ ref("int_cluster_quotients") }}
    WHERE region_type IN ('county', 'cbsa', 'state') AND employment_upper > 0
),

thresholds AS (
    SELECT
        region_type, cluster_id, year,
        quantile_cont(employment_lower, 0.9) AS size_lower,
        quantile_cont(employment_upper, 0.9) AS size_upper,
        quantile_cont(focus_lower, 0.9) AS focus_q90_lower,
        quantile_cont(focus_upper, 0.9) AS focus_q90_upper
    FROM cells
    GROUP BY region_type, cluster_id, year
),

verdicts AS (
    SELECT
        c.region_id, c.cluster_id, c.year,
        {{ verdict("c.employment_lower", "c.employment_upper", "t.size_lower", "t.size_upper", ">=") }} AS size,
        {{ verdict("c.lq_all_lower", "c.lq_all_upper", "2", "2", ">=") }} AS specialisation,
        {{ verdict("c.focus_lower", "c.focus_upper", "t.focus_q90_lower", "t.focus_q90_upper", ">=") }} AS focus
    FROM cells AS c
    INNER JOIN thresholds AS t
        ON c.region_type = t.region_type AND c.cluster_id = t.cluster_id AND c.year = t.year
)

SELECT
    region_id, cluster_id, year,
    {% for star in ("size", "specialisation", "focus") -%}
    CASE {{ star }} WHEN 'yes' THEN 1 WHEN 'no' THEN 0 END AS star_{{ star }}{{ "," if not loop.last }}
    {% endfor %}
FROM verdicts
