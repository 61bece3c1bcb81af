{#- What the measures of concentration are taken over, and when a range counts as a figure. The measures themselves are
    in orchestration/indicators/concentration.py. -#}

{#- Regions that BLS publishes and leaves out of the nation. -#}
{% macro outside_the_nation(region_id) -%}
    {{ region_id }} IN (SELECT region_id FROM {{ ref("int_region_roles") }} WHERE NOT in_nation)
{%- endmacro %}

{#- Whether a range is so narrow that it is as good as known: within one percent, as for quotients. -#}
{% macro is_narrow(lower, upper) -%}
    {{ upper }} - {{ lower }} <= 0.01 * least(abs({{ lower }}), abs({{ upper }}))
{%- endmacro %}
