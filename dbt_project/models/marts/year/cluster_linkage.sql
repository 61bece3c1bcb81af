{%- set suffixes = {"cbsa": "", "county": "_county", "state": "_state"} %}
{%- set measures = [
    "lc_employment", "lc_employment_coverage", "lc_establishments", "coagglomeration_lower", "coagglomeration_upper",
    "coagglomeration_establishments", "combined",
] %}
WITH pivoted AS (
    SELECT
        year, cluster_a, cluster_b,
        any_value(input_output) AS input_output,
        any_value(input_output_coverage) AS input_output_coverage,
        any_value(occupation) AS occupation
        {%- for region_type, suffix in suffixes.items() %}
        {%- for measure in measures %},
        any_value({{ measure }}) FILTER (WHERE region_type = '{{ region_type }}') AS {{ measure ~ suffix }}
        {%- endfor %},
        any_value(related) FILTER (WHERE region_type = '{{ region_type }}')::BOOLEAN AS related{{ suffix }}
        {%- endfor %}
    FROM {{ ref("int_cluster_linkage") }}
    GROUP BY year, cluster_a, cluster_b
)

SELECT
    *
    {%- for suffix in suffixes.values() %}
    {%- set lower, upper = "coagglomeration_lower" ~ suffix, "coagglomeration_upper" ~ suffix %},
    CASE WHEN {{ is_narrow(lower, upper) }} THEN ({{ lower }} + {{ upper }}) / 2 END AS coagglomeration{{ suffix }}
    {%- endfor %}
FROM pivoted
