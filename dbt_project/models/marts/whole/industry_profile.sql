-- Every industry of every region with names, best figures and their ranges: private jobs. A view, since all of it stands in
-- other tables; by bare names, since the build file gets another name when it is published.
SELECT
    e.region_id,
    r.name AS region_name,
    r.region_type,
    e.industry_id,
    i.title AS industry_title,
    i.level,
    e.year,
    e.employment_estimate AS jobs,
    e.employment_p10 AS jobs_low,
    e.employment_p90 AS jobs_high,
    e.estimate_quality AS jobs_quality,
    e.establishments,
    coalesce(e.wages, round(e.average_wage_estimate * e.employment_estimate))::BIGINT AS wages,
    e.average_wage_estimate AS average_wage,
    e.average_wage_p10 AS average_wage_low,
    e.average_wage_p90 AS average_wage_high,
    coalesce(e.lq, e.lq_if_withheld) AS lq
FROM {{ by_name("employment") }} AS e
INNER JOIN {{ by_name("dim_region") }} AS r ON e.region_id = r.region_id
INNER JOIN {{ by_name("dim_industry") }} AS i ON e.industry_id = i.industry_id
WHERE e.ownership = 'private' AND r.region_type <> 'unallocated'
