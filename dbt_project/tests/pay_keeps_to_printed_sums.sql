-- Wages add up exactly: what withheld cells may be paid holds what their printed parts earn, and leaves what the printed
-- whole they are a part of earns; to a dollar and half a job. Sums that were no evidence say nothing.
WITH doubted AS (
    SELECT
        r.region_id,
        b.year,
        b.ownership_no,
        CASE WHEN NOT contains(b.unused, 'all ') AND NOT contains(b.unused, 'figures') THEN i.industry_code END
            AS industry_code
    FROM {{ ref("int_qcew_bounds") }} AS b
    INNER JOIN {{ ref("int_sum_regions") }} AS r ON b.region_no = r.region_no AND b.year = r.year
    INNER JOIN {{ ref("int_sum_industries") }} AS i ON b.industry_no = i.industry_no
    WHERE b.unused <> '' OR b.wages_unused <> ''
),

cells AS (
    SELECT *, {{ ownership_no("ownership") }} AS ownership_no FROM {{ ref("int_estimated_cells") }}
),

heeded AS (
    SELECT c.region_id, c.year, c.ownership_no, c.industry_code
    FROM cells AS c
    WHERE NOT EXISTS (
        SELECT 1 FROM doubted AS d
        WHERE
            d.region_id = c.region_id AND d.year = c.year AND d.ownership_no = c.ownership_no
            AND coalesce(d.industry_code, c.industry_code) = c.industry_code
    )
),

-- Each employer is of a domain, of a supersector and of a sector.
parts AS (
    SELECT region_id, year, ownership_no, parent_code AS industry_code, level, sum(wages) AS wages
    FROM cells
    WHERE wages > 0
    GROUP BY region_id, year, ownership_no, parent_code, level
)

SELECT c.region_id, c.year, c.ownership, c.industry_code, 'below its parts' AS problem
FROM cells AS c
INNER JOIN parts USING (region_id, year, ownership_no, industry_code)
SEMI JOIN heeded USING (region_id, year, ownership_no, industry_code)
WHERE c.wages IS NULL AND (c.average_wage_p90 + 1) * (c.employment_upper + 0.5) < parts.wages
UNION ALL
SELECT c.region_id, c.year, c.ownership, c.industry_code, 'above its whole' AS problem
FROM cells AS c
INNER JOIN cells AS whole
    ON c.region_id = whole.region_id AND c.year = whole.year AND c.ownership_no = whole.ownership_no
        AND c.parent_code = whole.industry_code
SEMI JOIN heeded
    ON whole.region_id = heeded.region_id AND whole.year = heeded.year
        AND whole.ownership_no = heeded.ownership_no AND whole.industry_code = heeded.industry_code
WHERE c.wages IS NULL AND (c.average_wage_p10 - 1) * (c.employment_lower - 0.5) > whole.wages
