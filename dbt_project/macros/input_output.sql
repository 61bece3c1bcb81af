{#- Key of an industry of the input-output accounts: the edition of NAICS that they are in, and BEA's code. -#}
{% macro bea_industry_id(naics, code) -%}
    'bea' || {{ naics }} || ':' || {{ code }}
{%- endmacro %}
