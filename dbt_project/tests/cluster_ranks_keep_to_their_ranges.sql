-- A rank is given exactly where its range is one place; ranges lie within the regions of the type, and one begins at 1.
WITH ranked AS (
    {% for figure in ("employment", "lq") -%}
    SELECT
        region_id, cluster_id, year, '{{ figure }}' AS figure, rank_{{ figure }} AS rank,
        rank_{{ figure }}_best AS best, rank_{{ figure }}_worst AS worst
    FROM {{ ref("cluster_specialisation") }}
    {{ "UNION ALL" if not loop.last }}
    {% endfor %}
),

grouped AS (
    SELECT
        *,
        count(*) OVER same_type AS regions,
        min(best) OVER same_type AS first
    FROM ranked
    WINDOW same_type AS (PARTITION BY split_part(region_id, ':', 1), cluster_id, year, figure)
)

SELECT *
FROM grouped
WHERE
    best > worst
    OR worst > regions
    OR first <> 1
    OR rank IS DISTINCT FROM CASE WHEN best = worst THEN best END
LIMIT 100
