-- Private jobs and establishments of every industry, at two levels of detail, in the nation and its states, counties and
-- metropolitan areas, beside those of its sector and of the region: what shares of a region are taken from.
WITH cells AS (
    SELECT
        c.*,
        CASE
            WHEN c.level IN ('national_industry', 'industry_group')
                THEN {{ parent_industry_code("c.industry_code", "'subsector'") }}
            ELSE c.industry_code
        END AS sector
    FROM {{ ref("int_cells") }} AS c
    WHERE c.ownership = 'private' AND c.level IN ('national_industry', 'industry_group', 'sector', 'total')
),

industries AS (
    SELECT
        region_type, year, level, region_id, region_no, sector, industry_code, industry_no, establishments,
        employment_lower, employment_upper
    FROM cells
    WHERE level IN ('national_industry', 'industry_group')
),

-- Where an industry stands among the nation's; numbers are quicker to look up than codes.
nation AS (
    SELECT
        year, level, sector, industry_code, industry_no,
        row_number() OVER (PARTITION BY level, year ORDER BY sector, industry_code) - 1 AS nation_no
    FROM industries
    WHERE region_type = 'nation'
),

-- A sector published without industries may be made up of any that the nation has.
filled AS (
    SELECT * FROM industries
    UNION ALL
    SELECT
        g.region_type, g.year, g.level, g.region_id, g.region_no, g.sector, n.industry_code, n.industry_no, 0, 0,
        g.employment_upper
    FROM {{ ref("int_structure_gaps") }} AS g
    INNER JOIN nation AS n ON g.year = n.year AND g.level = n.level AND g.sector = n.sector
),

regions AS (
    SELECT region_id, year FROM {{ ref("int_concentration_regions") }}
    UNION ALL
    SELECT region_id, year FROM {{ ref("int_totals") }} WHERE region_type = 'nation'
)

SELECT
    c.region_type,
    c.year,
    c.level,
    c.region_id,
    c.region_no,
    c.sector,
    c.industry_no,
    -- -1: the nation has none of it.
    coalesce(n.nation_no, -1) AS nation_no,
    c.establishments::DOUBLE AS establishments,
    c.employment_lower::DOUBLE AS employment_lower,
    coalesce(c.employment_upper, t.employment_upper) AS employment_upper,
    coalesce(s.establishments, t.establishments)::DOUBLE AS sector_establishments,
    coalesce(s.employment_lower, 0) AS sector_lower,
    coalesce(s.employment_upper, t.employment_upper) AS sector_upper,
    t.establishments::DOUBLE AS total_establishments,
    t.employment_lower AS total_lower,
    t.employment_upper AS total_upper
FROM filled AS c
INNER JOIN regions AS r ON c.region_id = r.region_id AND c.year = r.year
INNER JOIN cells AS t ON c.region_id = t.region_id AND c.year = t.year AND t.level = 'total'
LEFT JOIN nation AS n ON c.industry_code = n.industry_code AND c.level = n.level AND c.year = n.year
LEFT JOIN cells AS s ON c.region_id = s.region_id AND c.year = s.year AND c.sector = s.sector AND s.level = 'sector'
WHERE t.employment_upper IS NOT NULL
