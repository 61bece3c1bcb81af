-- No pair that is not related has a higher combined score than one that is, and a tenth of the pairs are related (a few
-- more where scores are equal, as both orders of a pair are).
{%- for suffix in ("", "_county", "_state") %}
SELECT
    '{{ suffix }}' AS over, year,
    count(*) FILTER (WHERE related{{ suffix }}) AS related,
    count(combined{{ suffix }}) AS pairs
FROM {{ ref("cluster_linkage") }}
WHERE cluster_a <> cluster_b
GROUP BY year
HAVING max(combined{{ suffix }}) FILTER (WHERE NOT related{{ suffix }})
    > min(combined{{ suffix }}) FILTER (WHERE related{{ suffix }})
    OR count(*) FILTER (WHERE related{{ suffix }}) NOT BETWEEN 0.1 * count(combined{{ suffix }})
    AND 0.1 * count(combined{{ suffix }}) + 2
    OR count(related{{ suffix }}) <> count(combined{{ suffix }})
{{ "UNION ALL" if not loop.last }}
{%- endfor %}
UNION ALL
SELECT 'itself', year, count(*), 0
FROM {{ ref("cluster_linkage") }}
WHERE cluster_a = cluster_b AND (related OR related_county OR related_state)
GROUP BY year
