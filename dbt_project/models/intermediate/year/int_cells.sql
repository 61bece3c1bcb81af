-- All cells of all regions, in the industry classification edition of their year, with their bounds: what is published
-- is known, what is withheld lies where the sums that it is part of leave room for it. Numbers of regions and industries are
-- in the order of their ids and codes, and far quicker to sort by.
WITH cells AS (
    SELECT *, 'published' AS known_as FROM {{ ref("int_qcew_cells") }}
    UNION ALL BY NAME
    SELECT *, 'derived' AS known_as FROM {{ ref("int_cbsa_sums") }}
),

numbered AS (
    SELECT
        c.*,
        {{ naics_edition("c.year") }}::INTEGER AS naics,
        r.region_no,
        i.industry_no,
        {{ ownership_no("c.ownership") }} AS ownership_no
    FROM cells AS c
    INNER JOIN {{ ref("int_sum_regions") }} AS r ON c.region_id = r.region_id AND c.year = r.year
    INNER JOIN {{ ref("int_sum_industries") }} AS i ON c.industry_code = i.industry_code
),

bounds AS (
    SELECT
        year,
        region_no,
        ownership_no,
        industry_no,
        lower AS employment_lower,
        CASE WHEN NOT isnan(upper) THEN upper END AS employment_upper,
        estimate AS employment_estimate,
        CASE WHEN NOT isnan(pay) THEN round(pay) END AS pay_estimate,
        CASE WHEN NOT isnan(usual_pay) THEN usual_pay END AS usual_pay,
        wages_lower,
        CASE WHEN NOT isnan(wages_upper) THEN wages_upper END AS wages_upper,
        CASE WHEN is_told THEN 'cbp' ELSE 'none' END AS evidence
    FROM {{ ref("int_qcew_bounds") }}
)

SELECT
    c.region_id,
    c.region_no,
    c.region_type,
    c.industry_code,
    c.industry_no,
    c.level,
    c.parent_code,
    c.ownership,
    c.year,
    c.establishments,
    c.employment,
    c.wages,
    coalesce(c.employment, b.employment_lower, 0)::DOUBLE AS employment_lower,
    coalesce(c.employment, b.employment_upper)::DOUBLE AS employment_upper,
    CASE WHEN c.employment IS NULL THEN b.employment_estimate END AS employment_estimate,
    coalesce(c.wages, b.wages_lower, 0)::DOUBLE AS wages_lower,
    coalesce(c.wages, b.wages_upper)::DOUBLE AS wages_upper,
    CASE WHEN c.wages IS NULL THEN b.pay_estimate END AS pay_estimate,
    CASE WHEN c.wages IS NULL THEN b.usual_pay END AS usual_pay,
    CASE WHEN c.employment IS NULL THEN b.evidence END AS evidence,
    CASE
        WHEN c.employment IS NOT NULL THEN c.known_as
        WHEN b.employment_upper IS NOT NULL THEN 'bounded'
        ELSE 'missing'
    END AS status,
    c.naics
FROM numbered AS c
LEFT JOIN bounds AS b
    ON c.region_no = b.region_no AND c.ownership_no = b.ownership_no AND c.industry_no = b.industry_no
        AND c.year = b.year
