-- Every cell that the publisher prints, with its bounds: what is published is known, what is withheld lies between
-- zero and its bound.
SELECT
    c.region_id,
    c.region_type,
    c.industry_code,
    c.level,
    c.parent_code,
    c.ownership,
    c.year,
    c.establishments,
    c.employment,
    c.wages,
    coalesce(c.employment, 0)::DOUBLE AS employment_lower,
    coalesce(c.employment, b.employment_upper)::DOUBLE AS employment_upper,
    CASE
        WHEN c.employment IS NOT NULL THEN 'published'
        WHEN b.employment_upper IS NOT NULL THEN 'bounded'
        ELSE 'missing'
    END AS status
FROM {{ ref("int_qcew_cells") }} AS c
LEFT JOIN {{ ref("int_qcew_bounds") }} AS b
    ON c.region_id = b.region_id AND c.year = b.year AND c.ownership = b.ownership
        AND c.industry_code = b.industry_code
