{#- What is left of a parent after its published children, as a whole number that the true value cannot exceed:
    the parent and each child are rounded, so each may be off by half a job. -#}
{% macro residual(parent, published, cells) -%}
    greatest(floor({{ parent }} - coalesce({{ published }}, 0) + 0.5 * (1 + {{ cells }})), 0)
{%- endmacro %}

{#- A part of a whole number, rounded to 1/1024: such numbers add up exactly, and so the same in any order. -#}
{% macro addable(value) -%}
    round(({{ value }}) * 1024) / 1024
{%- endmacro %}

{#- How much of a figure is certain: its least over its greatest possible value; 1 where it is known, 0 where nothing of
    it is certain or no bound of it is known. -#}
{% macro coverage(lower, upper) -%}
    CASE WHEN {{ lower }} = {{ upper }} THEN 1 ELSE coalesce(({{ lower }}) / nullif({{ upper }}, 0), 0) END
{%- endmacro %}
