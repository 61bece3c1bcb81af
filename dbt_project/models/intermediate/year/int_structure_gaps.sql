-- The few private sectors that are published without industries at a level of detail.
WITH sectors AS (
    SELECT
        c.region_type, c.year, c.region_id, c.region_no, c.industry_code AS sector, c.employment_upper,
        unnest(['national_industry', 'industry_group']) AS level
    FROM {{ ref("int_cells") }} AS c
    WHERE c.ownership = 'private' AND c.level = 'sector'
),

detailed AS (
    SELECT DISTINCT region_id, year, level, {{ parent_industry_code("industry_code", "'subsector'") }} AS sector
    FROM {{ ref("int_cells") }}
    WHERE ownership = 'private' AND level IN ('national_industry', 'industry_group')
)

SELECT s.*
FROM sectors AS s
ANTI JOIN detailed AS d ON s.region_id = d.region_id AND s.year = d.year AND s.level = d.level AND s.sector = d.sector
