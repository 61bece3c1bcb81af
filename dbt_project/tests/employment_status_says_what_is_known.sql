SELECT *
FROM {{ ref("employment") }}
WHERE
    (status IN ('published', 'derived')) <> (employment IS NOT NULL)
    OR (status = 'bounded' AND employment_upper IS NULL)
    OR (status = 'missing' AND employment_upper IS NOT NULL)
LIMIT 100
