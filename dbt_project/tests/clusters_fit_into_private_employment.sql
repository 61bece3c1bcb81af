-- Clusters and the industries in none together are a region's private jobs. Rounded cells may add up to two jobs a
-- cluster more or less, and derived national cells to a ten-thousandth.
WITH sums AS (
    SELECT
        region_id, year,
        sum(employment_lower) AS least,
        CASE WHEN count(*) = count(employment_upper) THEN sum(employment_upper) END AS most,
        2 * count(*) AS slack
    FROM {{ ref("int_cluster_sizes") }}
    GROUP BY region_id, year
)

SELECT s.*, p.employment_lower, p.employment_upper
FROM sums AS s
INNER JOIN {{ ref("int_cells") }} AS p
    ON s.region_id = p.region_id AND s.year = p.year AND p.level = 'total' AND p.ownership = 'private'
WHERE
    s.least > 1.0001 * p.employment_upper + s.slack
    OR s.most < 0.9999 * p.employment_lower - s.slack
