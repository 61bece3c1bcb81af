-- How well a metropolitan area's occupations fit a cluster: the cosine of the cluster's staffing in the nation with the
-- area's jobs, over the occupations that BLS publishes of the area, and how many of the largest are scarce there.
-- Below this share of the staffing a cosine would speak of a minority of it.
{%- set least_coverage = 0.5 %}

WITH published AS (
    SELECT region_id, year, occupation, employment
    FROM {{ ref("region_skills") }}
    WHERE level = 'detailed' AND employment IS NOT NULL
),

of_areas AS (
    SELECT region_id, year, sum(employment * employment) AS squares
    FROM published
    GROUP BY region_id, year
),

of_clusters AS (
    SELECT cluster_id, year, sum(jobs) AS jobs, any_value(cluster_jobs) AS cluster_jobs
    FROM {{ ref("int_cluster_staffing") }}
    GROUP BY cluster_id, year
),

of_both AS (
    SELECT
        p.region_id, c.cluster_id, p.year,
        sum(c.jobs) AS jobs, sum(c.jobs * c.jobs) AS squares, sum(c.jobs * p.employment) AS products
    FROM {{ ref("int_cluster_staffing") }} AS c
    INNER JOIN published AS p ON c.year = p.year AND c.occupation = p.occupation
    GROUP BY p.region_id, c.cluster_id, p.year
),

largest AS (
    SELECT
        region_id, cluster_id, year,
        count(*) AS occupations,
        count(*) FILTER (standing = 'scarce') AS scarce,
        count(*) FILTER (standing = 'unknown') AS unknown,
        string_agg(title, '; ' ORDER BY place) FILTER (standing = 'scarce') AS titles,
        sum({{ addable("jobs_needed") }}) FILTER (standing = 'scarce') AS jobs_needed,
        count(jobs_needed) > 0 AS has_jobs
    FROM {{ ref("cluster_occupation") }}
    GROUP BY region_id, cluster_id, year
),

fits AS (
    SELECT
        a.*,
        b.products / sqrt(b.squares::DOUBLE * r.squares) AS cosine,
        coalesce(b.jobs, 0) / c.jobs AS coverage,
        c.jobs / c.cluster_jobs AS staffing_coverage
    FROM {{ ref("int_skill_areas") }} AS a
    INNER JOIN of_clusters AS c ON a.cluster_id = c.cluster_id AND a.year = c.year
    LEFT JOIN of_areas AS r ON a.region_id = r.region_id AND a.year = r.year
    LEFT JOIN of_both AS b ON a.region_id = b.region_id AND a.cluster_id = b.cluster_id AND a.year = b.year
)

SELECT
    f.region_id,
    f.cluster_id,
    f.year,
    CASE WHEN f.coverage >= {{ least_coverage }} THEN least(1, f.cosine) END AS similarity,
    f.coverage,
    f.staffing_coverage,
    l.occupations::INTEGER AS occupations,
    l.scarce::INTEGER AS scarce_occupations,
    l.unknown::INTEGER AS unknown_occupations,
    coalesce(l.titles, '') AS scarce_titles,
    f.jobs,
    f.jobs_quality,
    f.jobs_year,
    CASE WHEN l.has_jobs THEN coalesce(l.jobs_needed, 0) END AS scarce_jobs
FROM fits AS f
INNER JOIN largest AS l ON f.region_id = l.region_id AND f.cluster_id = l.cluster_id AND f.year = l.year
