{#- What a region's economy rests on. The measures of its make-up are in orchestration/indicators/structure.py. -#}

{#- How much of a region's traded employment is in its strong clusters. Source: U.S. Cluster Mapping, "cluster strength".

    `cells` has one row per region_id, year and traded cluster with strong (yes, no, undetermined), employment_lower and
    employment_upper. With X the jobs in strong clusters and Y in the others, X / (X + Y) grows with X and shrinks with Y. So
    it is least where only what is strong for certain counts, at its least, beside the most of all others; and greatest where
    all that may be strong counts, at its most, beside the least of what is not. NULL where there may be no traded job. -#}
{% macro cluster_strength(cells) -%}
    SELECT
        region_id,
        year,
        {{ share_of_sum(
            "sum(CASE WHEN strong = 'yes' THEN employment_lower ELSE 0 END)",
            "sum(CASE WHEN strong = 'yes' THEN 0 ELSE employment_upper END)"
        ) }}
            AS cluster_strength_lower,
        {{ share_of_sum(
            "sum(CASE WHEN strong = 'no' THEN 0 ELSE employment_upper END)",
            "sum(CASE WHEN strong = 'no' THEN employment_lower ELSE 0 END)"
        ) }}
            AS cluster_strength_upper
    FROM {{ cells }}
    GROUP BY region_id, year
{%- endmacro %}

{#- The same of establishments, which are never withheld: a cluster is strong where its quotient of establishments, over the
    traded clusters, is in the top quarter of the regions that have it, and 1 or more, and more than the lowest quarter's
    establishments are there.

    `cells` has one row per region_type, region_id, year and cluster with establishments, and with the nation's of the
    cluster, nation_establishments. -#}
{% macro cluster_strength_of_establishments(cells) -%}
    WITH measured AS (
        SELECT
            *,
            sum(establishments) OVER region AS region_establishments,
            {{ location_quotient(
                "establishments", "region_establishments", "nation_establishments", "sum(nation_establishments) OVER region"
            ) }}
                AS lq
        FROM {{ cells }}
        WINDOW region AS (PARTITION BY region_id, year)
    ),

    quantiles AS (
        SELECT
            region_type, cluster_id, year,
            quantile_cont(establishments, 0.25) AS few,
            quantile_cont(lq, 0.75) AS top
        FROM measured
        WHERE establishments > 0
        GROUP BY region_type, cluster_id, year
    )

    SELECT
        m.region_id,
        m.year,
        sum(CASE WHEN m.establishments > q.few AND m.lq >= q.top AND m.lq >= 1 THEN m.establishments ELSE 0 END)
        / nullif(any_value(m.region_establishments), 0) AS cluster_strength_establishments
    FROM measured AS m
    LEFT JOIN quantiles AS q
        ON m.region_type = q.region_type AND m.cluster_id = q.cluster_id AND m.year = q.year
    GROUP BY m.region_id, m.year
{%- endmacro %}

{#- The middle of a measure's range where that is narrow. `measure` names the columns, less _lower and _upper. -#}
{% macro if_narrow(measure) -%}
    CASE WHEN {{ is_narrow(measure ~ "_lower", measure ~ "_upper") }} THEN ({{ measure }}_lower + {{ measure }}_upper) / 2 END
{%- endmacro %}
