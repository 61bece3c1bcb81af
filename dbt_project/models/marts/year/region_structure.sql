{#- Measures, the level of detail they are taken at, and what columns of that level end in. Unrelated variety is between
    sectors, and the same at every level. -#}
{%- set levels = [
    ("six", ["herfindahl", "krugman", "hachman", "variety", "unrelated_variety", "related_variety"], ""),
    ("four", ["herfindahl", "krugman", "hachman", "variety", "related_variety"], "_4digit"),
] %}

SELECT
    six.region_id,
    six.year,
    six.industries,
    {%- for level, measures, ending in levels %}
    {%- for m in measures %}
    {{ if_narrow(level ~ "." ~ m) }} AS {{ m }}{{ ending }},
    {{ level }}.{{ m }}_lower AS {{ m }}{{ ending }}_lower,
    {{ level }}.{{ m }}_upper AS {{ m }}{{ ending }}_upper,
    {%- endfor %}
    {%- endfor %}
    {{ if_narrow("s.cluster_strength") }} AS cluster_strength,
    s.cluster_strength_lower,
    s.cluster_strength_upper,
    x.diversity,
    x.eci,
    {{ coverage("six.least", "six.most") }} AS coverage,
    {{ coverage("four.least", "four.most") }} AS coverage_4digit,
    {%- for m in levels[0][1] %}
    {{ if_narrow("plants." ~ m) }} AS {{ m }}_establishments,
    {%- endfor %}
    s.cluster_strength_establishments,
    x.diversity_establishments,
    x.eci_establishments,
    {% for m in levels[0][1] -%}
    {{ fenced("e." ~ m, "six." ~ m, if_narrow("six." ~ m)) }},
    {% endfor -%}
    {{ fenced("s.cluster_strength", "s.cluster_strength", if_narrow("s.cluster_strength")) }}
FROM {{ ref("int_structure_ranges") }} AS six
LEFT JOIN {{ ref("int_structure_ranges") }} AS four
    ON six.region_id = four.region_id AND six.year = four.year AND four.level = 'industry_group' AND four.basis = 'jobs'
LEFT JOIN {{ ref("int_structure_ranges") }} AS plants
    ON six.region_id = plants.region_id AND six.year = plants.year AND six.level = plants.level
        AND plants.basis = 'establishments'
LEFT JOIN {{ ref("int_structure_strength") }} AS s ON six.region_id = s.region_id AND six.year = s.year
LEFT JOIN {{ ref("region_complexity") }} AS x ON six.region_id = x.region_id AND six.year = x.year
LEFT JOIN {{ ref("int_structure_completions") }} AS e ON six.region_id = e.region_id AND six.year = e.year
WHERE six.level = 'national_industry' AND six.basis = 'jobs'
