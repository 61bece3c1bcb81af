-- Jobs created are those of births and of continuers, rates are what figures make them, and no state has
-- fewer applications than its counties. Destruction is not held to its parts: Delaware's of 1987 is published otherwise.
WITH by_state AS (
    SELECT
        'state:' || substr(region_id, 8, 2) AS region_id, year, sum(business_applications) AS applications
    FROM {{ ref("region_dynamism") }}
    WHERE region_id LIKE 'county:%'
    GROUP BY substr(region_id, 8, 2), year
)

SELECT 'parts' AS what, region_id, year
FROM {{ ref("region_dynamism") }}
-- Parts may be rounded.
WHERE abs(job_creation - job_creation_births - job_creation_continuers) > 1 + 1e-4 * job_creation
    OR abs(churn - birth_rate - death_rate) > 1e-9
    OR abs(net_job_creation_rate * mean_employment - job_creation + job_destruction) > 1e-6 * (1 + job_creation)
    OR excess_reallocation_rate > reallocation_rate + 1e-12
    OR coalesce(business_applications, establishments) IS NULL
UNION ALL
-- They may be fewer, where a county is not in the dimension.
SELECT 'counties', s.region_id, s.year
FROM {{ ref("region_dynamism") }} AS s
INNER JOIN by_state AS c ON s.region_id = c.region_id AND s.year = c.year
WHERE c.applications > s.business_applications
LIMIT 100
