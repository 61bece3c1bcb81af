-- Every cell that the publisher prints, with its bounds: what is published is known, what is withheld lies between
-- zero and the bound of its parent's withheld children. Domains and supersectors cut across the industry tree; a
-- withheld one is bounded by the region's jobs of that ownership.
WITH ownership_totals AS (
    SELECT t.region_id, t.year, t.ownership, coalesce(t.employment, b.employment_upper) AS employment_upper
    FROM {{ ref("int_qcew_cells") }} AS t
    LEFT JOIN {{ ref("int_qcew_bounds") }} AS b
        ON t.region_id = b.region_id AND t.year = b.year AND t.ownership = b.ownership AND b.parent_code = ''
    WHERE t.level = 'total'
),

groupings AS (
    SELECT c.region_id, c.year, c.ownership, c.industry_code, t.employment_upper
    FROM {{ ref("int_qcew_cells") }} AS c
    INNER JOIN ownership_totals AS t
        ON c.region_id = t.region_id AND c.year = t.year AND c.ownership = t.ownership
    WHERE c.level IN ('domain', 'supersector') AND c.employment IS NULL
)

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
    coalesce(c.employment, b.employment_upper, g.employment_upper)::DOUBLE AS employment_upper,
    CASE
        WHEN c.employment IS NOT NULL THEN 'published'
        WHEN coalesce(b.employment_upper, g.employment_upper) IS NOT NULL THEN 'bounded'
        ELSE 'missing'
    END AS status
FROM {{ ref("int_qcew_cells") }} AS c
LEFT JOIN {{ ref("int_qcew_bounds") }} AS b
    ON c.region_id = b.region_id AND c.year = b.year AND c.ownership = b.ownership
        -- NULL, and so without a partner, for what is published.
        AND CASE
            WHEN c.employment IS NOT NULL THEN NULL
            WHEN c.level = 'total' THEN ''
            WHEN c.level NOT IN ('domain', 'supersector') THEN c.parent_code
        END = b.parent_code
LEFT JOIN groupings AS g
    ON c.region_id = g.region_id AND c.year = g.year AND c.ownership = g.ownership
        AND c.industry_code = g.industry_code
