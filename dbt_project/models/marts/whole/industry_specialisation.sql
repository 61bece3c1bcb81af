-- A view, since the rows are those of `employment`: stored twice, they were a fifth of a release. By its bare name, since the
-- build file gets another name when it is published, and analysts attach it by any.
SELECT
    region_id,
    industry_id,
    ownership,
    year,
    employment,
    lq,
    lq_lower,
    lq_upper,
    coalesce(lq, lq_if_withheld) AS lq_estimate,
    specialised,
    average_wage_estimate,
    average_wage_p10,
    average_wage_p90,
    reference_region_id
FROM {{ by_name("employment") }}
WHERE reference_region_id IS NOT NULL
