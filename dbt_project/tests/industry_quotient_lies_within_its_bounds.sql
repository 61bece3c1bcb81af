SELECT *
FROM {{ ref("employment") }}
WHERE
    lq_lower > lq_upper
    OR lq < lq_lower * (1 - 1e-9)
    OR lq > lq_upper * (1 + 1e-9)
LIMIT 100
