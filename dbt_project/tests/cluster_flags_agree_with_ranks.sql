-- What reaches a quantile has no more than the rest of the peers above it: for a yes in no case, and where there is
-- room for one, in some case. Ranks are among all regions of a type, so those that are no peers may lie above as well.
{%- set flags = {"ucm_qualifying": 75, "ucm_significant": 50, "ucm_strong": 25, "ucm_strong10": 10} %}
WITH beside AS (
    SELECT
        s.*,
        count(*) FILTER (WHERE o.ucm_peer AND coalesce(s.employment_upper > 0, TRUE)) OVER same AS peers,
        count(*) FILTER (WHERE NOT o.ucm_peer) OVER same AS others
    FROM {{ ref("cluster_specialisation") }} AS s
    INNER JOIN {{ ref("int_region_roles") }} AS o ON s.region_id = o.region_id
    WINDOW same AS (PARTITION BY o.region_type, s.cluster_id, s.year)
)

SELECT *
FROM beside
WHERE
    {% for flag, percent in flags.items() -%}
    ({{ flag }} = 'yes' AND 100 * (rank_lq_worst - 1 - others) > {{ percent }} * (peers - 1))
    OR ({{ flag }} = 'undetermined' AND 100 * (rank_lq_best - 1 - others) > {{ percent }} * (peers - 1))
    {{ "OR " if not loop.last }}
    {%- endfor %}
LIMIT 100
