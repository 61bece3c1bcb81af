-- And a value is given where, and only where, its bounds lie within one percent of each other; estimates lie within them.
{%- set measures = [
    "herfindahl", "krugman", "hachman", "variety", "unrelated_variety", "related_variety", "herfindahl_4digit",
    "krugman_4digit", "hachman_4digit", "variety_4digit", "related_variety_4digit", "cluster_strength",
] %}
{% for m in measures -%}
SELECT region_id, year, '{{ m }}' AS measure, {{ m }} AS found, {{ m }}_lower AS least, {{ m }}_upper AS most
FROM {{ ref("region_structure") }}
WHERE {{ m }}_lower > {{ m }}_upper
    OR {{ m }} NOT BETWEEN {{ m }}_lower - 1e-12 AND {{ m }}_upper + 1e-12
    OR ({{ m }} IS NULL) <> coalesce(
        abs({{ m }}_upper - {{ m }}_lower) > 0.01 * least(abs({{ m }}_lower), abs({{ m }}_upper)), TRUE
    )
    {% if loop.index <= 6 or m == "cluster_strength" -%}
    OR {{ m }}_estimate NOT BETWEEN {{ m }}_p10 AND {{ m }}_p90
    OR {{ m }}_p10 < {{ m }}_lower - 1e-12
    OR {{ m }}_p90 > {{ m }}_upper + 1e-12
    {%- endif %}
{{ "UNION ALL" if not loop.last }}
{% endfor -%}
LIMIT 100
