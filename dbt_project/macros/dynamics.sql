{#- How clusters changed between two years, made from published tables alone: the mart cluster_dynamics holds some spans, and
    the macro cluster_dynamics_between in the release makes any other. Both are made from `dynamics`, so they agree. -#}

{#- The spans that cluster_dynamics holds, out of `pairs`: of every year and the next one, of five and of ten years, and
    from the first year that can be compared with the newest up to the newest. Their number grows with the years, that of
    all pairs with their square. -#}
{% macro kept_spans() -%}
    SELECT *
    FROM pairs
    QUALIFY from_year = max(from_year) OVER (PARTITION BY region_type, to_year)
        OR to_year - from_year IN (5, 10)
        OR (
            to_year = max(to_year) OVER (PARTITION BY region_type)
            AND from_year = min(from_year) FILTER (WHERE is_alike) OVER (PARTITION BY region_type, to_year)
        )
{%- endmacro %}

{#- Of these, the ones that the table does not have yet: it may have come with some from the release before. -#}
{% macro missing_spans() -%}
    SELECT * FROM ({{ kept_spans() }}) AS kept
    {%- if is_incremental() %}
    ANTI JOIN (
        SELECT DISTINCT split_part(region_id, ':', 1) AS region_type, from_year, to_year FROM {{ this }}
    ) AS there USING (region_type, from_year, to_year)
    {%- endif %}
{%- endmacro %}

{#- Takes out what came from the release before and is not to be kept any longer: the span up to its newest year, say. -#}
{% macro delete_other_spans() -%}
    DELETE FROM {{ this }}
    WHERE (split_part(region_id, ':', 1), from_year, to_year) NOT IN (
        WITH clusters AS (
            SELECT DISTINCT split_part(region_id, ':', 1) AS region_type, year
            FROM {{ ref("cluster_specialisation") }}
            WHERE region_id NOT LIKE 'unallocated:%'
        ),

        {{ pairs_of_years(ref("cbsa_county")) | indent(8) }}

        SELECT (region_type, from_year, to_year) FROM ({{ kept_spans() }}) AS kept
    )
{%- endmacro %}

{#- Common table expressions: the years in which regions of a type have `clusters`, and any two of them. -#}
{% macro pairs_of_years(cbsa_county) -%}
years AS (
    SELECT
        region_type, year,
        {{ naics_edition("year") }} AS naics,
        CASE
            WHEN region_type = 'cbsa' THEN (SELECT max(valid_from) FROM {{ cbsa_county }} WHERE valid_from <= year)
            ELSE 0
        END AS delineation
    FROM (SELECT DISTINCT region_type, year FROM clusters) AS of_type
),

pairs AS (
    SELECT
        f.region_type, f.year AS from_year, t.year AS to_year,
        coalesce(f.naics = t.naics AND f.delineation = t.delineation, FALSE) AS is_alike
    FROM years AS f
    INNER JOIN years AS t ON f.region_type = t.region_type AND f.year < t.year
)
{%- endmacro %}

{#- The macro of the release. Its tables have no database before their names: what it is called changes with the file. -#}
{% macro create_dynamics_between() -%}
    CREATE OR REPLACE MACRO {{ dynamics_between() }}(first_year, last_year) AS TABLE
    {{ dynamics(
        "cluster_specialisation",
        "employment",
        "cbsa_county",
        "SELECT * FROM pairs WHERE from_year = first_year AND to_year = last_year",
        "year BETWEEN first_year AND last_year",
    ) }}
{%- endmacro %}

{% macro comment_dynamics_between() -%}
    {%- set comment = "cluster_dynamics between any two years of this release, the earlier one first: the same columns, and "
        ~ "the same figures where the table has the span. No row where the release does not hold both years or the first is "
        ~ "not the earlier one. Example: FROM cluster_dynamics_between(2020, 2023)" %}
    COMMENT ON MACRO TABLE {{ dynamics_between() }} IS '{{ comment }}'
{%- endmacro %}

{% macro dynamics_between() -%}
    {{ this.database }}.{{ this.schema }}.cluster_dynamics_between
{%- endmacro %}

{#- Every cluster of every region at both ends of spans of years, and what its change is made up of.

    The first three are names of published tables. `asked` selects from `pairs`, any two years in which regions of a type
    have clusters (region_type, from_year, to_year, is_alike: whether one classification, and for areas one delineation,
    holds in both). `years` is a condition on the years that are read: those between the ends of a span too, for its steps.

    A region reports in a year where its private jobs stand in employment. One that reports and has no row for a cluster
    has none of its jobs. One that does not report in one of the two (Connecticut's counties end with 2023 and have no
    successors) keeps its row, with that year unknown. -#}
{% macro dynamics(cluster_specialisation, employment, cbsa_county, asked, years) -%}
{%- set ends = ("from", "to") %}
{%- set parts = ["national_share", "industry_mix", "regional_shift", "allocation_effect", "competitive_effect"] %}
WITH reporting AS (
    SELECT region_id, year, employment_lower AS region_lower, employment_upper AS region_upper
    FROM {{ employment }}
    WHERE ownership = 'private' AND industry_id LIKE '%:10' AND {{ years }}
),

clusters AS (
    SELECT *, split_part(region_id, ':', 1) AS region_type
    FROM {{ cluster_specialisation }}
    WHERE region_id NOT LIKE 'unallocated:%' AND {{ years }}
),

{{ pairs_of_years(cbsa_county) }},

asked AS (
    {{ asked | indent(4) }}
),

-- And the yearly steps on the way.
spans AS (
    SELECT * FROM asked
    UNION
    SELECT p.*
    FROM pairs AS p
    INNER JOIN asked AS a
        ON p.region_type = a.region_type AND p.from_year >= a.from_year AND p.to_year <= a.to_year
    WHERE p.to_year = p.from_year + 1
),

cells AS (
    SELECT
        c.region_id, c.region_type, c.cluster_id, c.year, c.reference_region_id,
        c.employment_lower, c.employment_upper, c.lq_lower, c.lq_upper, r.region_lower, r.region_upper,
        c.employment_estimate, c.employment_p10, c.employment_p90
    FROM clusters AS c
    LEFT JOIN reporting AS r ON c.region_id = r.region_id AND c.year = r.year
)

{%- for end in ends %},

at_{{ end }} AS (
    SELECT
        s.from_year, s.to_year, s.is_alike, c.region_id, c.region_type, c.cluster_id, c.reference_region_id,
        {%- for figure in ("employment", "lq", "region") %}{% for bound in ("lower", "upper") %}
        c.{{ figure }}_{{ bound }} AS {{ figure }}_{{ end }}_{{ bound }},
        {%- endfor %}{% endfor %}
        {%- for guess in ("estimate", "p10", "p90") %}
        c.employment_{{ guess }} AS employment_{{ end }}_{{ guess }},
        {%- endfor %}
        TRUE AS is_at_{{ end }}
    FROM spans AS s
    INNER JOIN cells AS c ON s.region_type = c.region_type AND s.{{ end }}_year = c.year
)
{%- endfor %},

compared AS (
    SELECT
        b.region_id,
        b.cluster_id,
        b.from_year,
        b.to_year,
        b.region_type,
        b.reference_region_id,
        b.region_type = 'nation' AS is_nation,
        b.is_alike AND reports_from.region_id IS NOT NULL AND reports_to.region_id IS NOT NULL AS comparable,
        {%- for end in ends %}
        {%- for bound in ("lower", "upper") %}
        {%- for figure in ("employment", "lq") %}
        CASE
            WHEN b.is_at_{{ end }} THEN b.{{ figure }}_{{ end }}_{{ bound }}
            WHEN reports_{{ end }}.region_id IS NOT NULL THEN 0
        END AS {{ figure }}_{{ end }}_{{ bound }},
        {%- endfor %}
        n_{{ end }}.employment_{{ bound }} AS cluster_{{ end }}_{{ bound }},
        n_{{ end }}.region_{{ bound }} AS nation_{{ end }}_{{ bound }},
        {%- endfor %}
        {%- endfor %}
        {%- for end in ends %}{% for guess in ("estimate", "p10", "p90") %}
        CASE
            WHEN b.is_at_{{ end }} THEN b.employment_{{ end }}_{{ guess }}
            WHEN reports_{{ end }}.region_id IS NOT NULL THEN 0
        END AS employment_{{ end }}_{{ guess }},
        {%- endfor %}{% endfor %}
        b.region_from_lower,
        b.region_from_upper
    FROM (
        FROM at_from
        FULL JOIN at_to
            USING (region_id, region_type, cluster_id, from_year, to_year, is_alike, reference_region_id)
    ) AS b
    {%- for end in ends %}
    LEFT JOIN reporting AS reports_{{ end }}
        ON b.region_id = reports_{{ end }}.region_id AND b.{{ end }}_year = reports_{{ end }}.year
    LEFT JOIN cells AS n_{{ end }}
        ON b.reference_region_id = n_{{ end }}.region_id AND b.cluster_id = n_{{ end }}.cluster_id
            AND b.{{ end }}_year = n_{{ end }}.year
    {%- endfor %}
),

parts AS (
    {{ shift_share("(SELECT * FROM compared WHERE comparable)") | indent(4) }}
),

steps AS (
    {{ dynamic_shift_share("parts") | indent(4) }}
),

judged AS (
    SELECT
        *,
        -- The nation's quotient is 1 and it holds every cluster, so it has no place in these.
        NOT comparable OR is_nation AS is_out,
        coalesce(lq_from_lower, 0) AS least_lq_from,
        coalesce(lq_from_upper, 1e300) AS most_lq_from,
        coalesce(lq_to_lower, 0) AS least_lq_to,
        coalesce(lq_to_upper, 1e300) AS most_lq_to,
        {{ verdict("least_lq_to", "most_lq_to", "1", "1", ">=") }} AS specialised,
        {{ verdict(
            "employment_to_lower", "employment_to_upper", "employment_from_lower", "employment_from_upper", ">"
        ) }}
            AS growing,
        {{ verdict_below("least_lq_from", "most_lq_from", "0.5") }} AS was_weak,
        {{ verdict_below("least_lq_to", "most_lq_to", "0.5") }} AS is_weak,
        {{ verdict("least_lq_from", "most_lq_from", "1", "1", ">=") }} AS was_specialised
    FROM compared
    SEMI JOIN asked USING (region_type, from_year, to_year)
)

SELECT
    s.region_id,
    s.cluster_id,
    s.from_year::INTEGER AS from_year,
    s.to_year::INTEGER AS to_year,
    s.reference_region_id,
    {%- for end in ends %}
    CASE WHEN s.employment_{{ end }}_lower = s.employment_{{ end }}_upper THEN s.employment_{{ end }}_lower END
        AS employment_{{ end }},
    s.employment_{{ end }}_lower,
    s.employment_{{ end }}_upper,
    {%- endfor %}
    CASE WHEN s.comparable THEN s.employment_to_lower - s.employment_from_upper END AS change_lower,
    CASE WHEN s.comparable THEN s.employment_to_upper - s.employment_from_lower END AS change_upper,
    CASE
        WHEN s.employment_from_lower = s.employment_from_upper AND s.employment_to_lower = s.employment_to_upper
            THEN change_lower
    END AS change,
    CASE
        WHEN s.comparable
            THEN (s.employment_to_lower / nullif(s.employment_from_upper, 0)) ** (1 / (s.to_year - s.from_year)) - 1
    END AS growth_lower,
    CASE
        WHEN s.comparable
            THEN (s.employment_to_upper / nullif(s.employment_from_lower, 0)) ** (1 / (s.to_year - s.from_year)) - 1
    END AS growth_upper,
    CASE WHEN change IS NOT NULL THEN growth_lower END AS growth,
    CASE WHEN s.comparable THEN {{ yearly_growth("1") }} END AS growth_estimate,
    CASE WHEN s.comparable THEN {{ yearly_growth("exp(-" ~ growth_doubt("p10", "p90") ~ ")") }} END AS growth_p10,
    CASE WHEN s.comparable THEN {{ yearly_growth("exp(" ~ growth_doubt("p90", "p10") ~ ")") }} END AS growth_p90,
    {%- for part in parts %}
    p.{{ part }},
    p.{{ part }}_lower,
    p.{{ part }}_upper,
    {%- endfor %}
    {%- for part in parts[:3] %}
    {%- for end in ("", "_lower", "_upper") %}
    y.{{ part }}{{ end }} AS {{ part }}_dynamic{{ end }},
    {%- endfor %}
    {%- endfor %}
    CASE
        WHEN s.is_out OR (s.employment_from_upper = 0 AND s.employment_to_upper = 0) THEN NULL
        WHEN s.specialised = 'undetermined' OR s.growing = 'undetermined' THEN 'undetermined'
        WHEN s.specialised = 'yes' THEN CASE s.growing WHEN 'yes' THEN 'star' ELSE 'mature' END
        ELSE CASE s.growing WHEN 'yes' THEN 'emerging' ELSE 'transforming' END
    END AS quadrant,
    CASE WHEN NOT s.is_out THEN {{ all_of(["s.was_weak", "s.specialised"]) }} END AS entered,
    CASE WHEN NOT s.is_out THEN {{ all_of(["s.was_specialised", "s.is_weak"]) }} END AS exited,
    s.comparable,
    CASE
        WHEN s.employment_from_upper + s.employment_to_upper = 0 THEN 1
        ELSE coalesce(
            (s.employment_from_lower + s.employment_to_lower) / (s.employment_from_upper + s.employment_to_upper), 0
        )
    END AS coverage
FROM judged AS s
LEFT JOIN parts AS p USING (region_id, cluster_id, from_year, to_year)
LEFT JOIN steps AS y USING (region_id, cluster_id, from_year, to_year)
{%- endmacro %}

{#- Mean yearly growth of estimates between the two ends of a span `s`, times a factor for the whole span. -#}
{% macro yearly_growth(factor) -%}
    (s.employment_to_estimate / nullif(s.employment_from_estimate, 0) * {{ factor }})
    ** (1 / (s.to_year - s.from_year)) - 1
{%- endmacro %}

{#- How far the logarithm of growth may lie off: both ends' doubts together, as if they were independent. They are not
    quite, since what makes a cell large makes it so in both years, so this errs on the wide side. Half a job is added as it
    is where errors of estimates are measured. -#}
{% macro growth_doubt(at_end, at_start) -%}
    sqrt(
        ln((s.employment_to_{{ at_end }} + 0.5) / (s.employment_to_estimate + 0.5)) ** 2
        + ln((s.employment_from_{{ at_start }} + 0.5) / (s.employment_from_estimate + 0.5)) ** 2
    )
{%- endmacro %}
