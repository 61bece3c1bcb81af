-- Ranks, flags and stars of each region's cluster among those of its type.
WITH ranked AS (
    SELECT
        region_id, cluster_id, year,
        {% for name, figure in (("employment", "employment"), ("lq", "share")) -%}
        max(1 + surely_above) FILTER (WHERE figure = '{{ figure }}')::INTEGER AS rank_{{ name }}_best,
        max(1 + possibly_above) FILTER (WHERE figure = '{{ figure }}')::INTEGER AS rank_{{ name }}_worst{{
            "," if not loop.last
        }}
        {% endfor -%}
    FROM {{ ref("int_cluster_standings") }}
    WHERE among = 'type'
    GROUP BY region_id, cluster_id, year
)

SELECT
    r.*,
    {% for name in ("employment", "lq") -%}
    CASE WHEN rank_{{ name }}_best = rank_{{ name }}_worst THEN rank_{{ name }}_best END AS rank_{{ name }},
    {% endfor -%}
    {% for flag in ("ucm_qualifying", "ucm_significant", "ucm_strong", "ucm_strong10") -%}
    f.{{ flag }},
    {% endfor -%}
    {% for star in ("star_size", "star_specialisation", "star_focus") -%}
    t.{{ star }}{{ "," if not loop.last }}
    {% endfor -%}
FROM ranked AS r
LEFT JOIN {{ ref("int_cluster_flags") }} AS f
    ON r.region_id = f.region_id AND r.cluster_id = f.cluster_id AND r.year = f.year
LEFT JOIN {{ ref("int_cluster_stars") }} AS t
    ON r.region_id = t.region_id AND r.cluster_id = t.cluster_id AND r.year = t.year
