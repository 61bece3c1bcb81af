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

{#- U.S. Cluster Mapping's four flags of a region's cluster (Delgado, Porter & Stern 2014), three-way.

    `cells` has one row per region_type, cluster_id, year and region_id with employment_lower, employment_upper,
    establishments, lq_lower, lq_upper. Thresholds are quantiles by linear interpolation (type 7) over the regions
    of a type with employment above zero; a region whose employment is withheld counts as one of them. A quantile
    grows with every value it is taken over, so the quantiles of the bounds bound the quantile. Where everything is
    published, lower and upper agree and the verdict is UCM's. -#}
{% macro ucm_flags(cells) -%}
    WITH peers AS (
        SELECT * FROM {{ cells }} WHERE employment_upper > 0
    ),

    thresholds AS (
        SELECT
            region_type, cluster_id, year,
            quantile_cont(establishments, 0.25) AS est_q25,
            quantile_cont(employment_lower, 0.25) AS emp_q25_lower,
            quantile_cont(employment_upper, 0.25) AS emp_q25_upper,
            {%- for q in (25, 50, 75, 90) %}
            quantile_cont(lq_lower, {{ q / 100 }}) AS lq_q{{ q }}_lower,
            quantile_cont(lq_upper, {{ q / 100 }}) AS lq_q{{ q }}_upper{{ "," if not loop.last }}
            {%- endfor %}
        FROM peers
        GROUP BY region_type, cluster_id, year
    ),

    parts AS (
        SELECT
            p.region_type, p.cluster_id, p.year, p.region_id,
            {{ verdict("p.establishments", "p.establishments", "t.est_q25", "t.est_q25", ">") }} AS enough_plants,
            {{ verdict("p.employment_lower", "p.employment_upper", "t.emp_q25_lower", "t.emp_q25_upper", ">") }}
                AS enough_jobs,
            {{ verdict("p.lq_lower", "p.lq_upper", "1", "1", ">=") }} AS lq_at_least_1,
            {{ verdict("p.lq_lower", "p.lq_upper", "t.lq_q25_lower", "t.lq_q25_upper", ">") }} AS lq_over_q25,
            {{ verdict("p.lq_lower", "p.lq_upper", "t.lq_q50_lower", "t.lq_q50_upper", ">") }} AS lq_over_q50,
            {{ verdict("p.lq_lower", "p.lq_upper", "t.lq_q75_lower", "t.lq_q75_upper", ">=") }} AS lq_from_q75,
            {{ verdict("p.lq_lower", "p.lq_upper", "t.lq_q90_lower", "t.lq_q90_upper", ">=") }} AS lq_from_q90
        FROM peers AS p
        INNER JOIN thresholds AS t
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
