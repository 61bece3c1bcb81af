SELECT *
FROM {{ ref("employment") }}
WHERE
    employment_lower > employment_upper
    OR employment < employment_lower
    OR employment > employment_upper
    OR employment_lower IS NULL
    OR employment_estimate IS DISTINCT FROM coalesce(employment, employment_estimate)
    OR employment_estimate IS NULL
    OR employment_p10 < employment_lower
    OR employment_p90 > employment_upper
    OR employment_estimate NOT BETWEEN employment_p10 AND employment_p90
LIMIT 100
