WITH ordered AS (
    SELECT
        region_id, cluster_id, year, employment, lq, rank_employment, rank_lq,
        lag(employment) OVER by_employment AS employment_above,
        lag(lq) OVER by_lq AS lq_above
    FROM {{ ref("cluster_specialisation") }}
    WINDOW
        by_employment AS (
            PARTITION BY split_part(region_id, ':', 1), cluster_id, year ORDER BY rank_employment NULLS LAST
        ),
        by_lq AS (PARTITION BY split_part(region_id, ':', 1), cluster_id, year ORDER BY rank_lq NULLS LAST)
)

SELECT *
FROM ordered
WHERE employment > employment_above OR lq > lq_above
LIMIT 100
