{%- set cells -%}
(
    SELECT
        c.region_id, c.year, f.ucm_strong AS strong, c.employment_lower,
        coalesce(c.employment_upper, c.region_employment) AS employment_upper
    FROM {{ ref("int_cluster_quotients") }} AS c
    INNER JOIN {{ ref("int_cluster_flags") }} AS f
        ON c.region_id = f.region_id AND c.cluster_id = f.cluster_id AND c.year = f.year
    WHERE c.kind = 'traded'
)
{%- endset -%}
{%- set plants -%}
(
    SELECT
        g.region_type, g.region_id, g.cluster_id, g.year, g.establishments,
        n.establishments AS nation_establishments
    FROM {{ ref("int_cluster_grid") }} AS g
    INNER JOIN {{ ref("int_cluster_quotients") }} AS n
        ON g.cluster_id = n.cluster_id AND g.year = n.year AND n.region_type = 'nation'
)
{%- endset -%}

-- How much of what a region trades is in strong clusters, of jobs as a range, and of establishments.
WITH jobs AS (
    {{ cluster_strength(cells) | indent }}
),

establishments AS (
    {{ cluster_strength_of_establishments(plants) | indent }}
),

-- A region's own stand in each of its clusters' rows.
estimates AS (
    SELECT
        region_id, year,
        {% for end in ("estimate", "p10", "p90") -%}
        any_value(cluster_strength_{{ end }}) AS cluster_strength_{{ end }}{{ "," if not loop.last }}
        {% endfor %}
    FROM {{ ref("int_cluster_completions") }}
    GROUP BY region_id, year
)

SELECT
    e.region_id,
    e.year,
    j.cluster_strength_lower,
    j.cluster_strength_upper,
    e.cluster_strength_establishments,
    d.cluster_strength_estimate,
    d.cluster_strength_p10,
    d.cluster_strength_p90
FROM establishments AS e
LEFT JOIN jobs AS j ON e.region_id = j.region_id AND e.year = j.year
LEFT JOIN estimates AS d ON e.region_id = d.region_id AND e.year = d.year
