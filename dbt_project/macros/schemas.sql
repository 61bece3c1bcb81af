{#- Schemas are named as the folders say, without the target's schema in front. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}

{#- A table by its name alone, as views of a release read it: the build file gets another name when it is published. -#}
{% macro by_name(model) -%}
    {{ ref(model).include(database=false, schema=false) }}
{%- endmacro %}
