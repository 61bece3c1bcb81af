{%- set figures = [
    "employment_from", "employment_to", "change", "growth", "national_share", "industry_mix", "regional_shift",
    "allocation_effect", "competitive_effect", "national_share_dynamic", "industry_mix_dynamic", "regional_shift_dynamic",
] %}
{% for f in figures -%}
SELECT
    region_id, cluster_id, from_year, to_year, '{{ f }}' AS figure, {{ f }} AS found,
    {{ f }}_lower AS least, {{ f }}_upper AS most
FROM {{ ref("cluster_dynamics") }}
WHERE {{ f }}_lower > {{ f }}_upper + 1e-6 OR {{ f }} NOT BETWEEN {{ f }}_lower - 1e-6 AND {{ f }}_upper + 1e-6
{{ "UNION ALL" if not loop.last }}
{% endfor -%}
LIMIT 100
