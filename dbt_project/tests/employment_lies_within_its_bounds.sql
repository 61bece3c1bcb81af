SELECT *
FROM {{ ref("employment") }}
WHERE
    employment_lower > employment_upper
    OR employment < employment_lower
    OR employment > employment_upper
    OR employment_lower IS NULL
LIMIT 100
