-- From what cluster_specialisation says of each traded cluster.
WITH expected AS (
    SELECT
        region_id, year,
        sum(employment_lower) FILTER (ucm_strong = 'yes') AS strong_least,
        sum(employment_upper) FILTER (ucm_strong <> 'no') AS strong_most,
        sum(employment_lower) FILTER (ucm_strong = 'no') AS others_least,
        sum(employment_upper) FILTER (ucm_strong <> 'yes') AS others_most
    FROM {{ ref("cluster_specialisation") }}
    WHERE lq_denominator = 'traded' AND ucm_strong IS NOT NULL
    GROUP BY region_id, year
    HAVING count(*) = count(employment_upper)
),

shares AS (
    SELECT
        region_id, year,
        coalesce(strong_least, 0) / nullif(coalesce(strong_least, 0) + coalesce(others_most, 0), 0) AS least,
        coalesce(strong_most, 0) / nullif(coalesce(strong_most, 0) + coalesce(others_least, 0), 0) AS most
    FROM expected
)

SELECT s.region_id, s.year, s.cluster_strength, s.cluster_strength_lower, s.cluster_strength_upper, e.least, e.most
FROM {{ ref("region_structure") }} AS s
INNER JOIN shares AS e ON s.region_id = e.region_id AND s.year = e.year
-- -1 stands for what is not known.
WHERE abs(coalesce(s.cluster_strength_lower, -1) - coalesce(e.least, -1)) > 1e-9
    OR abs(coalesce(s.cluster_strength_upper, -1) - coalesce(e.most, -1)) > 1e-9
LIMIT 100
