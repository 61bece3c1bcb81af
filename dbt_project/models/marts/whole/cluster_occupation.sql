-- The largest occupations of each cluster in the nation, and how each metropolitan area has them. What BLS does not publish
-- of an area is unknown there, not scarce.
{%- set largest, scarce_below = 20, 0.8 %}

-- The survey's files that are pulled have no pay of the nation: that of all metropolitan areas stands for it.
WITH paid AS (
    SELECT occupation, year, sum(employment * mean_wage) / sum(employment) AS mean_wage
    FROM {{ ref("region_skills") }}
    WHERE employment > 0 AND mean_wage IS NOT NULL
    GROUP BY occupation, year
)

SELECT
    a.region_id,
    a.cluster_id,
    o.occupation,
    a.year,
    o.title,
    o.place::INTEGER AS place,
    o.share,
    a.jobs * o.share AS jobs_needed,
    -- No total is made of it: which occupations are the largest goes by the newest year of jobs.
    s.employment AS jobs_there,
    s.lq,
    s.mean_wage,
    s.mean_wage / p.mean_wage AS relative_pay,
    CASE
        WHEN s.lq IS NULL THEN 'unknown'
        WHEN s.lq < {{ scarce_below }} THEN 'scarce'
        ELSE 'present'
    END AS standing
FROM {{ ref("int_skill_areas") }} AS a
INNER JOIN {{ ref("int_cluster_staffing") }} AS o
    ON a.cluster_id = o.cluster_id AND a.year = o.year AND o.place <= {{ largest }}
LEFT JOIN {{ ref("region_skills") }} AS s
    ON a.region_id = s.region_id AND a.year = s.year AND o.occupation = s.occupation
LEFT JOIN paid AS p ON a.year = p.year AND o.occupation = p.occupation
