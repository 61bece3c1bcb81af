-- Where to start: every cluster of every region with names, best figures and their ranges. A view, since all of it stands in
-- other tables; by bare names, since the build file gets another name when it is published.
WITH grown AS (
    SELECT region_id, cluster_id, to_year AS year, to_year - from_year AS years, growth_estimate AS growth
    FROM {{ by_name("cluster_dynamics") }}
    WHERE to_year - from_year IN (1, 5)
),

shown AS (
    SELECT
        s.*,
        r.name AS region_name,
        r.region_type,
        CASE r.region_type
            WHEN 'county' THEN parent.name
            WHEN 'state' THEN r.name
            -- As in "Boston-Cambridge-Newton, MA-NH MSA".
            WHEN 'cbsa' THEN regexp_extract(r.name, ', ([A-Z-]+) ', 1)
        END AS state,
        c.name AS cluster_name,
        c.kind,
        one.growth AS growth_1y,
        five.growth AS growth_5y,
        coalesce(five.growth, one.growth) AS latest_growth
    FROM {{ by_name("cluster_specialisation") }} AS s
    INNER JOIN {{ by_name("dim_region") }} AS r ON s.region_id = r.region_id
    INNER JOIN {{ by_name("dim_cluster") }} AS c ON s.cluster_id = c.cluster_id
    LEFT JOIN {{ by_name("dim_region") }} AS parent ON r.parent_region_id = parent.region_id
    LEFT JOIN grown AS one
        ON s.region_id = one.region_id AND s.cluster_id = one.cluster_id AND s.year = one.year AND one.years = 1
    LEFT JOIN grown AS five
        ON s.region_id = five.region_id AND s.cluster_id = five.cluster_id AND s.year = five.year AND five.years = 5
    -- What has no place in its state is no region.
    WHERE r.region_type <> 'unallocated'
)

SELECT
    region_id,
    region_name,
    region_type,
    state,
    cluster_id,
    cluster_name,
    kind,
    year,
    employment_estimate AS jobs,
    employment_p10 AS jobs_low,
    employment_p90 AS jobs_high,
    estimate_quality AS jobs_quality,
    establishments,
    wages_estimate AS wages,
    average_wage_estimate AS average_wage,
    average_wage_p10 AS average_wage_low,
    average_wage_p90 AS average_wage_high,
    lq_estimate AS lq,
    lq_p10 AS lq_low,
    lq_p90 AS lq_high,
    share_of_region_estimate AS share_of_region,
    share_of_nation_estimate AS share_of_nation,
    hc_employment_estimate AS above_norm,
    rank_employment_estimate AS rank,
    CASE
        WHEN ucm_strong <> 'undetermined' THEN ucm_strong
        WHEN ucm_strong_likely = 'yes' THEN 'likely'
        WHEN ucm_strong_likely = 'no' THEN 'unlikely'
        ELSE ucm_strong
    END AS strong,
    ucm_strong_probability AS strong_probability,
    stars_estimate AS stars,
    growth_1y,
    growth_5y,
    {{ quadrant_of("lq_all_estimate", "latest_growth") }} AS quadrant
FROM shown
