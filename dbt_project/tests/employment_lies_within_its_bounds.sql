SELECT *
FROM {{ ref("employment") }}
WHERE
    employment_lower > employment_upper
    OR employment < employment_lower
    OR employment > employment_upper
    OR employment_lower IS NULL
    OR (employment_estimate IS NULL) <> (employment IS NOT NULL)
    OR employment_estimate < employment_lower
    OR employment_estimate > employment_upper
LIMIT 100
