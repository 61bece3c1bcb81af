-- Among the clusters a region lacks, and of which density and complexity are known.
{% for basis in ("", "_establishments", "_on_estimates") -%}
SELECT
    region_id, year, '{{ basis }}' AS basis,
    count(opportunity_rank{{ basis }}) AS ranked,
    count(DISTINCT opportunity_rank{{ basis }}) AS ranks,
    max(opportunity_rank{{ basis }}) AS last_rank,
    count_if(
        present{{ basis }} = 'no' AND relatedness_density{{ basis }} IS NOT NULL AND complexity{{ basis }} IS NOT NULL
    ) AS lacking
FROM {{ ref("cluster_opportunity") }}
GROUP BY region_id, year
HAVING ranked <> ranks OR coalesce(last_rank, 0) <> ranked OR lacking <> ranked
    OR count_if(opportunity_rank{{ basis }} IS NOT NULL AND present{{ basis }} <> 'no') > 0
{{ "UNION ALL" if not loop.last }}
{% endfor -%}
LIMIT 100
