-- Private establishments and jobs of the industries of traded clusters in all states, counties and metropolitan areas of
-- the nation, by the number of industry and region. Regions that have none of them are numbered too: there they are zero.
WITH regions AS (
    SELECT
        region_type, region_id, year, employment,
        dense_rank() OVER (PARTITION BY region_type, year ORDER BY region_id) - 1 AS region_no
    FROM {{ ref("int_concentration_regions") }}
),

industries AS (
    SELECT DISTINCT naics, code, industry_no FROM {{ ref("int_linkage_industries") }}
)

SELECT
    r.region_type,
    r.year,
    i.naics,
    r.region_no,
    i.industry_no,
    c.establishments::DOUBLE AS establishments,
    c.employment_lower,
    coalesce(c.employment_upper, r.employment)::DOUBLE AS employment_upper
FROM {{ ref("int_cells") }} AS c
INNER JOIN regions AS r ON c.region_id = r.region_id AND c.year = r.year
INNER JOIN industries AS i ON c.naics = i.naics AND c.industry_code = i.code
WHERE c.ownership = 'private' AND c.level = 'national_industry'
