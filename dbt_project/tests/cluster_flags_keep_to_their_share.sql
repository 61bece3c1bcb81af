-- Each flag is a quantile's: no more than a quarter of the regions of a type, and ties, can lie in the top quarter.
-- And a year in which no verdict at all is a yes has lost them.
WITH counted AS (
    SELECT
        o.region_type, s.cluster_id, s.year,
        count(*) FILTER (WHERE o.ucm_peer AND (employment_upper > 0 OR employment_upper IS NULL)) AS peers,
        count(*) FILTER (WHERE ucm_qualifying = 'yes') AS qualifying,
        count(*) FILTER (WHERE ucm_significant = 'yes') AS significant,
        count(*) FILTER (WHERE ucm_strong = 'yes') AS strong,
        count(*) FILTER (WHERE ucm_strong10 = 'yes') AS strong10
    FROM {{ ref("cluster_specialisation") }} AS s
    INNER JOIN {{ ref("int_region_roles") }} AS o ON s.region_id = o.region_id
    GROUP BY o.region_type, s.cluster_id, s.year
)

SELECT region_type, cluster_id, year, peers, qualifying, significant, strong, strong10
FROM counted
WHERE
    qualifying > 0.75 * peers + 2 OR significant > 0.5 * peers + 2
    OR strong > 0.25 * peers + 2 OR strong10 > 0.1 * peers + 2
UNION ALL
SELECT 'any', 'any', year, sum(peers), sum(qualifying), sum(significant), sum(strong), sum(strong10)
FROM counted
GROUP BY year
HAVING sum(qualifying) = 0
