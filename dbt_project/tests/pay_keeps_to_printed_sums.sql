-- Wages add up exactly: what withheld cells may be paid holds what their printed parts earn, and leaves what the printed
-- whole they are a part of earns. Derived national cells are off by a ten-thousandth; a job is rounded by a half.
WITH parts AS (
    SELECT region_id, year, ownership, parent_code AS industry_code, sum(wages) AS wages
    FROM {{ ref("int_cells") }}
    WHERE wages > 0
    GROUP BY region_id, year, ownership, parent_code
)

SELECT c.region_id, c.year, c.ownership, c.industry_code, 'below its parts' AS problem
FROM {{ ref("int_estimated_cells") }} AS c
INNER JOIN parts USING (region_id, year, ownership, industry_code)
WHERE c.wages IS NULL AND 1.0001 * c.average_wage_p90 * (c.employment_upper + 0.5) < parts.wages
UNION ALL
SELECT c.region_id, c.year, c.ownership, c.industry_code, 'above its whole' AS problem
FROM {{ ref("int_estimated_cells") }} AS c
INNER JOIN {{ ref("int_cells") }} AS whole
    ON c.region_id = whole.region_id AND c.year = whole.year AND c.ownership = whole.ownership
        AND c.parent_code = whole.industry_code
WHERE c.wages IS NULL AND c.average_wage_p10 * (c.employment_lower - 0.5) > 1.0001 * whole.wages
