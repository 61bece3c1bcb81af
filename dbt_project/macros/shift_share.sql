{#- Where a region's growth comes from. With e the region's jobs in a cluster at the beginning and e1 at the end, E_i the
    nation's in the cluster, E its private jobs in all, G growth of E, growth_i growth of E_i, and h = E_r E_i / E the
    jobs that the region would have in the cluster if it were made up as the nation is.
    Sources: Dunn 1960, "A statistical and analytical technique for regional analysis", Papers in Regional Science 6;
    Esteban-Marquillas 1972, "A reinterpretation of shift-share analysis", Regional and Urban Economics 2(3); Barff & Knight
    1988, "Dynamic shift-share analysis", Growth and Change 19(2). -#}

{#- What the region would have gained at the nation's pace. -#}
{% macro national_share(e, growth) -%}
    ({{ e }}) * ({{ growth }})
{%- endmacro %}

{#- What it gained more because its cluster outgrew the nation. -#}
{% macro industry_mix(e, growth, growth_i) -%}
    ({{ e }}) * (({{ growth_i }}) - ({{ growth }}))
{%- endmacro %}

{#- What it gained more than its cluster did in the nation. -#}
{% macro regional_shift(e, e1, growth_i) -%}
    ({{ e1 }}) - ({{ e }}) * (1 + ({{ growth_i }}))
{%- endmacro %}

{#- The part of the regional shift that a region made up as the nation is would have had. -#}
{% macro competitive_effect(e, e1, growth_i, h) -%}
    ({{ h }}) * (({{ e1 }}) / nullif(({{ e }}), 0) - (1 + ({{ growth_i }})))
{%- endmacro %}

{#- The part of it that comes from being specialised where it gains, or the other way about. -#}
{% macro allocation_effect(e, e1, growth_i, h) -%}
    (({{ e }}) - ({{ h }})) * (({{ e1 }}) / nullif(({{ e }}), 0) - (1 + ({{ growth_i }})))
{%- endmacro %}

{#- Growth over a period whose beginning and end are known within bounds. -#}
{% macro least_growth(from_upper, to_lower) -%}
    ({{ to_lower }}) / nullif(({{ from_upper }}), 0) - 1
{%- endmacro %}
{% macro greatest_growth(from_lower, to_upper) -%}
    ({{ to_upper }}) / nullif(({{ from_lower }}), 0) - 1
{%- endmacro %}

{#- The least or the greatest of values, unknown where one of them is: by itself the function passes over NULL. -#}
{% macro of_known(function, values) -%}
    CASE WHEN ({{ values | join(") + (") }}) IS NOT NULL THEN {{ function }}({{ values | join(", ") }}) END
{%- endmacro %}

{#- Shift-share of spans, with bounds.

    `spans` has one row per region, cluster, from_year and to_year, with the lower and upper bounds of
    employment_from, employment_to (e, e1), cluster_from, cluster_to (E_i), nation_from, nation_to (E) and region_from
    (E_r), and is_nation. Gives all columns of `spans` and, for each part, name_lower, name_upper and name: its value where
    employment is known and withheld jobs elsewhere in the nation leave it open by no more than one percent, with the
    nation in the middle of its bounds. The values of one span add up exactly.

    Over all e in [e_lower, e_upper] and so on, each part has its extremes as follows. The national share and the mix are
    linear in e and in the growths; the regional shift grows with e1 and shrinks with e and growth_i; the competitive effect
    is h times what does the same. The allocation effect e1 - e k - h e1 / e + h k (k = 1 + growth_i) is linear in e1, k and
    h, so its extremes lie at their ends; in e it is concave, so it is least at an end of e, and greatest where
    e = sqrt(h e1 / k) or at the end nearest to that. Where there may have been no job to begin with, a growth of the
    region's own has no bound. The nation has no regional part: its own growth is growth_i. -#}
{% macro shift_share(spans) -%}
    {%- set parts = ["national_share", "industry_mix", "regional_shift", "competitive_effect", "allocation_effect"] -%}
    {%- set corners, allocations = [], {"at_ends": [], "at_best": []} %}
    {%- for e1 in ("employment_to_lower", "employment_to_upper") %}
    {%- for k in ("gi_lower", "gi_upper") %}
    {%- for h in ("h_lower", "h_upper") %}
    {%- do corners.append((e1, k, h)) %}
    {%- do allocations.at_best.append(allocation_effect("best_" ~ corners | length, e1, k, h)) %}
    {%- for e in ("employment_from_lower", "employment_from_upper") %}
    {%- do allocations.at_ends.append(allocation_effect(e, e1, k, h)) %}
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}
    WITH rated AS (
        SELECT
            *,
            {{ least_growth("nation_from_upper", "nation_to_lower") }} AS g_lower,
            {{ greatest_growth("nation_from_lower", "nation_to_upper") }} AS g_upper,
            {{ least_growth("nation_from_lower + nation_from_upper", "nation_to_lower + nation_to_upper") }} AS g,
            {{ least_growth("cluster_from_upper", "cluster_to_lower") }} AS gi_lower,
            {{ greatest_growth("cluster_from_lower", "cluster_to_upper") }} AS gi_upper,
            {{ least_growth("cluster_from_lower + cluster_from_upper", "cluster_to_lower + cluster_to_upper") }} AS gi,
            region_from_lower * cluster_from_lower / nullif(nation_from_upper, 0) AS h_lower,
            region_from_upper * cluster_from_upper / nullif(nation_from_lower, 0) AS h_upper,
            (region_from_lower + region_from_upper) / 2 * (cluster_from_lower + cluster_from_upper)
            / nullif(nation_from_lower + nation_from_upper, 0) AS h,
            CASE WHEN employment_from_lower = employment_from_upper THEN employment_from_lower END AS e,
            CASE WHEN employment_to_lower = employment_to_upper THEN employment_to_lower END AS e1,
            {% for e1, k, h in corners -%}
            greatest(employment_from_lower, least(
                employment_from_upper, sqrt({{ h }} * {{ e1 }} / nullif(1 + {{ k }}, 0))
            ))
                AS best_{{ loop.index }}{{ "," if not loop.last }}
            {% endfor %}
        FROM {{ spans }}
    ),

    bounded AS (
        SELECT
            *,
            {{ of_known("least", [
                national_share("employment_from_lower", "g_lower"), national_share("employment_from_upper", "g_lower")
            ]) }}
                AS national_share_lower,
            {{ of_known("greatest", [
                national_share("employment_from_lower", "g_upper"), national_share("employment_from_upper", "g_upper")
            ]) }}
                AS national_share_upper,
            {{ national_share("e", "g") }} AS national_share_between,
            CASE
                WHEN is_nation THEN {{ regional_shift("employment_from_upper", "employment_to_lower", "g_upper") }}
                ELSE {{ of_known("least", [
                    industry_mix("employment_from_lower", "g_upper", "gi_lower"),
                    industry_mix("employment_from_upper", "g_upper", "gi_lower"),
                ]) }}
            END AS industry_mix_lower,
            CASE
                WHEN is_nation THEN {{ regional_shift("employment_from_lower", "employment_to_upper", "g_lower") }}
                ELSE {{ of_known("greatest", [
                    industry_mix("employment_from_lower", "g_lower", "gi_upper"),
                    industry_mix("employment_from_upper", "g_lower", "gi_upper"),
                ]) }}
            END AS industry_mix_upper,
            CASE WHEN is_nation THEN {{ regional_shift("e", "e1", "g") }} ELSE {{ industry_mix("e", "g", "gi") }} END
                AS industry_mix_between,
            CASE
                WHEN is_nation THEN 0
                ELSE {{ regional_shift("employment_from_upper", "employment_to_lower", "gi_upper") }}
            END AS regional_shift_lower,
            CASE
                WHEN is_nation THEN 0
                ELSE {{ regional_shift("employment_from_lower", "employment_to_upper", "gi_lower") }}
            END AS regional_shift_upper,
            CASE WHEN is_nation THEN 0 ELSE {{ regional_shift("e", "e1", "gi") }} END AS regional_shift_between,
            CASE
                WHEN is_nation THEN 0
                ELSE {{ of_known("least", [
                    competitive_effect("employment_from_upper", "employment_to_lower", "gi_upper", "h_lower"),
                    competitive_effect("employment_from_upper", "employment_to_lower", "gi_upper", "h_upper"),
                ]) }}
            END AS competitive_effect_lower,
            CASE
                WHEN is_nation THEN 0
                ELSE {{ of_known("greatest", [
                    competitive_effect("employment_from_lower", "employment_to_upper", "gi_lower", "h_lower"),
                    competitive_effect("employment_from_lower", "employment_to_upper", "gi_lower", "h_upper"),
                ]) }}
            END AS competitive_effect_upper,
            CASE WHEN is_nation THEN 0 ELSE {{ competitive_effect("e", "e1", "gi", "h") }} END
                AS competitive_effect_between,
            CASE WHEN is_nation THEN 0 ELSE {{ of_known("least", allocations.at_ends) }} END
                AS allocation_effect_lower,
            CASE WHEN is_nation THEN 0 ELSE {{ of_known("greatest", allocations.at_best) }} END
                AS allocation_effect_upper,
            CASE WHEN is_nation THEN 0 ELSE {{ allocation_effect("e", "e1", "gi", "h") }} END
                AS allocation_effect_between
        FROM rated
    )

    SELECT
        * EXCLUDE (
            g_lower, g_upper, g, gi_lower, gi_upper, gi, h_lower, h_upper, h, e, e1
            {%- for corner in corners %}, best_{{ loop.index }}{% endfor %}
            {%- for part in parts %}, {{ part }}_between{% endfor %}
        ),
        {% for part in parts -%}
        CASE WHEN {{ is_narrow(part ~ "_lower", part ~ "_upper") }} THEN {{ part }}_between END AS {{ part }}{{ "," if not loop.last }}
        {% endfor %}
    FROM bounded
{%- endmacro %}

{#- Dynamic shift-share of spans of several years: their parts as the sum of those of the yearly steps, where none is
    missing. `parts` is what shift_share gives of the spans and of their steps. Bounds of sums are sums of bounds, though a
    year's jobs are in two steps: sound, wider than need be. -#}
{% macro dynamic_shift_share(parts) -%}
    {%- set summed = ["national_share", "industry_mix", "regional_shift"] %}
    SELECT
        s.region_id,
        s.cluster_id,
        s.from_year,
        s.to_year
        {%- for part in summed %},
        CASE WHEN count(*) = count(y.{{ part }}) THEN sum(y.{{ part }} ORDER BY y.from_year) END AS {{ part }},
        {%- for bound in ("lower", "upper") %}
        CASE
            WHEN count(*) = count(y.{{ part }}_{{ bound }}) THEN sum(y.{{ part }}_{{ bound }} ORDER BY y.from_year)
        END AS {{ part }}_{{ bound }}{{ "," if not loop.last }}
        {%- endfor %}
        {%- endfor %}
    FROM {{ parts }} AS s
    INNER JOIN {{ parts }} AS y
        ON s.region_id = y.region_id AND s.cluster_id = y.cluster_id
            AND s.from_year <= y.from_year AND s.to_year >= y.to_year AND y.to_year = y.from_year + 1
    WHERE s.to_year > s.from_year + 1
    GROUP BY s.region_id, s.cluster_id, s.from_year, s.to_year
    HAVING count(*) = s.to_year - s.from_year
{%- endmacro %}

{#- A three-way verdict on `x < threshold` where x is known within bounds. -#}
{% macro verdict_below(x_lower, x_upper, threshold) -%}
    {{ verdict("-" ~ x_upper, "-" ~ x_lower, "-" ~ threshold, "-" ~ threshold, ">") }}
{%- endmacro %}
