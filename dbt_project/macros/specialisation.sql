{#- The formulas of specialisation, each in this one place. -#}

{#- Location quotient a/b: the share of an industry in a region over its share in the reference region.
    NULL where a base is unknown or zero. Source: Isserman 1977, "The Location Quotient Approach". -#}
{% macro location_quotient(region_industry, region_total, reference_industry, reference_total) -%}
    (({{ region_industry }}) / nullif(({{ region_total }}), 0))
    / nullif(({{ reference_industry }}) / nullif(({{ reference_total }}), 0), 0)
{%- endmacro %}

{#- A share e/(e + rest), which grows with e and shrinks with rest: so its least value has the least e and the
    greatest rest, and the other way about. NULL where both are zero. -#}
{% macro share_of_sum(part, rest) -%}
    ({{ part }}) / nullif(({{ part }}) + ({{ rest }}), 0)
{%- endmacro %}

{#- A three-way verdict on `x > threshold` (or >=) where both are known within bounds. -#}
{% macro verdict(x_lower, x_upper, threshold_lower, threshold_upper, operator) -%}
    CASE
        WHEN {{ x_lower }} {{ operator }} {{ threshold_upper }} THEN 'yes'
        WHEN NOT ({{ x_upper }} {{ operator }} {{ threshold_lower }}) THEN 'no'
        ELSE 'undetermined'
    END
{%- endmacro %}

{#- All of several verdicts: no if any is no, yes if all are yes. -#}
{% macro all_of(verdicts) -%}
    CASE
        WHEN {% for v in verdicts %}{{ v }} = 'no'{{ " OR " if not loop.last }}{% endfor %} THEN 'no'
        WHEN {% for v in verdicts %}{{ v }} = 'yes'{{ " AND " if not loop.last }}{% endfor %} THEN 'yes'
        ELSE 'undetermined'
    END
{%- endmacro %}

{#- The least that a whole can hold beside a part that is at its most, both known within bounds. `is_part`: whether the
    whole counts the part and so holds no less. A whole that is known is what it is. As part/whole grows with the part,
    whatever the rest of the whole is, part_upper over this is the most it can be; part_lower over whole_upper is the
    least. -#}
{% macro whole_beside_most(part_upper, whole_lower, whole_upper, is_part) -%}
    CASE
        WHEN {{ is_part }} THEN least(greatest({{ whole_lower }}, {{ part_upper }}), {{ whole_upper }})
        ELSE {{ whole_lower }}
    END
{%- endmacro %}

{#- Verdicts on a region's figure against a quantile (type 7, linear interpolation) over all that count, itself included.

    A figure lies above the quantile exactly if more than `percent` of the others lie below it, and reaches it exactly
    if no more than the rest of them lie above: with n others sorted, the quantile lies at n * percent / 100, between
    or on two of n + 1 places. So ranks settle it, and the region's own doubt does not enter twice, as it would if its
    bounds were held against bounds of the quantile. A verdict is open only if completions differ in it. -#}
{% macro above_quantile(standing, percent) -%}
    {{ verdict(
        (100 - percent) ~ " * " ~ standing ~ ".surely_below",
        (100 - percent) ~ " * " ~ standing ~ ".possibly_below",
        percent ~ " * " ~ standing ~ ".surely_not_below",
        percent ~ " * " ~ standing ~ ".possibly_not_below",
        ">"
    ) }}
{%- endmacro %}

{% macro reaches_quantile(standing, percent) -%}
    {{ verdict(
        (100 - percent) ~ " * " ~ standing ~ ".surely_not_above",
        (100 - percent) ~ " * " ~ standing ~ ".possibly_not_above",
        percent ~ " * " ~ standing ~ ".surely_above",
        percent ~ " * " ~ standing ~ ".possibly_above",
        ">="
    ) }}
{%- endmacro %}

{#- U.S. Cluster Mapping's four flags of a region's cluster (Delgado, Porter & Stern 2014), three-way.

    `cells` has one row per cluster_id, year and region_id with lq_lower and lq_upper; `standings` is what
    orchestration/indicators/standings.py gives. Thresholds are quantiles over the regions of a type with
    employment above zero. Quotients are compared with each other by their shares, since all have the nation's share
    below the line. A verdict is given only where every completion of the withheld cells gives it; where everything is
    published it is UCM's. -#}
{% macro ucm_flags(cells, standings) -%}
    WITH parts AS (
        SELECT
            c.region_id, c.cluster_id, c.year,
            {{ above_quantile("plants", 25) }} AS enough_plants,
            {{ above_quantile("jobs", 25) }} AS enough_jobs,
            {{ verdict("c.lq_lower", "c.lq_upper", "1", "1", ">=") }} AS lq_at_least_1,
            {{ above_quantile("shares", 25) }} AS lq_above_q25,
            {{ above_quantile("shares", 50) }} AS lq_above_q50,
            {{ reaches_quantile("shares", 75) }} AS lq_reaches_q75,
            {{ reaches_quantile("shares", 90) }} AS lq_reaches_q90
        FROM {{ cells }} AS c
        {%- for alias, figure in (("plants", "establishments"), ("jobs", "employment"), ("shares", "share")) %}
        INNER JOIN {{ standings }} AS {{ alias }}
            ON c.region_id = {{ alias }}.region_id AND c.cluster_id = {{ alias }}.cluster_id
                AND c.year = {{ alias }}.year AND {{ alias }}.figure = '{{ figure }}'
        {%- endfor %}
    )

    SELECT
        region_id, cluster_id, year,
        {{ all_of(["enough_plants", "enough_jobs", "lq_above_q25"]) }} AS ucm_qualifying,
        {{ all_of(["enough_plants", "enough_jobs", "lq_above_q50"]) }} AS ucm_significant,
        {{ all_of(["enough_plants", "enough_jobs", "lq_at_least_1", "lq_reaches_q75"]) }} AS ucm_strong,
        {{ all_of(["enough_plants", "enough_jobs", "lq_at_least_1", "lq_reaches_q90"]) }} AS ucm_strong10
    FROM parts
{%- endmacro %}

{#- How far a quotient of a small place can be trusted (Crawley, Gabe & Pominova 2021). -#}
{% macro reliability(region_employment, establishments) -%}
    CASE
        WHEN {{ region_employment }} < 5000 OR {{ establishments }} < 3 THEN 'low'
        WHEN {{ region_employment }} < 25000 OR {{ establishments }} < 10 THEN 'medium'
        WHEN {{ region_employment }} IS NOT NULL AND {{ establishments }} IS NOT NULL THEN 'high'
        ELSE 'low'
    END
{%- endmacro %}
