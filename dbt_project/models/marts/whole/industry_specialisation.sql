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
    specialised,
    reference_region_id
FROM {{ ref("employment").include(database=false, schema=false) }}
WHERE reference_region_id IS NOT NULL
