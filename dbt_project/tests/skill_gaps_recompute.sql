-- What is said of a cluster in an area follows from its occupations there, and these from the area's skills.
WITH occupations AS (
    SELECT
        region_id, cluster_id, year,
        count(*) AS occupations,
        count(*) FILTER (lq < 0.8) AS scarce,
        count(*) FILTER (lq IS NULL) AS unknown,
        max(place) AS last_place,
        sum(share) AS share,
        sum(jobs_needed) AS jobs,
        coalesce(sum(jobs_needed) FILTER (lq < 0.8), 0) AS scarce_jobs
    FROM {{ ref("cluster_occupation") }}
    GROUP BY region_id, cluster_id, year
)

SELECT 'counts' AS what, g.region_id, g.cluster_id, g.year
FROM {{ ref("cluster_skill_gap") }} AS g
FULL JOIN occupations AS o USING (region_id, cluster_id, year)
WHERE (g.occupations, g.scarce_occupations, g.unknown_occupations, g.occupations)
    IS DISTINCT FROM (o.occupations, o.scarce, o.unknown, o.last_place)
    OR len(string_split(nullif(g.scarce_titles, ''), '; ')) < g.scarce_occupations
    OR (g.scarce_titles = '') <> (g.scarce_occupations = 0)
    OR (g.similarity IS NULL) <> (g.coverage < 0.5)
    OR o.share > g.staffing_coverage + 1e-6
    -- Jobs are rounded to a 1024th each.
    OR abs(g.scarce_jobs - o.scarce_jobs) > 0.1
    OR (g.jobs IS NULL) <> (g.scarce_jobs IS NULL)
    OR abs(o.jobs - g.jobs * o.share) > 1e-6 * g.jobs
UNION ALL
SELECT 'skills', o.region_id, o.cluster_id, o.year
FROM {{ ref("cluster_occupation") }} AS o
LEFT JOIN {{ ref("region_skills") }} AS s
    ON o.region_id = s.region_id AND o.year = s.year AND o.occupation = s.occupation AND s.level = 'detailed'
WHERE (o.lq, o.jobs_there, o.mean_wage) IS DISTINCT FROM (s.lq, s.employment, s.mean_wage)
UNION ALL
-- Every area of the survey has every cluster that any area has.
SELECT 'areas', s.region_id, NULL, s.year
FROM {{ ref("region_skills") }} AS s
INNER JOIN (
    SELECT year, count(DISTINCT cluster_id) AS clusters FROM {{ ref("cluster_skill_gap") }} GROUP BY year
) AS whole ON s.year = whole.year
LEFT JOIN (
    SELECT region_id, year, count(*) AS clusters FROM {{ ref("cluster_skill_gap") }} GROUP BY region_id, year
) AS own ON s.region_id = own.region_id AND s.year = own.year
WHERE s.level = 'total' AND own.clusters IS DISTINCT FROM whole.clusters
LIMIT 100
