{%- set bases = ("", "_establishments", "_on_estimates") %}
{%- set statistics = ("local_moran", "local_moran_p", "local_moran_fdr", "quadrant", "getis_ord_z") %}
WITH nation AS (
    SELECT
        q.cluster_id, q.year, q.employment_lower, q.employment_upper, q.reference_employment,
        q.establishments,
        t.establishments AS all_establishments,
        e.nation_estimate
    FROM {{ ref("int_cluster_quotients") }} AS q
    INNER JOIN {{ ref("int_cells") }} AS t
        ON q.region_id = t.region_id AND q.year = t.year AND t.level = 'total' AND t.ownership = 'total'
    INNER JOIN {{ ref("int_cluster_completions") }} AS e
        ON q.region_id = e.region_id AND q.cluster_id = e.cluster_id AND q.year = e.year
    WHERE q.region_type = 'nation'
),

-- Several regions hold no more of a cluster than the nation either.
pooled AS (
    SELECT
        m.*,
        n.* EXCLUDE (cluster_id, year),
        greatest(least(m.pooled_employment_upper, n.employment_upper), m.pooled_employment_lower) AS pooled_most
    FROM {{ ref("int_neighbourhood_moran") }} AS m
    INNER JOIN nation AS n ON m.cluster_id = n.cluster_id AND m.year = n.year
),

quotients AS (
    SELECT
        *,
        {{ location_quotient(
            "pooled_employment_lower", "pooled_region_employment", "employment_upper", "reference_employment"
        ) }}
            AS focal_lower,
        {{ location_quotient(
            "pooled_most",
            "pooled_region_employment",
            whole_beside_most("pooled_most", "employment_lower", "employment_upper", "pooled_most IS NOT NULL"),
            "reference_employment"
        ) }}
            AS focal_upper,
        {{ location_quotient(
            "pooled_establishments", "pooled_region_establishments", "establishments", "all_establishments"
        ) }}
            AS focal_establishments,
        {{ location_quotient(
            "pooled_employment_estimate", "pooled_region_employment", "nation_estimate", "reference_employment"
        ) }}
            AS focal_estimate,
        CASE WHEN {{ is_narrow("focal_lower", "focal_upper") }} THEN (focal_lower + focal_upper) / 2 END AS focal
    FROM pooled
)

SELECT
    region_id,
    cluster_id,
    year,
    neighbours,
    coverage,
    {%- for basis in bases %}
    {%- for statistic in statistics %}
    {{ statistic }}{{ basis }},
    {%- endfor %}
    {%- endfor %}
    focal AS spatially_interpolated_lq,
    focal_lower AS spatially_interpolated_lq_lower,
    focal_upper AS spatially_interpolated_lq_upper,
    focal_establishments AS spatially_interpolated_lq_establishments,
    {{ best("focal_estimate", "focal") }} AS spatially_interpolated_lq_estimate
FROM quotients
