{#- The shapes that tests of one table have in common; contracts declare them, each with a name of its own, since the name
    of a check is what people know it by. A test gives the rows that break a rule. What compares with a recomputation or
    with several tables stands alone in `tests/`. -#}

{#-
    Figures lie within their bounds, and the bounds in order.

    measures: names of columns that have `_lower` and `_upper` beside them. slack: how far outside rounding may put a
    figure, and relative_slack as a part of the bound; slack_of_bounds: how far the least may be above the most.
    given_where_narrow: a figure is given where, and only where, its bounds are narrow. estimates: those that have
    `_p10`, `_estimate` and `_p90`, in this order within the bounds, too; estimates_where_bounded: an estimate is given
    where, and only where, there are bounds.
-#}
{% test lies_within_bounds(
    model, measures, slack=0, relative_slack=0, slack_of_bounds=0, given_where_narrow=false, estimates=[],
    estimates_where_bounded=false
) %}
SELECT *
FROM {{ model }}
WHERE FALSE
    {%- for m in measures %}
    {%- set least = m ~ "_lower" ~ (" * (1 - " ~ relative_slack ~ ")" if relative_slack) ~ (" - " ~ slack if slack) %}
    {%- set most = m ~ "_upper" ~ (" * (1 + " ~ relative_slack ~ ")" if relative_slack) ~ (" + " ~ slack if slack) %}
    OR {{ m }}_lower > {{ m }}_upper {{ "+ " ~ slack_of_bounds if slack_of_bounds }}
    OR {{ m }} < {{ least }}
    OR {{ m }} > {{ most }}
    {%- if given_where_narrow %}
    OR ({{ m }} IS NULL) <> coalesce(
        abs({{ m }}_upper - {{ m }}_lower) > 0.01 * least(abs({{ m }}_lower), abs({{ m }}_upper)), TRUE
    )
    {%- endif %}
    {%- if m in estimates %}
    OR {{ m }}_estimate NOT BETWEEN {{ m }}_p10 AND {{ m }}_p90
    OR {{ m }}_p10 < {{ least }}
    OR {{ m }}_p90 > {{ most }}
    {%- if estimates_where_bounded %}
    OR ({{ m }}_estimate IS NULL) <> ({{ m }}_lower IS NULL)
    {%- endif %}
    {%- endif %}
    {%- endfor %}
{% endtest %}

{#- No row meets any of some conditions, in SQL. -#}
{% test never_holds(model, conditions) %}
SELECT *
FROM {{ model }}
WHERE
    ({{ conditions | join(")\n    OR (") }})
{% endtest %}

{#- Parts add up to a total where all are known. sums: a list of {total, parts}, columns all of them; slack: what
    rounding may make of it. -#}
{% test adds_up(model, sums, slack) %}
SELECT *
FROM {{ model }}
WHERE
    {%- for sum in sums %}
    {{ "OR" if not loop.first }} abs({{ sum.parts | join(" + ") }} - {{ sum.total }}) > {{ slack }}
    {%- endfor %}
{% endtest %}

{#- Whoever has a neighbour is its neighbour, and nobody is its own. one, other: the columns that name the two;
    within: columns that are the same for both, such as the year. -#}
{% test is_mutual(model, one, other, within=[]) %}
SELECT *
FROM {{ model }} AS a
WHERE a.{{ one }} = a.{{ other }}
    OR NOT EXISTS (
        SELECT 1 FROM {{ model }} AS b
        WHERE b.{{ one }} = a.{{ other }} AND b.{{ other }} = a.{{ one }}
            {%- for column in within %} AND b.{{ column }} = a.{{ column }}{% endfor %}
    )
{% endtest %}

{#- A column says what another table says of the same key. to: that table; key: the columns that both have; of: its
    column. -#}
{% test agrees_with(model, column_name, to, key, of) %}
SELECT DISTINCT {% for column in key %}a.{{ column }}, {% endfor %}a.{{ column_name }}, b.{{ of }} AS there
FROM {{ model }} AS a
LEFT JOIN {{ to }} AS b ON {% for column in key %}{{ "AND " if not loop.first }}a.{{ column }} = b.{{ column }} {% endfor %}
WHERE a.{{ column_name }} IS DISTINCT FROM b.{{ of }}
{% endtest %}
