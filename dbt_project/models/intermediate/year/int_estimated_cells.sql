-- All cells, each with an estimate and what is known of its error. A published cell's estimate is its figure.
{{ config(materialized="view") }}
WITH judged AS (
    SELECT
        c.* REPLACE (coalesce(c.employment, c.employment_estimate) AS employment_estimate),
        -- An average wage lies where the bounds of wages and of jobs leave it.
        floor(c.wages_lower / nullif(coalesce(c.employment_upper, 'infinity'::DOUBLE), 0)) AS average_wage_lower,
        ceil(c.wages_upper / nullif(c.employment_lower, 0)) AS average_wage_upper,
        {{ within_bounds("c.pay_estimate", "average_wage") }} AS likely_pay,
        CASE WHEN d.detail IN ('traded', 'local') THEN d.detail END AS kind,
        e.middle,
        e.below,
        e.above,
        e.cluster_factor,
        e.region_type AS error_type,
        e.detail AS error_detail,
        e.establishments_from
    FROM {{ ref("int_cells") }} AS c
    INNER JOIN {{ ref("int_industry_details") }} AS d ON c.naics = d.naics AND c.industry_code = d.industry_code
    LEFT JOIN {{ ref("estimate_errors") }} AS e
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
),

paid AS (
    SELECT
        j.*,
        CASE
            -- The jobs of some that are paid round to none.
            WHEN j.employment_estimate > 0
                THEN coalesce(round(j.wages / j.employment), j.likely_pay)
        END AS average_wage_estimate,
        p.middle AS pay_middle,
        p.below AS pay_below,
        p.above AS pay_above,
        p.cluster_factor AS pay_cluster_factor
    FROM judged AS j
    LEFT JOIN {{ ref("pay_errors") }} AS p
        ON j.error_type = p.region_type AND j.error_detail = p.detail AND j.evidence = p.evidence
            AND j.establishments_from = p.establishments_from
            AND 100 * j.likely_pay / j.usual_pay >= p.of_usual_from
            AND 100 * j.likely_pay / j.usual_pay < p.of_usual_below
)

SELECT
    * EXCLUDE (likely_pay, error_type, error_detail, establishments_from),
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
        ELSE {{ pay_percentile(
            end, "average_wage_estimate", "average_wage_lower", "average_wage_upper", "pay_middle", "pay_" ~ width
        ) }}
    END AS average_wage_{{ p }}{{ "," if not loop.last }}
    {% endfor -%}
FROM paid
