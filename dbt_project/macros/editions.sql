{#- The rows of a source's newest edition, for what has no years of its own: several editions stand side by side. -#}
{% macro newest(relation) -%}
    (SELECT * FROM {{ relation }} WHERE period = (SELECT max(period) FROM {{ relation }}))
{%- endmacro %}

{#- Where the tidy partitions of a build are linked. -#}
{% macro tidy_folder() -%}
    {{ env_var("CLUSTERS_TIDY", env_var("CLUSTERS_HOME", "../data") ~ "/work/tidy") }}
{%- endmacro %}
