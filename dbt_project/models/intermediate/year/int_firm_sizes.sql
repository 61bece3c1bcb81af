-- Establishments by size of each cluster in each county, from County Business Patterns: the least and the most there can
-- be ('' = industries in no cluster). What is certain of a cell is arithmetic: classes add up to the establishments, so
-- what the classes that are told leave over is in those that are not. Since 2017 a cell of fewer than three establishments
-- has no row. Cells are summed up the industry tree one level at a time, as in int_cluster_sizes: a cluster's part of an
-- industry holds no more than the industry less the least of the other parts, and no less than it less their most.
{%- set classes = [
    "under_5", "5_to_9", "10_to_19", "20_to_49", "50_to_99", "100_to_249", "250_to_499", "500_to_999", "1000_or_more",
] %}
{%- set sizes = {
    "under_10": classes[:2], "of_10_to_49": classes[2:4], "of_50_to_249": classes[4:6], "of_250_to_499": classes[6:7],
    "from_500": classes[7:], "under_50": classes[:4], "from_50": classes[4:], "all": classes,
} %}
{%- set tree = {
    "naics_industry": "left(code, 5)", "industry_group": "left(code, 4)", "subsector": "left(code, 3)",
    "sector": naics_sector("code"), "total": "'00'",
} %}
{#- The most that a cell without a row holds. -#}
{%- set hidden = "CASE WHEN t.year >= 2017 THEN 2 ELSE 0 END" %}

WITH told AS (
    SELECT
        *,
        {{ naics_edition("year", of="cbp") }} AS naics,
        {% for class in classes %}(establishments_{{ class }} IS NULL)::INTEGER{{ " + " if not loop.last }}{% endfor %} AS gaps,
        greatest(establishments - ({% for class in classes -%}
            coalesce(establishments_{{ class }}, 0){{ " + " if not loop.last }}
        {%- endfor %}), 0) AS left_over
    FROM {{ ref("stg_cbp_county") }}
    -- Files of years before those of the warehouse are there for estimates.
    WHERE year IN (SELECT DISTINCT year FROM {{ ref("stg_qcew") }})
),

cells AS (
    SELECT
        county_fips, naics_code AS code, year
        {%- for size, of in sizes.items() %}
        {%- set known -%}
            {%- for class in of %}coalesce(establishments_{{ class }}, 0){{ " + " if not loop.last }}{% endfor -%}
        {%- endset %}
        {%- set open -%}
            ({%- for class in of %}(establishments_{{ class }} IS NULL)::INTEGER{{ " + " if not loop.last }}{% endfor -%})
        {%- endset %},
        {{ known }} + CASE WHEN {{ open }} = gaps THEN left_over ELSE 0 END AS {{ size }}_lower,
        {{ known }} + CASE WHEN {{ open }} > 0 THEN left_over ELSE 0 END AS {{ size }}_upper
        {%- endfor %}
    FROM told
),

-- Every industry in every county, whether it has a row there or not: those of the file, and those that have three
-- establishments in no county, as tobacco may. The building trades are divided by BLS alone.
industries AS (
    SELECT naics, naics_code AS code, year
    FROM told
    -- What no industry could be given (99) has none below it.
    WHERE length(naics_code) = 6
        OR (naics_code = '99' AND (SELECT count(*) FROM told WHERE naics_code LIKE '99____') = 0)
    UNION
    SELECT t.naics, t.industry_code, f.year
    FROM {{ ref("int_industry_titles") }} AS t
    INNER JOIN (SELECT DISTINCT naics, naics_code, year FROM told WHERE length(naics_code) = 3) AS f
        ON t.naics = f.naics AND left(t.industry_code, 3) = f.naics_code
    WHERE length(t.industry_code) = 6 AND t.industry_code NOT LIKE '238%'
),

memberships AS (
    SELECT i.code, i.year, coalesce(c.ucm_code::SMALLINT, 0) AS cluster_no, coalesce(m.weight, 1) AS weight
    FROM industries AS i
    LEFT JOIN ({{ cluster_of("industries") }}) AS m ON i.naics = m.naics AND i.code = m.code
    LEFT JOIN {{ ref("clusters") }} AS c ON m.cluster_id = c.cluster_id
),

at_national_industry AS (
    SELECT
        t.county_fips, t.year, m.code, m.cluster_no
        {%- for size in sizes %}{% for end, otherwise in {"lower": "0", "upper": hidden}.items() %},
        {{ addable("coalesce(c." ~ size ~ "_" ~ end ~ ", " ~ otherwise ~ ") * m.weight") }} AS {{ size }}_{{ end }}
        {%- endfor %}{% endfor %}
    FROM cells AS t
    INNER JOIN memberships AS m ON t.year = m.year
    LEFT JOIN cells AS c ON t.county_fips = c.county_fips AND t.year = c.year AND m.code = c.code
    WHERE t.code = '00'
)

{%- set below = namespace(level="national_industry") %}
{%- for level, parent in tree.items() %},

{{ level }}_parts AS (
    SELECT
        county_fips, year, {{ parent }} AS code, cluster_no
        {%- for size in sizes %},
        sum({{ size }}_lower) AS {{ size }}_lower, sum({{ size }}_upper) AS {{ size }}_upper
        {%- endfor %}
    FROM at_{{ below.level }}
    GROUP BY ALL
),

-- Sums and a join, since windows over so many columns cost more.
{{ level }}_sums AS (
    SELECT
        county_fips, year, code
        {%- for size in sizes %},
        sum({{ size }}_lower) AS {{ size }}_lower, sum({{ size }}_upper) AS {{ size }}_upper
        {%- endfor %}
    FROM {{ level }}_parts
    GROUP BY county_fips, year, code
),

{{ level }}_capped AS (
    SELECT
        p.*
        {%- for size in sizes %},
        greatest(
            p.{{ size }}_lower, coalesce(c.{{ size }}_lower, 0) - s.{{ size }}_upper + p.{{ size }}_upper
        ) AS {{ size }}_least,
        least(
            p.{{ size }}_upper,
            coalesce(c.{{ size }}_upper, {{ hidden | replace('t.', 'p.') }}) - s.{{ size }}_lower + p.{{ size }}_lower
        ) AS {{ size }}_most
        {%- endfor %}
    FROM {{ level }}_parts AS p
    INNER JOIN {{ level }}_sums AS s ON p.county_fips = s.county_fips AND p.year = s.year AND p.code = s.code
    LEFT JOIN cells AS c ON p.county_fips = c.county_fips AND p.year = c.year AND p.code = c.code
),

at_{{ level }} AS (
    SELECT
        county_fips, year, code, cluster_no
        {%- for size in sizes %}{% for end, narrowed in {"lower": "least", "upper": "most"}.items() %},
        CASE WHEN {{ size }}_least <= {{ size }}_most THEN {{ size }}_{{ narrowed }} ELSE {{ size }}_{{ end }} END
            AS {{ size }}_{{ end }}
        {%- endfor %}{% endfor %}
    FROM {{ level }}_capped
)
{%- set below.level = level %}
{%- endfor %}

SELECT
    t.county_fips, t.year, coalesce(c.cluster_id, '') AS cluster_id,
    -- Of files without size classes nothing is to be said of sizes.
    (SELECT count(establishments_{{ classes[0] }}) FROM told) > 0 AS has_sizes
    {%- for size in sizes %}{% for end in ("lower", "upper") %},
    t.{{ size }}_{{ end }}
    {%- endfor %}{% endfor %}
FROM at_total AS t
LEFT JOIN {{ ref("clusters") }} AS c ON t.cluster_no = c.ucm_code::SMALLINT
