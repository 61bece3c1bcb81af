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

{#- Bounds of quantiles over the regions of a type with employment above zero, by linear interpolation (type 7).

    `peers` has one row per region_type, cluster_id, year and region_id with `is_certain`: whether its employment is
    surely above zero; a region whose employment is wholly withheld may or may not be one of those that count.
    `measures` maps a name to (lower, upper, share): the bounds of a measure that is never negative, and the quantile
    asked for. Gives name_lower and name_upper for each.

    A quantile grows with every value it is taken over, so certain members enter with their own bounds. A doubtful
    member moves the quantile down only if it lies below the certain member next above it, and most if it is the least
    of all: so the least value counts every doubtful member that can lie there, as nought, and leaves out the others.
    The greatest value does the opposite. Without doubt both are the quantile itself. -#}
{% macro quantile_bounds(peers, measures) -%}
    WITH certain AS (
        SELECT
            region_type, cluster_id, year
            {%- for name, (lower, upper, share) in measures.items() %},
            quantile_cont({{ lower }}, {{ share }}) AS {{ name }}_lower,
            quantile_cont({{ upper }}, {{ share }}) AS {{ name }}_upper
            {%- endfor %}
        FROM {{ peers }}
        WHERE is_certain
        GROUP BY region_type, cluster_id, year
    ),

    next_to AS (
        SELECT
            region_type, cluster_id, year
            {%- for name, (lower, upper, share) in measures.items() %},
            min(p.{{ lower }}) FILTER (WHERE p.{{ lower }} >= c.{{ name }}_lower) AS {{ name }}_above,
            max(p.{{ upper }}) FILTER (WHERE p.{{ upper }} <= c.{{ name }}_upper) AS {{ name }}_below
            {%- endfor %}
        FROM {{ peers }} AS p
        INNER JOIN certain AS c USING (region_type, cluster_id, year)
        WHERE p.is_certain
        GROUP BY region_type, cluster_id, year
    )

    SELECT
        region_type, cluster_id, year
        {%- for name, (lower, upper, share) in measures.items() %},
        quantile_cont(
            CASE WHEN p.is_certain THEN p.{{ lower }} WHEN p.{{ lower }} < n.{{ name }}_above THEN 0 END, {{ share }}
        ) AS {{ name }}_lower,
        quantile_cont(
            CASE WHEN p.is_certain THEN p.{{ upper }} WHEN p.{{ upper }} > n.{{ name }}_below THEN 1e300 END, {{ share }}
        ) AS {{ name }}_upper
        {%- endfor %}
    FROM {{ peers }} AS p
    INNER JOIN next_to AS n USING (region_type, cluster_id, year)
    GROUP BY region_type, cluster_id, year
{%- endmacro %}

{#- U.S. Cluster Mapping's four flags of a region's cluster (Delgado, Porter & Stern 2014), three-way.

    `cells` has one row per region_type, cluster_id, year and region_id with employment_lower, employment_upper,
    establishments, lq_lower, lq_upper; an unknown upper bound is unbounded. Thresholds are quantiles over the regions
    of a type with employment above zero. A verdict is given only where every completion of the withheld cells gives
    it; where everything is published it is UCM's. -#}
{% macro ucm_flags(cells) -%}
    WITH peers AS (
        SELECT
            region_type, cluster_id, year, region_id, establishments, employment_lower,
            employment_lower > 0 AS is_certain,
            coalesce(employment_upper, 1e300) AS employment_upper,
            coalesce(lq_lower, 0) AS lq_lower,
            coalesce(lq_upper, 1e300) AS lq_upper
        FROM {{ cells }}
        WHERE employment_upper > 0 OR employment_upper IS NULL
    ),

    thresholds AS (
        {{ quantile_bounds("peers", {
            "est_q25": ("establishments", "establishments", 0.25),
            "emp_q25": ("employment_lower", "employment_upper", 0.25),
            "lq_q25": ("lq_lower", "lq_upper", 0.25),
            "lq_q50": ("lq_lower", "lq_upper", 0.5),
            "lq_q75": ("lq_lower", "lq_upper", 0.75),
            "lq_q90": ("lq_lower", "lq_upper", 0.9),
        }) | indent(8) }}
    ),

    -- A higher quantile is no less than a lower one, so what bounds one bounds the other.
    nested AS (
        SELECT
            region_type, cluster_id, year, est_q25_lower, est_q25_upper, emp_q25_lower, emp_q25_upper
            {%- set quantiles = (25, 50, 75, 90) %}
            {%- for q in quantiles %},
            greatest({% for o in quantiles if o <= q %}lq_q{{ o }}_lower{{ ", " if not loop.last }}{% endfor %}) AS lq_q{{ q }}_least,
            least({% for o in quantiles if o >= q %}lq_q{{ o }}_upper{{ ", " if not loop.last }}{% endfor %}) AS lq_q{{ q }}_most
            {%- endfor %}
        FROM thresholds
    ),

    parts AS (
        SELECT
            p.region_type, p.cluster_id, p.year, p.region_id,
            {{ verdict("p.establishments", "p.establishments", "t.est_q25_lower", "t.est_q25_upper", ">") }}
                AS enough_plants,
            {{ verdict("p.employment_lower", "p.employment_upper", "t.emp_q25_lower", "t.emp_q25_upper", ">") }}
                AS enough_jobs,
            {{ verdict("p.lq_lower", "p.lq_upper", "1", "1", ">=") }} AS lq_at_least_1,
            {%- for name, q, operator in (("over", 25, ">"), ("over", 50, ">"), ("from", 75, ">="), ("from", 90, ">=")) %}
            {{ verdict("p.lq_lower", "p.lq_upper", "t.lq_q" ~ q ~ "_least", "t.lq_q" ~ q ~ "_most", operator) }}
                AS lq_{{ name }}_q{{ q }}{{ "," if not loop.last }}
            {%- endfor %}
        FROM peers AS p
        LEFT JOIN nested AS t
            ON p.region_type = t.region_type AND p.cluster_id = t.cluster_id AND p.year = t.year
    )

    SELECT
        region_id, cluster_id, year,
        {{ all_of(["enough_plants", "enough_jobs", "lq_over_q25"]) }} AS ucm_qualifying,
        {{ all_of(["enough_plants", "enough_jobs", "lq_over_q50"]) }} AS ucm_significant,
        {{ all_of(["enough_plants", "enough_jobs", "lq_at_least_1", "lq_from_q75"]) }} AS ucm_strong,
        {{ all_of(["enough_plants", "enough_jobs", "lq_at_least_1", "lq_from_q90"]) }} AS ucm_strong10
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
