-- Every cluster in every metropolitan area of a survey, with its jobs there (best estimates) in the year that staffing is
-- weighted by. An area that had other counties in that year, or was none, has the jobs of the counties that it has in the
-- survey's year: those under its code are another place's. A region that has clusters in that year and no row for one has no
-- jobs in it; of another region nothing is known.
WITH years AS (
    SELECT DISTINCT year, jobs_year FROM {{ ref("int_cluster_staffing") }}
),

clusters AS (
    SELECT DISTINCT cluster_id, year FROM {{ ref("int_cluster_staffing") }}
),

areas AS (
    SELECT DISTINCT s.region_id, y.year, y.jobs_year
    FROM {{ ref("region_skills") }} AS s
    INNER JOIN years AS y ON s.year = y.year
),

members AS (
    SELECT
        a.region_id, a.year, a.jobs_year, c.county_region_id,
        bool_or(a.year BETWEEN c.valid_from AND coalesce(c.valid_to, a.year)) AS is_surveyed,
        bool_or(a.jobs_year BETWEEN c.valid_from AND coalesce(c.valid_to, a.jobs_year)) AS is_counted
    FROM areas AS a
    INNER JOIN {{ ref("cbsa_county") }} AS c ON a.region_id = c.region_id
    GROUP BY a.region_id, a.year, a.jobs_year, c.county_region_id
),

delineated_anew AS (
    SELECT region_id, year
    FROM members
    GROUP BY region_id, year
    HAVING bool_or(is_surveyed <> is_counted)
),

parts AS (
    SELECT region_id, year, jobs_year, region_id AS part_id
    FROM areas
    ANTI JOIN delineated_anew USING (region_id, year)
    UNION ALL
    SELECT region_id, year, jobs_year, county_region_id
    FROM members
    SEMI JOIN delineated_anew USING (region_id, year)
    WHERE is_surveyed
),

reporting AS (
    SELECT DISTINCT region_id, year FROM {{ ref("cluster_specialisation") }}
),

jobs AS (
    SELECT
        p.region_id,
        c.cluster_id,
        p.year,
        sum({{ addable("coalesce(j.employment_estimate, 0)") }}) AS jobs,
        -- As if all counties erred the same way, so that the range is the widest it can be.
        sum({{ addable("coalesce(j.employment_p10, 0)") }}) AS low,
        sum({{ addable("coalesce(j.employment_p90, 0)") }}) AS high,
        -- What is not there is known.
        bool_and(coalesce(j.estimate_quality, 'published') = 'published') AS is_published,
        CASE WHEN count(*) = 1 THEN any_value(coalesce(j.estimate_quality, 'published')) END AS own_quality,
        count(*) = count(r.region_id) AS is_known
    FROM parts AS p
    INNER JOIN clusters AS c ON p.year = c.year
    LEFT JOIN reporting AS r ON p.part_id = r.region_id AND p.jobs_year = r.year
    LEFT JOIN {{ ref("cluster_specialisation") }} AS j
        ON p.part_id = j.region_id AND c.cluster_id = j.cluster_id AND p.jobs_year = j.year
    GROUP BY p.region_id, c.cluster_id, p.year
)

SELECT
    a.region_id,
    c.cluster_id,
    a.year,
    a.jobs_year,
    CASE WHEN j.is_known THEN j.jobs END AS jobs,
    CASE
        WHEN j.is_known THEN coalesce(
            j.own_quality,
            {{ estimate_quality("j.is_published", "j.jobs", "j.low", "j.high") | indent(12) }}
        )
    END AS jobs_quality
FROM areas AS a
INNER JOIN clusters AS c ON a.year = c.year
LEFT JOIN jobs AS j ON a.region_id = j.region_id AND c.cluster_id = j.cluster_id AND a.year = j.year
