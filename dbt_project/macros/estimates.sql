{#- The formulas of estimates and their doubt, each in this one place. -#}

{#- The tenth (`end` = "low") or ninetieth percentile of a withheld cell, whole jobs, within its bounds and about its
    estimate. The error's logarithm is a normal in two halves (see orchestration/indicators/completions.py), of which the
    tenth lies 1.2816 deviations below the middle. -#}
{% macro estimate_percentile(end, estimate, lower, upper, middle, width) -%}
    {%- set jobs = "((" ~ estimate ~ ") + 0.5) * exp(" ~ middle ~ (" - " if end == "low" else " + ")
        ~ "1.2816 * " ~ width ~ ") - 0.5" -%}
    {%- if end == "low" -%}
        least({{ estimate }}, greatest({{ lower }}, floor({{ jobs }})))
    {%- else -%}
        greatest({{ estimate }}, least(coalesce({{ upper }}, 'infinity'::DOUBLE), ceil({{ jobs }})))
    {%- endif -%}
{%- endmacro %}

{#- The same of an average wage, whole dollars; NULL without an estimate. -#}
{% macro pay_percentile(end, estimate, lower, upper, middle, width) -%}
    CASE
        WHEN {{ estimate }} IS NOT NULL THEN {{ estimate_percentile(end, estimate, lower, upper, middle, width) }}
    END
{%- endmacro %}

{#- A figure's estimate, tenth and ninetieth percentile, of which the first is the figure where that is known, and all lie
    within its bounds. `estimated` and `known` are the columns' names up to their endings, `known` ends in nothing, _lower
    and _upper; `figure` is the expression of the figure where that has no column of its own. -#}
{% macro fenced(estimated, known, figure=none) -%}
    {%- set name = known.split(".")[1] -%}
    {%- set point = best(estimated ~ "_estimate", known, figure) -%}
    {{ point }} AS {{ name }}_estimate,
    least({{ point }}, {{ within_bounds(estimated ~ "_p10", known) }}) AS {{ name }}_p10,
    greatest({{ point }}, {{ within_bounds(estimated ~ "_p90", known) }}) AS {{ name }}_p90
{%- endmacro %}

{#- A figure where it is known, else its estimate, within its bounds. -#}
{% macro best(estimate, known, figure=none) -%}
    coalesce({{ figure or known }}, {{ within_bounds(estimate, known) }})
{%- endmacro %}

{#- What is not estimated stays unknown: `greatest` passes over NULL, and the lower bound would look like an estimate. -#}
{% macro within_bounds(value, known) -%}
    CASE WHEN {{ value }} IS NOT NULL THEN least(greatest({{ value }}, {{ known }}_lower), {{ known }}_upper) END
{%- endmacro %}

{#- How good an estimate is, by half the width of its 80 % interval. -#}
{% macro estimate_quality(is_known, estimate, low, high) -%}
    CASE
        WHEN {{ is_known }} THEN 'published'
        WHEN {{ high }} - {{ low }} <= 0.02 * {{ estimate }} THEN 'certain'
        WHEN {{ high }} - {{ low }} <= 0.10 * {{ estimate }} THEN 'good'
        WHEN {{ high }} - {{ low }} <= 0.30 * {{ estimate }} THEN 'fair'
        WHEN {{ estimate }} IS NOT NULL THEN 'rough'
    END
{%- endmacro %}

{#- How likely a verdict is: certain where bounds settle it, else the share of completions in which it holds. -#}
{% macro probability(verdict, share) -%}
    CASE {{ verdict }} WHEN 'yes' THEN 1 WHEN 'no' THEN 0 ELSE {{ share }} END
{%- endmacro %}

{#- A verdict that is likely enough to act on: yes from nine in ten, no up to one in ten. -#}
{% macro likely(probability) -%}
    CASE
        WHEN {{ probability }} >= 0.9 THEN 'yes'
        WHEN {{ probability }} <= 0.1 THEN 'no'
        WHEN {{ probability }} IS NOT NULL THEN 'undetermined'
    END
{%- endmacro %}

{#- Quadrant of a cluster by its quotient and its growth, where both are numbers (as in cluster_dynamics, where they are
    verdicts). -#}
{% macro quadrant_of(quotient, growth) -%}
    CASE
        WHEN {{ quotient }} >= 1 THEN CASE WHEN {{ growth }} > 0 THEN 'star' WHEN {{ growth }} <= 0 THEN 'mature' END
        WHEN {{ quotient }} < 1
            THEN CASE WHEN {{ growth }} > 0 THEN 'emerging' WHEN {{ growth }} <= 0 THEN 'transforming' END
    END
{%- endmacro %}
