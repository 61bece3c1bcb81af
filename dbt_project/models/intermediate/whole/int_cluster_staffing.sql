-- Who works in a cluster, in the nation: the occupations of its industries as the survey has them, by the industries' jobs
-- (best estimates) in the year of the release that lies nearest to the survey's. What an industry withholds is left out,
-- so that a share is the least it can be. Whole jobs: such numbers add up the same in any order.
WITH industries AS (
    SELECT
        y.year,
        y.jobs_year,
        c.cluster_id,
        {{ naics_of("e.industry_id") }} AS naics,
        {{ naics_code_of("e.industry_id") }} AS code,
        e.employment_estimate * c.weight AS jobs
    FROM (
        -- Of two as near the earlier one.
        SELECT s.year, arg_min(j.year, 2 * abs(j.year - s.year) + (j.year > s.year)::INTEGER) AS jobs_year
        FROM (SELECT DISTINCT year FROM {{ ref("region_skills") }}) AS s
        CROSS JOIN (
            SELECT DISTINCT year FROM {{ ref("cluster_specialisation") }} WHERE region_id LIKE 'cbsa:%'
        ) AS j
        GROUP BY s.year
    ) AS y
    INNER JOIN {{ ref("employment") }} AS e ON y.jobs_year = e.year
    INNER JOIN {{ ref("cluster_industry") }} AS c ON e.industry_id = c.industry_id
    WHERE e.region_id LIKE 'nation:%' AND e.ownership = 'private'
),

staffing AS (
    {{ staffing_of("(SELECT DISTINCT naics, code FROM industries)", ref("stg_oews_industry")) | indent(4) }}
),

totals AS (
    SELECT year, cluster_id, round(sum({{ addable("jobs") }}))::BIGINT AS cluster_jobs
    FROM industries
    GROUP BY year, cluster_id
),

occupations AS (
    SELECT
        i.year, i.jobs_year, i.cluster_id, s.occupation,
        min(s.title) AS title,
        round(sum({{ addable("i.jobs * s.employment / nullif(s.industry_employment, 0)") }}))::BIGINT AS jobs
    FROM industries AS i
    INNER JOIN staffing AS s ON i.year = s.year AND i.naics = s.naics AND i.code = s.code
    GROUP BY i.year, i.jobs_year, i.cluster_id, s.occupation
),

-- Printed jobs are rounded to tens, so that occupations may add up to a little more than their industry.
bounded AS (
    SELECT
        o.*,
        greatest(t.cluster_jobs, sum(o.jobs) OVER (PARTITION BY o.cluster_id, o.year))::BIGINT AS cluster_jobs
    FROM occupations AS o
    INNER JOIN totals AS t ON o.year = t.year AND o.cluster_id = t.cluster_id
    WHERE o.jobs > 0
)

SELECT
    cluster_id,
    year::INTEGER AS year,
    occupation,
    title,
    jobs_year::INTEGER AS jobs_year,
    jobs,
    cluster_jobs,
    jobs / cluster_jobs AS share,
    row_number() OVER (PARTITION BY cluster_id, year ORDER BY jobs DESC, occupation ASC) AS place
FROM bounded
