{%- set measures = [
    "herfindahl", "locational_gini", "hoover", "theil", "raw_concentration_g", "ellison_glaeser_gamma",
    "plant_herfindahl", "maurel_sedillot_gamma",
] %}
{%- set estimated = measures[:6] %}

-- Where one plant may hold more than half of an industry, a gamma says nothing of places: it runs off to minus a thousand.
WITH ranges AS (
    SELECT
        r.* REPLACE (
            {%- for gamma in ("ellison_glaeser_gamma", "maurel_sedillot_gamma") %}{% for end in ("lower", "upper") %}
            CASE WHEN r.plant_herfindahl_upper <= 0.5 THEN r.{{ gamma }}_{{ end }} END AS {{ gamma }}_{{ end }}
            {{- "," if not (loop.last and gamma.startswith("maurel")) }}
            {%- endfor %}{% endfor %}
        ),
        {%- for m in estimated %}{% for end in ("estimate", "p10", "p90") %}
        {% set value -%} e.{{ m }}_{{ end }} {%- endset -%}
        {{ "CASE WHEN r.plant_herfindahl_upper <= 0.5 THEN " ~ value ~ " END" if m.endswith("gamma") else value }}
            AS {{ m }}_{{ end }}{{ "," if not (loop.last and m == estimated[-1]) }}
        {%- endfor %}{% endfor %}
    FROM {{ ref("int_concentration_ranges") }} AS r
    LEFT JOIN {{ ref("int_concentration_completions") }} AS e
        ON r.industry_code = e.industry_code AND r.region_type = e.region_type AND r.year = e.year
)

SELECT
    {{ industry_id("t.naics", "t.industry_code") }} AS industry_id,
    t.region_type,
    t.year::INTEGER AS year,
    t.regions::INTEGER AS regions,
    {%- for m in measures %}
    {{ if_narrow("r." ~ m) }} AS {{ m }},
    r.{{ m }}_lower,
    r.{{ m }}_upper,
    {%- endfor %}
    'equal-sized plants within region' AS plant_herfindahl_basis,
    m.moran_i,
    m.moran_p,
    m.moran_i_establishments,
    m.moran_p_establishments,
    coalesce(t.employment_lower / nullif(t.employment_upper, 0), 1) AS coverage,
    {% for m in estimated -%}
    {{ fenced("r." ~ m, "r." ~ m, if_narrow("r." ~ m)) }}{{ "," if not loop.last }}
    {% endfor -%}
FROM {{ ref("int_concentration_totals") }} AS t
INNER JOIN ranges AS r
    ON t.industry_code = r.industry_code AND t.region_type = r.region_type AND t.year = r.year
LEFT JOIN {{ ref("int_industry_moran") }} AS m
    ON t.industry_code = m.industry_code AND t.region_type = m.region_type AND t.year = m.year
