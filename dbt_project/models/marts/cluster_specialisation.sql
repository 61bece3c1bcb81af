WITH measured AS (
    SELECT
        *,
        wages / nullif(employment, 0) AS average_wage,
        employment / nullif(region_employment, 0) AS share_of_region,
        employment / nullif(reference_cluster_employment, 0) AS share_of_nation,
        employment - region_employment * reference_cluster_employment / nullif(reference_employment, 0)
            AS hc_employment,
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

ranked AS (
    SELECT
        region_id, cluster_id, year,
        dense_rank() OVER (PARTITION BY region_type, cluster_id, year ORDER BY employment DESC) AS rank_employment
    FROM measured
    WHERE employment IS NOT NULL
),

ranked_lq AS (
    SELECT
        region_id, cluster_id, year,
        dense_rank() OVER (PARTITION BY region_type, cluster_id, year ORDER BY lq DESC) AS rank_lq
    FROM measured
    WHERE lq IS NOT NULL
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
    m.reference_region_id,
    m.lq AS lq_national,
    m.share_of_region,
    m.share_of_nation,
    r.rank_employment::INTEGER AS rank_employment,
    q.rank_lq::INTEGER AS rank_lq,
    m.hc_employment,
    CASE WHEN m.lq_all > 0 THEN (ln(m.lq_all) - s.mean_log) / nullif(s.sd_log, 0) END AS lq_z,
    {% for flag in ("ucm_qualifying", "ucm_significant", "ucm_strong", "ucm_strong10") -%}
    CASE
        WHEN m.region_type NOT IN ('county', 'cbsa', 'state') THEN NULL
        WHEN m.employment_upper = 0 THEN 'no'
        ELSE coalesce(f.{{ flag }}, 'undetermined')
    END AS {{ flag }},
    {% endfor -%}
    {% for star in ("star_size", "star_specialisation", "star_focus") -%}
    CASE WHEN m.region_type IN ('county', 'cbsa', 'state') AND m.employment_upper = 0 THEN 0 ELSE t.{{ star }} END
        AS {{ star }},
    {% endfor -%}
    star_size + star_specialisation + star_focus AS stars,
    {{ reliability("m.region_employment", "m.establishments") }} AS reliability
FROM measured AS m
LEFT JOIN spread AS s ON m.region_type = s.region_type AND m.cluster_id = s.cluster_id AND m.year = s.year
LEFT JOIN ranked AS r ON m.region_id = r.region_id AND m.cluster_id = r.cluster_id AND m.year = r.year
LEFT JOIN ranked_lq AS q ON m.region_id = q.region_id AND m.cluster_id = q.cluster_id AND m.year = q.year
LEFT JOIN {{ ref("int_cluster_flags") }} AS f
    ON m.region_id = f.region_id AND m.cluster_id = f.cluster_id AND m.year = f.year
LEFT JOIN {{ ref("int_cluster_stars") }} AS t
    ON m.region_id = t.region_id AND m.cluster_id = t.cluster_id AND m.year = t.year
