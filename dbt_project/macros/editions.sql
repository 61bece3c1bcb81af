{#- The rows of a source's newest edition, for what has no years of its own: several editions stand side by side. -#}
{% macro newest(relation) -%}
    (SELECT * FROM {{ relation }} WHERE period = (SELECT max(period) FROM {{ relation }}))
{%- endmacro %}
