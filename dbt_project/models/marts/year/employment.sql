-- Cells, and beside each its location quotient, where there is a nation to compare with: one table, since both have the
-- same rows.
WITH nation AS (
    SELECT
        c.industry_code, c.ownership, c.year,
        c.employment, c.employment_lower, c.employment_upper,
        c.employment_estimate
    FROM {{ ref("int_estimated_cells") }} AS c
    WHERE c.region_type = 'nation'
),

beside AS (
    SELECT
        c.*,
        t.employment AS region_employment,
        t.reference_employment,
        n.employment AS nation_employment,
        n.employment_estimate AS nation_estimate,
        n.employment_upper AS nation_at_least,
        CASE WHEN n.year IS NOT NULL THEN t.reference_region_id END AS reference_region_id,
        -- Without a nation the macro would take the region's own for the whole.
        CASE
            WHEN n.year IS NOT NULL
                THEN {{ whole_beside_most(
                    "c.employment_upper", "n.employment_lower", "n.employment_upper", "t.in_reference"
                ) }}
        END AS nation_at_most
    FROM {{ ref("int_estimated_cells") }} AS c
    LEFT JOIN {{ ref("int_totals") }} AS t ON c.region_id = t.region_id AND c.year = t.year
    LEFT JOIN nation AS n
        ON c.industry_code = n.industry_code AND c.ownership = n.ownership AND c.year = n.year
),

bounded AS (
    SELECT
        *,
        {{ location_quotient("employment_lower", "region_employment", "nation_at_least", "reference_employment") }}
            AS least,
        {{ location_quotient("employment_upper", "region_employment", "nation_at_most", "reference_employment") }}
            AS most
    FROM beside
)

SELECT
    region_id,
    {{ industry_id("naics", "industry_code") }} AS industry_id,
    ownership,
    year::INTEGER AS year,
    establishments,
    employment,
    wages,
    'USD' AS currency,
    status,
    employment_lower,
    employment_upper,
    employment_estimate,
    employment_p10,
    employment_p90,
    {{ estimate_quality("employment IS NOT NULL", "employment_estimate", "employment_p10", "employment_p90") }}
        AS estimate_quality,
    average_wage_estimate,
    average_wage_p10,
    average_wage_p90,
    -- Where bounds meet, they tell all.
    CASE
        WHEN evidence = 'none' OR (evidence = 'cbp' AND employment_lower = employment_upper) THEN 'qcew'
        WHEN evidence = 'cbp' THEN 'qcew, cbp'
    END AS estimate_evidence,
    {{ location_quotient("employment", "region_employment", "nation_employment", "reference_employment") }} AS lq,
    -- What is estimated is not good to more than three decimals, and those take a third of the space.
    CASE
        WHEN employment IS NULL
            THEN round({{ location_quotient(
                "employment_estimate", "region_employment", "nation_estimate", "reference_employment"
            ) }}, 3)
    END AS lq_if_withheld,
    -- The nation beside itself is one, whatever it holds; nothing is nothing, whatever it is beside.
    CASE WHEN region_id = reference_region_id THEN most ELSE least END AS lq_lower,
    CASE WHEN employment_upper = 0 THEN least ELSE most END AS lq_upper,
    CASE
        WHEN reference_region_id IS NULL THEN NULL
        WHEN employment_upper = 0 THEN 'no'
        ELSE {{ verdict("lq_lower", "lq_upper", "1", "1", ">=") }}
    END AS specialised,
    reference_region_id,
    'bls_qcew:' || year AS source_id
FROM bounded
