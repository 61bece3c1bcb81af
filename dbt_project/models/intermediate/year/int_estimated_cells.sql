-- All cells, each with an estimate and what is known of its error. A published cell's estimate is its figure.
{{ config(materialized="view") }}
WITH judged AS (
    SELECT
        c.* REPLACE (coalesce(c.employment, c.employment_estimate) AS employment_estimate),
        CASE WHEN d.detail IN ('traded', 'local') THEN d.detail END AS kind,
        e.middle,
        e.below,
        e.above,
        e.cluster_factor
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
)

SELECT
    *,
    -- Where bounds meet, or nothing is withheld, there is no doubt.
    {% for end, width in (("low", "below"), ("high", "above")) -%}
    CASE
        WHEN employment_lower = employment_upper THEN employment_estimate
        ELSE {{ estimate_percentile(
            end, "employment_estimate", "employment_lower", "employment_upper", "middle", width
        ) }}
    END AS employment_{{ "p10" if end == "low" else "p90" }}{{ "," if not loop.last }}
    {% endfor -%}
FROM judged
