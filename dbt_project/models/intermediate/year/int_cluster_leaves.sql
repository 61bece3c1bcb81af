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
    c.above * c.cluster_factor AS above
FROM {{ ref("int_estimated_cells") }} AS c
INNER JOIN {{ ref("int_memberships") }} AS m ON c.naics = m.naics AND c.industry_code = m.code
WHERE c.level = 'national_industry' AND c.ownership = 'private'
    AND c.region_type IN ('nation', 'state', 'county', 'cbsa')
