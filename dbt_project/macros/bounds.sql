{#- A part of a whole number, rounded to 1/1024: such numbers add up exactly, and so the same in any order. -#}
{% macro addable(value) -%}
    round(({{ value }}) * 1024) / 1024
{%- endmacro %}

{#- How much of a figure is certain: its least over its greatest possible value; 1 where it is known, 0 where nothing of
    it is certain or no bound of it is known. -#}
{% macro coverage(lower, upper) -%}
    CASE WHEN {{ lower }} = {{ upper }} THEN 1 ELSE coalesce(({{ lower }}) / nullif({{ upper }}, 0), 0) END
{%- endmacro %}
