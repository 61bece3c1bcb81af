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

{#- The figures by which a region's cluster is compared with others, one row each: figure, lower, upper.

    `cells` has one row per region_type, cluster_id, year and region_id with establishments, and the bounds of
    employment, of share (of the region's clusters of the kind) and of focus (of all the region's jobs). Unknown bounds
    are none. Those count that have employment: is_certain and is_possible are 0 or 1, and differ where it is wholly
    withheld. -#}
{% macro cluster_figures(cells) -%}
    {%- for figure in ("establishments", "employment", "share", "focus") %}
    {%- set ends = (figure, figure) if figure == "establishments" else (figure ~ "_lower", figure ~ "_upper") %}
    SELECT
        region_type, cluster_id, year, region_id,
        '{{ figure }}' AS figure,
        (employment_lower > 0)::INTEGER AS is_certain,
        (employment_upper > 0 OR employment_upper IS NULL)::INTEGER AS is_possible,
        coalesce({{ ends[0] }}, 0) AS lower,
        coalesce({{ ends[1] }}, CASE WHEN employment_upper = 0 THEN 0 END, 1e300) AS upper
    FROM {{ cells }}
    {{ "UNION ALL" if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Regions by their lower or upper end: how many lie before and up to each place that occurs. -#}
{% macro ends_upto(figures, end) -%}
    SELECT
        region_type, cluster_id, year, figure, {{ end }} AS place,
        sum(sum(is_certain)) OVER upto AS certain_upto,
        sum(sum(is_possible)) OVER upto AS possible_upto,
        certain_upto - sum(is_certain) AS certain_before,
        possible_upto - sum(is_possible) AS possible_before
    FROM {{ figures }}
    GROUP BY region_type, cluster_id, year, figure, {{ end }}
    WINDOW upto AS (PARTITION BY region_type, cluster_id, year, figure ORDER BY {{ end }})
{%- endmacro %}

{#- Where a region stands among the others of its type by a figure that is known within bounds, as cluster_figures gives
    it: how many others are certainly or possibly above or below, or not.

    With the region at its least: surely_below and surely_not_above, possibly_above and possibly_not_below; at its
    most: the opposite. Sure are certain others for which the bounds leave no choice. Possible are all others that can
    lie there, doubtful ones too; the other doubtful ones can be none of those that count. So surely_not_above and
    possibly_above are met in one completion, the worst there is for the region, and likewise each other pair. -#}
{% macro standings(figures) -%}
    {%- set same_group -%}
        c.region_type = %s.region_type AND c.cluster_id = %s.cluster_id AND c.year = %s.year AND c.figure = %s.figure
    {%- endset -%}
    WITH lowers AS (
        {{ ends_upto(figures, "lower") | indent(8) }}
    ),

    uppers AS (
        {{ ends_upto(figures, "upper") | indent(8) }}
    ),

    counted AS (
        SELECT region_type, cluster_id, year, figure, max(certain_upto) AS certain, max(possible_upto) AS possible
        FROM lowers
        GROUP BY region_type, cluster_id, year, figure
    ),

    beside AS (
        SELECT
            c.*,
            c.lower = c.upper AS is_known,
            coalesce(u.certain_upto, 0) AS certain_upto_least,
            coalesce(u.possible_upto, 0) AS possible_upto_least,
            coalesce(CASE WHEN u.place = c.lower THEN u.certain_before ELSE u.certain_upto END, 0)
                AS certain_before_least,
            coalesce(CASE WHEN u.place = c.lower THEN u.possible_before ELSE u.possible_upto END, 0)
                AS possible_before_least,
            l.certain_upto AS certain_upto_most,
            l.possible_upto AS possible_upto_most,
            CASE WHEN l.place = c.upper THEN l.certain_before ELSE l.certain_upto END AS certain_before_most,
            CASE WHEN l.place = c.upper THEN l.possible_before ELSE l.possible_upto END AS possible_before_most
        FROM {{ figures }} AS c
        ASOF LEFT JOIN uppers AS u
            ON {{ same_group | replace("%s", "u") }} AND c.lower >= u.place
        ASOF LEFT JOIN lowers AS l
            ON {{ same_group | replace("%s", "l") }} AND c.upper >= l.place
    )

    -- The region itself is taken out wherever it was counted.
    SELECT
        c.region_type, c.cluster_id, c.year, c.region_id, c.figure,
        (certain_before_least)::INTEGER AS surely_below,
        (certain_upto_least - if(is_known, is_certain, 0))::INTEGER AS surely_not_above,
        (n.possible - possible_upto_least - if(is_known, 0, is_possible))::INTEGER AS possibly_above,
        (n.possible - possible_before_least - is_possible)::INTEGER AS possibly_not_below,
        (possible_before_most - if(is_known, 0, is_possible))::INTEGER AS possibly_below,
        (possible_upto_most - is_possible)::INTEGER AS possibly_not_above,
        (n.certain - certain_upto_most)::INTEGER AS surely_above,
        (n.certain - certain_before_most - if(is_known, is_certain, 0))::INTEGER AS surely_not_below
    FROM beside AS c
    INNER JOIN counted AS n ON {{ same_group | replace("%s", "n") }}
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

    `cells` has one row per cluster_id, year and region_id with lq_lower and lq_upper; `standings` is what the macro of
    that name gives. Thresholds are quantiles over the regions of a type with
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
