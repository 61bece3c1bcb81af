WITH nation AS (
    SELECT
        c.industry_code, c.ownership, c.year,
        c.employment, c.employment_lower, c.employment_upper
    FROM {{ ref("int_cells") }} AS c
    WHERE c.region_type = 'nation'
)

SELECT
    c.region_id,
    {{ industry_id("c.naics", "c.industry_code") }} AS industry_id,
    c.ownership,
    c.year::INTEGER AS year,
    c.employment,
    {{ location_quotient("c.employment", "t.employment", "n.employment", "t.reference_employment") }} AS lq,
    {{ location_quotient("c.employment_lower", "t.employment", "n.employment_upper", "t.reference_employment") }}
        AS lq_lower,
    {{ location_quotient("c.employment_upper", "t.employment", "n.employment_lower", "t.reference_employment") }}
        AS lq_upper,
    t.reference_region_id
FROM {{ ref("int_cells") }} AS c
INNER JOIN {{ ref("int_totals") }} AS t ON c.region_id = t.region_id AND c.year = t.year
INNER JOIN nation AS n
    ON c.industry_code = n.industry_code AND c.ownership = n.ownership AND c.year = n.year
