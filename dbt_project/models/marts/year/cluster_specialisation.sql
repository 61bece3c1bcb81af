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
        {{ employment }} - region_employment * {{ nation }} / nullif(reference_employment, 0)
            AS hc_employment{{ end }}{{ "," if not loop.last }}
        {% endfor -%}
    FROM {{ ref("int_cluster_quotients") }}
),

-- All but the quotient over a kind are as many times the cluster's jobs in every completion: the nation's cluster is
-- estimated to within a hair.
estimated AS (
    SELECT
        m.*,
        e.* EXCLUDE (region_id, cluster_id, year),
        {% for end in ("estimate", "p10", "p90") -%}
        {{ location_quotient(
            "e.employment_" ~ end, "m.region_employment", "e.nation_estimate", "m.reference_employment"
        ) }}
            AS lq_all_{{ end }},
        e.employment_{{ end }} / nullif(e.nation_estimate, 0) AS share_of_nation_{{ end }},
        e.employment_{{ end }} / nullif(m.region_employment, 0) AS share_of_region_{{ end }},
        e.employment_{{ end }} - m.region_employment * e.nation_estimate / nullif(m.reference_employment, 0)
            AS hc_employment_{{ end }}{{ "," if not loop.last }}
        {% endfor -%}
    FROM measured AS m
    LEFT JOIN {{ ref("int_cluster_completions") }} AS e
        ON m.region_id = e.region_id AND m.cluster_id = e.cluster_id AND m.year = e.year
),

-- Of the average wage, where it is not known, the estimate with its bounds and what is known of its error. Without jobs
-- nobody is paid.
paid AS (
    SELECT
        region_id, cluster_id, year,
        round(average_wage) AS average_wage,
        average_wage_lower, average_wage_upper,
        pay_middle, pay_below, pay_above
    FROM {{ ref("int_cluster_parts") }}
    WHERE average_wage > 0
),

-- Quotients are skewed, so the score is taken on their logarithm, and only over enough regions to mean something.
spread AS (
    SELECT
        region_type, cluster_id, year,
        avg(ln(lq_all) ORDER BY region_id) AS mean_log,
        stddev_samp(ln(lq_all) ORDER BY region_id) AS sd_log
    FROM {{ ref("int_cluster_quotients") }}
    WHERE lq_all > 0
    GROUP BY region_type, cluster_id, year
    HAVING count(*) >= 30
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
    {% for rank in ("", "_best", "_worst") -%}
    v.rank_{{ figure }}{{ rank }},
    {% endfor -%}
    {% endfor -%}
    m.hc_employment,
    m.hc_employment_lower,
    m.hc_employment_upper,
    CASE WHEN m.lq_all > 0 THEN (ln(m.lq_all) - s.mean_log) / nullif(s.sd_log, 0) END AS lq_z,
    {% for flag in ("ucm_qualifying", "ucm_significant", "ucm_strong", "ucm_strong10") -%}
    v.{{ flag }},
    {% endfor -%}
    {% for star in ("star_size", "star_specialisation", "star_focus") -%}
    v.{{ star }},
    {% endfor -%}
    v.star_size + v.star_specialisation + v.star_focus AS stars,
    {{ reliability("m.region_employment", "m.establishments") }} AS reliability,
    {{ coverage("m.employment_lower", "m.employment_upper") }} AS coverage,
    {% for figure in ("employment", "lq", "lq_all", "share_of_nation", "share_of_region", "hc_employment") -%}
    {{ fenced("m." ~ figure, "m." ~ figure) }},
    {% endfor -%}
    {% for figure in ("employment", "lq") -%}
    {% for end in ("estimate", "p10", "p90") -%}
    CASE
        WHEN m.rank_{{ figure }}_{{ end }} IS NOT NULL
            THEN least(greatest(m.rank_{{ figure }}_{{ end }}, v.rank_{{ figure }}_best), v.rank_{{ figure }}_worst)
    END AS rank_{{ figure }}_{{ end }},
    {% endfor -%}
    {% endfor -%}
    {% for flag in ("ucm_qualifying", "ucm_significant", "ucm_strong", "ucm_strong10") -%}
    {{ probability("v." ~ flag, "m." ~ flag ~ "_probability") }} AS {{ flag }}_probability,
    {% endfor -%}
    {{ likely(probability("v.ucm_strong", "m.ucm_strong_probability")) }} AS ucm_strong_likely,
    m.stars_estimate,
    coalesce(m.wages, p.average_wage * {{ best("m.employment_estimate", "m.employment") }}) AS wages_estimate,
    {% set likely -%}
    coalesce(
        m.average_wage,
        round(m.wages / nullif({{ best("m.employment_estimate", "m.employment") }}, 0)),
        p.average_wage
    )
    {%- endset -%}
    {{ likely }} AS average_wage_estimate,
    -- Wages that are known are divided by what jobs may be.
    {% for end, p, other, width, nearest in (
        ("low", "p10", "p90", "below", "least"), ("high", "p90", "p10", "above", "greatest")
    ) -%}
    CASE
        WHEN {{ likely }} IS NOT NULL THEN {{ nearest }}({{ likely }}, coalesce(
            m.average_wage,
            round(m.wages / nullif({{ within_bounds("m.employment_" ~ other, "m.employment") }}, 0)),
            {{ pay_percentile(
                end, "p.average_wage", "p.average_wage_lower", "p.average_wage_upper", "p.pay_middle", "p.pay_" ~ width
            ) }}
        ))
    END AS average_wage_{{ p }},
    {% endfor -%}
    {{ estimate_quality("m.employment IS NOT NULL", "m.employment_estimate", "m.employment_p10", "m.employment_p90") }}
        AS estimate_quality
FROM estimated AS m
LEFT JOIN spread AS s ON m.region_type = s.region_type AND m.cluster_id = s.cluster_id AND m.year = s.year
LEFT JOIN paid AS p ON m.region_id = p.region_id AND m.cluster_id = p.cluster_id AND m.year = p.year
LEFT JOIN {{ ref("int_cluster_verdicts") }} AS v
    ON m.region_id = v.region_id AND m.cluster_id = v.cluster_id AND m.year = v.year
