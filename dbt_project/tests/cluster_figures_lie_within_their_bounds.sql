SELECT *
FROM {{ ref("cluster_specialisation") }}
WHERE
    employment_lower > employment_upper
    OR employment < employment_lower
    OR employment > employment_upper
    OR lq_lower > lq_upper
    OR lq < lq_lower * (1 - 1e-9)
    OR lq > lq_upper * (1 + 1e-9)
