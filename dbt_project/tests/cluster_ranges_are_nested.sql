-- A figure lies in its range, and all ranges of a row follow from that of its employment: a known one leaves none open
-- but for the nation's, and coverage is its least over its most.
WITH rows AS (
    SELECT s.*, n.employment AS nation_employment
    FROM {{ ref("cluster_specialisation") }} AS s
    INNER JOIN {{ ref("cluster_specialisation") }} AS n
        ON s.reference_region_id = n.region_id AND s.cluster_id = n.cluster_id AND s.year = n.year
)

SELECT *
FROM rows
WHERE
    {% for figure in ("share_of_region", "share_of_nation", "lq_all", "hc_employment") -%}
    {% set slack = "1e-9 * (1 + abs(" ~ figure ~ "_lower))" -%}
    {{ figure }}_lower > {{ figure }}_upper + {{ slack }}
    OR {{ figure }} < {{ figure }}_lower - {{ slack }}
    OR {{ figure }} > {{ figure }}_upper + {{ slack }}
    OR (
        employment_lower = employment_upper AND nation_employment IS NOT NULL
        AND {{ figure }}_upper - {{ figure }}_lower > {{ slack }}
    )
    OR ({{ figure }} IS NOT NULL AND {{ figure }}_lower IS NULL)
    OR
    {% endfor -%}
    abs(share_of_region_lower * employment_upper - coverage * share_of_region_upper * employment_upper) > 1e-6
    AND share_of_region_upper < 1
    OR (coverage = 1) <> (employment_lower = employment_upper)
    OR (coverage = 0) <> (employment_lower = 0 AND employment_upper > 0)
LIMIT 100
