-- Private six-digit cells of each cluster in each region, and the part of each that is the cluster's; 0 is the cluster of
-- industries in none.
{{ config(materialized="view") }}
SELECT
    c.region_type,
    c.region_id,
    c.region_no,
    c.year,
    m.cluster_no,
    c.industry_no,
    m.weight,
    c.employment_lower < coalesce(c.employment_upper, 'infinity'::DOUBLE) AS is_open,
    c.employment_estimate AS estimate,
    c.employment_lower AS lower,
    coalesce(c.employment_upper, 'infinity'::DOUBLE) AS upper,
    c.middle,
    c.below * c.cluster_factor AS below,
    c.above * c.cluster_factor AS above,
    -- Of those of which nothing is known nobody is paid: their jobs are estimated to be none.
    coalesce(c.wages, c.employment_estimate * c.average_wage_estimate, 0) AS wages,
    CASE WHEN c.wages IS NULL THEN c.pay_middle ELSE 0 END AS pay_middle,
    CASE WHEN c.wages IS NULL THEN c.pay_below * c.pay_cluster_factor ELSE 0 END AS pay_below,
    CASE WHEN c.wages IS NULL THEN c.pay_above * c.pay_cluster_factor ELSE 0 END AS pay_above
FROM {{ ref("int_estimated_cells") }} AS c
INNER JOIN {{ ref("int_memberships") }} AS m ON c.naics = m.naics AND c.industry_code = m.code
WHERE c.level = 'national_industry' AND c.ownership = 'private'
    AND c.region_type IN ('nation', 'state', 'county', 'cbsa')
