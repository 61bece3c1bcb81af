-- The European Cluster Observatory's three stars over the regions of a type, three-way: size (top tenth by
-- employment), specialisation (quotient of two or more, all industries), focus (top tenth by share of the region's jobs).
-- Regions without a job in the cluster are no peers; where that is in doubt, so are the stars that hang on it.
WITH cells AS (
    SELECT
        region_type, cluster_id, year, region_id, employment_lower,
        employment_lower > 0 AS is_certain,
        coalesce(employment_upper, 1e300) AS employment_upper,
        coalesce(employment_lower / nullif(region_employment, 0), 0) AS focus_lower,
        coalesce(employment_upper / nullif(region_employment, 0), 1) AS focus_upper,
        {{ location_quotient(
            "employment_lower", "region_employment", "reference_cluster_employment", "reference_employment"
        ) }}
            AS lq_all_lower,
        {{ location_quotient(
            "employment_upper", "region_employment", "reference_cluster_employment", "reference_employment"
        ) }}
            AS lq_all_upper
    FROM {{ ref("int_cluster_quotients") }}
    WHERE region_type IN ('county', 'cbsa', 'state') AND (employment_upper > 0 OR employment_upper IS NULL)
),

thresholds AS (
    {{ quantile_bounds("cells", {
        "size_q90": ("employment_lower", "employment_upper", 0.9),
        "focus_q90": ("focus_lower", "focus_upper", 0.9),
    }) | indent }}
),

verdicts AS (
    SELECT
        c.region_id, c.cluster_id, c.year,
        {{ verdict("c.employment_lower", "c.employment_upper", "t.size_q90_lower", "t.size_q90_upper", ">=") }} AS size,
        {{ verdict("c.lq_all_lower", "c.lq_all_upper", "2", "2", ">=") }} AS specialisation,
        {{ verdict("c.focus_lower", "c.focus_upper", "t.focus_q90_lower", "t.focus_q90_upper", ">=") }} AS focus
    FROM cells AS c
    LEFT JOIN thresholds AS t
        ON c.region_type = t.region_type AND c.cluster_id = t.cluster_id AND c.year = t.year
)

SELECT
    region_id, cluster_id, year,
    {% for star in ("size", "specialisation", "focus") -%}
    CASE {{ star }} WHEN 'yes' THEN 1 WHEN 'no' THEN 0 END AS star_{{ star }}{{ "," if not loop.last }}
    {% endfor %}
FROM verdicts
