-- Every cluster in every metropolitan area of a survey, with its jobs there (best estimates) in the year that staffing is
-- weighted by. An area that has clusters in that year and no row for one has no jobs in it; of another area nothing is known.
WITH areas AS (
    SELECT DISTINCT region_id, year FROM {{ ref("region_skills") }}
),

clusters AS (
    SELECT DISTINCT cluster_id, year, jobs_year FROM {{ ref("int_cluster_staffing") }}
),

reporting AS (
    SELECT DISTINCT region_id, year FROM {{ ref("cluster_specialisation") }}
)

SELECT
    a.region_id,
    c.cluster_id,
    a.year,
    c.jobs_year,
    CASE
        WHEN j.region_id IS NOT NULL THEN j.employment_estimate
        WHEN r.region_id IS NOT NULL THEN 0
    END AS jobs,
    CASE
        WHEN j.region_id IS NOT NULL THEN j.estimate_quality
        WHEN r.region_id IS NOT NULL THEN 'published'
    END AS jobs_quality
FROM areas AS a
INNER JOIN clusters AS c ON a.year = c.year
LEFT JOIN {{ ref("cluster_specialisation") }} AS j
    ON a.region_id = j.region_id AND c.cluster_id = j.cluster_id AND c.jobs_year = j.year
LEFT JOIN reporting AS r ON a.region_id = r.region_id AND c.jobs_year = r.year
