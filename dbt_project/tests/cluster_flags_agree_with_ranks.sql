-- What reaches a quantile has no more than the rest of the regions above it: for a yes in no case, and where there is
-- room for one, in some case.
{%- set flags = {"ucm_qualifying": 75, "ucm_significant": 50, "ucm_strong": 25, "ucm_strong10": 10} %}
WITH beside AS (
    SELECT
        *,
        count(*) FILTER (WHERE employment_upper > 0 OR employment_upper IS NULL) OVER (
            PARTITION BY split_part(region_id, ':', 1), cluster_id, year
        ) AS peers
    FROM {{ ref("cluster_specialisation") }}
)

SELECT *
FROM beside
WHERE
    {% for flag, percent in flags.items() -%}
    ({{ flag }} = 'yes' AND 100 * (rank_lq_worst - 1) > {{ percent }} * (peers - 1))
    OR ({{ flag }} = 'undetermined' AND 100 * (rank_lq_best - 1) > {{ percent }} * (peers - 1))
    {{ "OR " if not loop.last }}
    {%- endfor %}
LIMIT 100
