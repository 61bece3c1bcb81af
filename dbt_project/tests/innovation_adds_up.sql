-- Patents of the nation are those of its states, and no state has fewer than its counties. Research of the nation is what the
-- survey has, each institution once, and what of it stands in counties is all but the share that says otherwise.
WITH found AS (
    SELECT
        i.year, i.region_id, r.region_type, r.parent_region_id, i.patents, i.r_and_d_spending, i.r_and_d_unplaced_share,
        left(r.code, 2) IN (
            SELECT state_code FROM {{ ref("region_roles") }} WHERE region_type IN ('any', 'state') AND NOT in_nation
        ) AS is_outside
    FROM {{ ref("region_innovation") }} AS i
    INNER JOIN {{ ref("dim_region") }} AS r ON i.region_id = r.region_id
),

parts AS (
    SELECT
        parent_region_id AS region_id, year, region_type,
        sum(patents) AS patents, sum(r_and_d_spending) AS spending
    FROM found
    WHERE region_type IN ('county', 'state') AND NOT (region_type = 'state' AND is_outside)
    GROUP BY parent_region_id, year, region_type
),

in_counties AS (
    SELECT year, sum(r_and_d_spending) AS spending
    FROM found
    WHERE region_type = 'county' AND NOT is_outside
    GROUP BY year
),

survey AS (
    SELECT year, 1000 * sum(spending) AS spending
    FROM {{ ref("stg_herd_spending") }}
    WHERE funds = 'Total' AND detail = 'Total'
    GROUP BY year
)

SELECT f.year, f.region_id, f.patents, p.patents AS of_parts, f.r_and_d_spending, p.spending AS spent_by_parts
FROM found AS f
LEFT JOIN parts AS p ON f.region_id = p.region_id AND f.year = p.year
LEFT JOIN in_counties AS c ON f.year = c.year
LEFT JOIN survey AS s ON f.year = s.year
WHERE p.patents > f.patents
    OR p.spending > f.r_and_d_spending
    OR (f.region_type = 'nation' AND (
        p.patents IS DISTINCT FROM f.patents
        OR f.r_and_d_spending > s.spending
        OR abs(c.spending - f.r_and_d_spending * (1 - f.r_and_d_unplaced_share)) > 1e-6 * f.r_and_d_spending
    ))
LIMIT 100
