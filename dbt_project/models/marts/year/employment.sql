SELECT
    c.region_id,
    {{ industry_id("c.naics", "c.industry_code") }} AS industry_id,
    c.ownership,
    c.year::INTEGER AS year,
    c.establishments,
    c.employment,
    c.wages,
    'USD' AS currency,
    c.status,
    c.employment_lower,
    c.employment_upper,
    c.employment_estimate,
    'bls_qcew:' || c.year AS source_id
FROM {{ ref("int_cells") }} AS c
