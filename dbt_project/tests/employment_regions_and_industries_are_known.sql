SELECT 'region' AS key, region_id AS value
FROM (SELECT DISTINCT region_id FROM {{ ref("employment") }})
WHERE region_id NOT IN (SELECT region_id FROM {{ ref("dim_region") }})
UNION ALL
SELECT 'industry', industry_id
FROM (SELECT DISTINCT industry_id FROM {{ ref("employment") }})
WHERE industry_id NOT IN (SELECT industry_id FROM {{ ref("dim_industry") }})
