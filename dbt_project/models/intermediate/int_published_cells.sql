-- Every cell that the publisher prints, with its bounds: what is published is known, what is withheld lies where the sums
-- that it is part of leave room for it.
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
    coalesce(c.employment, b.employment_lower, 0)::DOUBLE AS employment_lower,
    coalesce(c.employment, b.employment_upper)::DOUBLE AS employment_upper,
    CASE
        WHEN c.employment IS NOT NULL THEN 'published'
        WHEN b.employment_upper IS NOT NULL THEN 'bounded'
        ELSE 'missing'
    END AS status
FROM {{ ref("int_qcew_cells") }} AS c
LEFT JOIN (
    SELECT
        r.region_id,
        i.industry_code,
        b.ownership_no,
        b.year,
        b.lower AS employment_lower,
        CASE WHEN NOT isnan(b.upper) THEN b.upper END AS employment_upper
    FROM {{ ref("int_qcew_bounds") }} AS b
    INNER JOIN {{ ref("int_sum_regions") }} AS r ON b.region_no = r.region_no
    INNER JOIN {{ ref("int_sum_industries") }} AS i ON b.industry_no = i.industry_no
) AS b
    ON c.region_id = b.region_id AND c.industry_code = b.industry_code AND c.year = b.year
        AND {{ ownership_no("c.ownership") }} = b.ownership_no
