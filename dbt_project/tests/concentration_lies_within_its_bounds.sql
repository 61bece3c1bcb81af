-- And a value is given where, and only where, its bounds lie within one percent of each other; an estimate where there are
-- bounds, within them.
{%- set measures = [
    "herfindahl", "locational_gini", "hoover", "theil", "raw_concentration_g", "ellison_glaeser_gamma",
    "plant_herfindahl", "maurel_sedillot_gamma",
] %}
{% for m in measures -%}
SELECT
    industry_id, region_type, year, '{{ m }}' AS measure, {{ m }} AS found,
    {{ m }}_lower AS least, {{ m }}_upper AS most
FROM {{ ref("industry_concentration") }}
WHERE {{ m }}_lower > {{ m }}_upper
    OR {{ m }} NOT BETWEEN {{ m }}_lower - 1e-12 AND {{ m }}_upper + 1e-12
    OR ({{ m }} IS NULL) <> coalesce(
        abs({{ m }}_upper - {{ m }}_lower) > 0.01 * least(abs({{ m }}_lower), abs({{ m }}_upper)), TRUE
    )
    {% if loop.index <= 6 -%}
    OR {{ m }}_estimate NOT BETWEEN {{ m }}_p10 AND {{ m }}_p90
    OR {{ m }}_p10 < {{ m }}_lower - 1e-12
    OR {{ m }}_p90 > {{ m }}_upper + 1e-12
    OR ({{ m }}_estimate IS NULL) <> ({{ m }}_lower IS NULL)
    {%- endif %}
{{ "UNION ALL" if not loop.last }}
{% endfor -%}
LIMIT 100
