-- All cells, each with an estimate and what is known of its error. A published cell's estimate is its figure.
{{ config(materialized="view") }}
WITH errors AS (
    SELECT
        e.*,
        p.middle AS pay_middle,
        p.below AS pay_below,
        p.above AS pay_above,
        p.cluster_factor AS pay_cluster_factor
    FROM {{ ref("estimate_errors") }} AS e
    LEFT JOIN {{ ref("pay_errors") }} AS p
        ON e.evidence = p.evidence AND e.region_type = p.region_type AND e.detail = p.detail
            AND e.establishments_from = p.establishments_from AND e.size_from = p.size_from
),

judged AS (
    SELECT
        c.* REPLACE (coalesce(c.employment, c.employment_estimate) AS employment_estimate),
        CASE
            -- The jobs of some that are paid round to none.
            WHEN coalesce(c.employment, c.employment_estimate) > 0
                THEN coalesce(round(c.wages / c.employment), c.pay_estimate)
        END AS average_wage_estimate,
        CASE WHEN d.detail IN ('traded', 'local') THEN d.detail END AS kind,
        e.middle,
        e.below,
        e.above,
        e.cluster_factor,
        e.pay_middle,
        e.pay_below,
        e.pay_above,
        e.pay_cluster_factor
    FROM {{ ref("int_cells") }} AS c
    INNER JOIN {{ ref("int_industry_details") }} AS d ON c.naics = d.naics AND c.industry_code = d.industry_code
    LEFT JOIN errors AS e
        -- A condition on cells alone would have every cell held against every class.
        ON CASE
            WHEN c.employment IS NOT NULL THEN NULL
            WHEN c.region_type = 'nation' THEN 'state'
            WHEN c.region_type = 'unallocated' THEN 'county'
            ELSE c.region_type
        END = e.region_type
            AND d.detail = e.detail
            AND c.evidence = e.evidence
            AND c.establishments >= e.establishments_from AND c.establishments < e.establishments_below
            AND c.employment_estimate / greatest(c.establishments, 1) >= e.size_from
            AND c.employment_estimate / greatest(c.establishments, 1) < e.size_below
)

SELECT
    *,
    -- Where bounds meet, or nothing is withheld, there is no doubt.
    {% for end, width in (("low", "below"), ("high", "above")) -%}
    {%- set p = "p10" if end == "low" else "p90" -%}
    CASE
        WHEN employment_lower = employment_upper THEN employment_estimate
        ELSE {{ estimate_percentile(
            end, "employment_estimate", "employment_lower", "employment_upper", "middle", width
        ) }}
    END AS employment_{{ p }},
    CASE
        WHEN wages IS NOT NULL THEN average_wage_estimate
        ELSE {{ pay_percentile(end, "average_wage_estimate", "pay_middle", "pay_" ~ width) }}
    END AS average_wage_{{ p }}{{ "," if not loop.last }}
    {% endfor -%}
FROM judged
