-- The states, counties and metropolitan areas of the nation with their weight: a region's share of all jobs of the
-- regions of its type, of all industries and ownerships, which are never withheld. This is what measures of concentration
-- compare an industry with, and what quotients do.
WITH weighted AS (
    SELECT
        region_id, region_type, year, employment,
        employment::DOUBLE / sum(employment) OVER (PARTITION BY region_type, year) AS weight
    FROM {{ ref("int_totals") }}
    WHERE region_type IN ('state', 'county', 'cbsa') AND employment > 0
        AND NOT {{ outside_the_nation("region_id") }}
),

squares AS (
    SELECT region_type, year, sum(weight * weight ORDER BY region_id) AS weight_squares
    FROM weighted
    GROUP BY region_type, year
)

SELECT w.*, s.weight_squares
FROM weighted AS w
INNER JOIN squares AS s ON w.region_type = s.region_type AND w.year = s.year
