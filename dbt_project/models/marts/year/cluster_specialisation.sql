WITH measured AS (
    SELECT
        *,
        wages / nullif(employment, 0) AS average_wage,
        employment / nullif(region_employment, 0) AS share_of_region,
        employment_lower / nullif(region_employment, 0) AS share_of_region_lower,
        least(employment_upper, region_employment) / nullif(region_employment, 0) AS share_of_region_upper,
        employment / nullif(reference_cluster_employment, 0) AS share_of_nation,
        employment_lower / nullif(nation_at_least, 0) AS share_of_nation_lower,
        least(employment_upper, nation_at_most) / nullif(nation_at_most, 0) AS share_of_nation_upper,
        {% for end, employment, nation in (
            ("", "employment", "reference_cluster_employment"),
            ("_lower", "employment_lower", "nation_at_least"),
            ("_upper", "employment_upper", "nation_at_most"),
        ) -%}
        {{ employment }} - region_employment * {{ nation }} / nullif(reference_employment, 0) AS hc_employment{{ end }},
        {% endfor -%}
        {{ location_quotient(
            "employment", "region_employment", "reference_cluster_employment", "reference_employment"
        ) }}
            AS lq_all
    FROM {{ ref("int_cluster_quotients") }}
),

-- Quotients are skewed, so the score is taken on their logarithm, and only over enough regions to mean something.
spread AS (
    SELECT
        region_type, cluster_id, year,
        avg(ln(lq_all) ORDER BY region_id) AS mean_log,
        stddev_samp(ln(lq_all) ORDER BY region_id) AS sd_log
    FROM measured
    WHERE lq_all > 0
    GROUP BY region_type, cluster_id, year
    HAVING count(*) >= 30
),

-- All but the quotient over a kind are as many times the cluster's jobs in every completion: the nation's cluster is estimated
-- to within a hair.
estimated AS (
    SELECT
        e.*,
        {% for end in ("estimate", "p10", "p90") -%}
        {{ location_quotient(
            "e.employment_" ~ end, "t.employment", "e.nation_estimate", "t.reference_employment"
        ) }}
            AS lq_all_{{ end }},
        e.employment_{{ end }} / nullif(e.nation_estimate, 0) AS share_of_nation_{{ end }},
        e.employment_{{ end }} / nullif(t.employment, 0) AS share_of_region_{{ end }},
        e.employment_{{ end }} - t.employment * e.nation_estimate / nullif(t.reference_employment, 0)
            AS hc_employment_{{ end }}{{ "," if not loop.last }}
        {% endfor -%}
    FROM {{ ref("int_cluster_completions") }} AS e
    INNER JOIN {{ ref("int_totals") }} AS t ON e.region_id = t.region_id AND e.year = t.year
),

ranked AS (
    SELECT
        region_id, cluster_id, year, figure,
        1 + surely_above AS best,
        1 + possibly_above AS worst,
        CASE WHEN best = worst THEN best END AS rank
    FROM {{ ref("int_cluster_standings") }}
    WHERE among = 'type'
)

SELECT
    m.region_id,
    m.cluster_id,
    m.year::INTEGER AS year,
    m.employment,
    m.employment_lower,
    m.employment_upper,
    m.establishments,
    m.wages,
    'USD' AS currency,
    m.average_wage,
    m.lq,
    m.lq_lower,
    m.lq_upper,
    m.kind AS lq_denominator,
    m.lq_all,
    m.lq_all_lower,
    m.lq_all_upper,
    m.reference_region_id,
    m.lq AS lq_national,
    {% for share in ("share_of_region", "share_of_nation") -%}
    m.{{ share }},
    m.{{ share }}_lower,
    m.{{ share }}_upper,
    {% endfor -%}
    {% for figure in ("employment", "lq") -%}
    rank_{{ figure }}.rank::INTEGER AS rank_{{ figure }},
    rank_{{ figure }}.best::INTEGER AS rank_{{ figure }}_best,
    rank_{{ figure }}.worst::INTEGER AS rank_{{ figure }}_worst,
    {% endfor -%}
    m.hc_employment,
    m.hc_employment_lower,
    m.hc_employment_upper,
    CASE WHEN m.lq_all > 0 THEN (ln(m.lq_all) - s.mean_log) / nullif(s.sd_log, 0) END AS lq_z,
    {% for flag in ("ucm_qualifying", "ucm_significant", "ucm_strong", "ucm_strong10") -%}
    f.{{ flag }},
    {% endfor -%}
    {% for star in ("star_size", "star_specialisation", "star_focus") -%}
    t.{{ star }},
    {% endfor -%}
    t.star_size + t.star_specialisation + t.star_focus AS stars,
    {{ reliability("m.region_employment", "m.establishments") }} AS reliability,
    {{ coverage("m.employment_lower", "m.employment_upper") }} AS coverage,
    {% for figure in ("employment", "lq", "lq_all", "share_of_nation", "share_of_region", "hc_employment") -%}
    {{ fenced("e." ~ figure, "m." ~ figure) }},
    {% endfor -%}
    e.rank_employment_estimate,
    e.rank_lq_estimate,
    {% for flag in ("ucm_qualifying", "ucm_significant", "ucm_strong", "ucm_strong10") -%}
    {{ probability("f." ~ flag, "e." ~ flag ~ "_probability") }} AS {{ flag }}_probability,
    {% endfor -%}
    {{ likely(probability("f.ucm_strong", "e.ucm_strong_probability")) }} AS ucm_strong_likely,
    e.stars_estimate,
    {{ estimate_quality("m.employment IS NOT NULL", "e.employment_estimate", "e.employment_p10", "e.employment_p90") }}
        AS estimate_quality
FROM measured AS m
LEFT JOIN estimated AS e
    ON m.region_id = e.region_id AND m.cluster_id = e.cluster_id AND m.year = e.year
LEFT JOIN spread AS s ON m.region_type = s.region_type AND m.cluster_id = s.cluster_id AND m.year = s.year
{% for name, figure in (("rank_employment", "employment"), ("rank_lq", "share")) -%}
LEFT JOIN ranked AS {{ name }}
    ON m.region_id = {{ name }}.region_id AND m.cluster_id = {{ name }}.cluster_id AND m.year = {{ name }}.year
        AND {{ name }}.figure = '{{ figure }}'
{% endfor -%}
LEFT JOIN {{ ref("int_cluster_flags") }} AS f
    ON m.region_id = f.region_id AND m.cluster_id = f.cluster_id AND m.year = f.year
LEFT JOIN {{ ref("int_cluster_stars") }} AS t
    ON m.region_id = t.region_id AND m.cluster_id = t.cluster_id AND m.year = t.year
