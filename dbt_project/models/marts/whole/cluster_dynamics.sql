{%- set parts = ["national_share", "industry_mix", "regional_shift", "allocation_effect", "competitive_effect"] %}

WITH judged AS (
    SELECT
        *,
        -- The nation's quotient is 1 and it holds every cluster, so it has no place in these.
        NOT comparable OR is_nation AS is_out,
        coalesce(lq_from_lower, 0) AS least_lq_from,
        coalesce(lq_from_upper, 1e300) AS most_lq_from,
        coalesce(lq_to_lower, 0) AS least_lq_to,
        coalesce(lq_to_upper, 1e300) AS most_lq_to,
        {{ verdict("least_lq_to", "most_lq_to", "1", "1", ">=") }} AS specialised,
        {{ verdict(
            "employment_to_lower", "employment_to_upper", "employment_from_lower", "employment_from_upper", ">"
        ) }}
            AS growing,
        {{ verdict_below("least_lq_from", "most_lq_from", "0.5") }} AS was_weak,
        {{ verdict_below("least_lq_to", "most_lq_to", "0.5") }} AS is_weak,
        {{ verdict("least_lq_from", "most_lq_from", "1", "1", ">=") }} AS was_specialised
    FROM {{ ref("int_dynamics_spans") }}
)

SELECT
    s.region_id,
    s.cluster_id,
    s.from_year::INTEGER AS from_year,
    s.to_year::INTEGER AS to_year,
    s.reference_region_id,
    {%- for end in ("from", "to") %}
    CASE WHEN s.employment_{{ end }}_lower = s.employment_{{ end }}_upper THEN s.employment_{{ end }}_lower END
        AS employment_{{ end }},
    s.employment_{{ end }}_lower,
    s.employment_{{ end }}_upper,
    {%- endfor %}
    CASE WHEN s.comparable THEN s.employment_to_lower - s.employment_from_upper END AS change_lower,
    CASE WHEN s.comparable THEN s.employment_to_upper - s.employment_from_lower END AS change_upper,
    CASE
        WHEN s.employment_from_lower = s.employment_from_upper AND s.employment_to_lower = s.employment_to_upper
            THEN change_lower
    END AS change,
    CASE
        WHEN s.comparable
            THEN (s.employment_to_lower / nullif(s.employment_from_upper, 0)) ** (1 / (s.to_year - s.from_year)) - 1
    END AS growth_lower,
    CASE
        WHEN s.comparable
            THEN (s.employment_to_upper / nullif(s.employment_from_lower, 0)) ** (1 / (s.to_year - s.from_year)) - 1
    END AS growth_upper,
    CASE WHEN change IS NOT NULL THEN growth_lower END AS growth,
    {%- for part in parts %}
    p.{{ part }},
    p.{{ part }}_lower,
    p.{{ part }}_upper,
    {%- endfor %}
    {%- for part in parts[:3] %}
    {%- for end in ("", "_lower", "_upper") %}
    y.{{ part }}{{ end }} AS {{ part }}_dynamic{{ end }},
    {%- endfor %}
    {%- endfor %}
    CASE
        WHEN s.is_out OR (s.employment_from_upper = 0 AND s.employment_to_upper = 0) THEN NULL
        WHEN s.specialised = 'undetermined' OR s.growing = 'undetermined' THEN 'undetermined'
        WHEN s.specialised = 'yes' THEN CASE s.growing WHEN 'yes' THEN 'star' ELSE 'mature' END
        ELSE CASE s.growing WHEN 'yes' THEN 'emerging' ELSE 'transforming' END
    END AS quadrant,
    CASE WHEN NOT s.is_out THEN {{ all_of(["s.was_weak", "s.specialised"]) }} END AS entered,
    CASE WHEN NOT s.is_out THEN {{ all_of(["s.was_specialised", "s.is_weak"]) }} END AS exited,
    s.comparable,
    CASE
        WHEN s.employment_from_upper + s.employment_to_upper = 0 THEN 1
        ELSE coalesce(
            (s.employment_from_lower + s.employment_to_lower) / (s.employment_from_upper + s.employment_to_upper), 0
        )
    END AS coverage
FROM judged AS s
LEFT JOIN {{ ref("int_dynamics_parts") }} AS p USING (region_id, cluster_id, from_year, to_year)
LEFT JOIN {{ ref("int_dynamics_steps") }} AS y USING (region_id, cluster_id, from_year, to_year)
