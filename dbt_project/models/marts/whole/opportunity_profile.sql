-- Where to start with what a region lacks: its opportunities with names, and what they would mean. A view, since all of it
-- stands in other tables; by bare names, since the build file gets another name when it is published.
SELECT
    o.region_id,
    r.region_name,
    r.region_type,
    o.cluster_id,
    n.cluster_name,
    o.year,
    o.opportunity_rank_on_estimates AS rank,
    o.relatedness_density_on_estimates AS density,
    coalesce(c.jobs, 0) AS jobs,
    coalesce(c.jobs_low, 0) AS jobs_low,
    coalesce(c.jobs_high, 0) AS jobs_high,
    coalesce(c.jobs_quality, 'published') AS jobs_quality,
    coalesce(c.establishments, 0) AS establishments,
    -- The nation's share of the cluster is what a region with a quotient of 1 has.
    n.share_of_region * r.jobs - coalesce(c.jobs, 0) AS jobs_to_the_norm,
    n.wages / nullif(n.jobs, 0) / nullif(r.average_wage, 0) AS pay_ratio,
    n.growth_1y AS nation_growth_1y,
    n.growth_5y AS nation_growth_5y,
    o.complexity_establishments AS complexity
FROM {{ by_name("cluster_opportunity") }} AS o
INNER JOIN {{ by_name("region_profile") }} AS r ON o.region_id = r.region_id AND o.year = r.year
INNER JOIN {{ by_name("cluster_profile") }} AS n
    ON o.cluster_id = n.cluster_id AND o.year = n.year AND n.region_type = 'nation'
LEFT JOIN {{ by_name("cluster_profile") }} AS c
    ON o.region_id = c.region_id AND o.cluster_id = c.cluster_id AND o.year = c.year
WHERE o.opportunity_rank_on_estimates IS NOT NULL
