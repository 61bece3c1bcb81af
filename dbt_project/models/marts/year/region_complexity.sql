{%- set complete = ("establishments", "on_estimates") %}
{%- set of_region = ("eci", "average_ubiquity", "connected", "orientation", "oriented_on") %}
-- A region's own figures stand in each of its cells.
WITH counted AS (
    SELECT
        c.region_id,
        c.year::INTEGER AS year,
        count_if(c.present = 'yes')::INTEGER AS least,
        count_if(c.present <> 'no')::INTEGER AS most,
        {%- for basis in complete %}
        count_if(c.present_{{ basis }} = 'yes')::INTEGER AS diversity_{{ basis }},
        {%- for figure in of_region %}
        any_value(f.{{ figure }}_{{ basis }}) AS {{ figure }}_{{ basis }},
        {%- endfor %}
        {%- endfor %}
        any_value(c.region_coverage) AS coverage,
        any_value(c.type_coverage) AS type_coverage,
        any_value(f.eci) AS eci,
        any_value(f.connected) AS connected,
        any_value(f.orientation) AS orientation,
        any_value(f.oriented_on) AS oriented_on,
        any_value(e.diversity_p10) AS p10,
        any_value(e.diversity_p90) AS p90
    FROM {{ ref("int_relatedness_cells") }} AS c
    INNER JOIN {{ ref("int_relatedness") }} AS f
        ON c.region_id = f.region_id AND c.cluster_id = f.cluster_id AND c.year = f.year
    LEFT JOIN {{ ref("int_cluster_completions") }} AS e
        ON c.region_id = e.region_id AND c.cluster_id = e.cluster_id AND c.year = e.year
    GROUP BY c.region_id, c.year
)

SELECT
    region_id,
    year,
    CASE WHEN {{ is_well_covered("type_coverage", "coverage") }} THEN eci END AS eci,
    CASE WHEN least = most THEN least END AS diversity,
    least AS diversity_lower,
    most AS diversity_upper,
    connected,
    CASE WHEN {{ is_well_covered("type_coverage", "1") }} THEN orientation END AS orientation,
    CASE WHEN {{ is_well_covered("type_coverage", "1") }} THEN oriented_on END AS oriented_on,
    coverage,
    type_coverage,
    {%- for basis in complete %}
    eci_{{ basis }},
    diversity_{{ basis }},
    average_ubiquity_{{ basis }},
    connected_{{ basis }},
    orientation_{{ basis }},
    oriented_on_{{ basis }},
    {%- endfor %}
    least(diversity_on_estimates, greatest(p10, least))::INTEGER AS diversity_p10,
    greatest(diversity_on_estimates, least(p90, most))::INTEGER AS diversity_p90
FROM counted
