{%- set measures = [
    "herfindahl", "locational_gini", "hoover", "theil", "raw_concentration_g", "ellison_glaeser_gamma",
    "plant_herfindahl", "maurel_sedillot_gamma",
] %}

-- Where one plant may hold more than half of an industry, a gamma says nothing of places: it runs off to minus a thousand.
WITH ranges AS (
    SELECT
        * REPLACE (
            {%- for gamma in ("ellison_glaeser_gamma", "maurel_sedillot_gamma") %}{% for end in ("lower", "upper") %}
            CASE WHEN plant_herfindahl_upper <= 0.5 THEN {{ gamma }}_{{ end }} END AS {{ gamma }}_{{ end }}
            {{- "," if not (loop.last and gamma.startswith("maurel")) }}
            {%- endfor %}{% endfor %}
        )
    FROM {{ ref("int_concentration_ranges") }}
)

SELECT
    {{ industry_id("t.naics", "t.industry_code") }} AS industry_id,
    t.region_type,
    t.year::INTEGER AS year,
    t.regions::INTEGER AS regions,
    {%- for m in measures %}
    CASE WHEN {{ is_narrow("r." ~ m ~ "_lower", "r." ~ m ~ "_upper") }} THEN (r.{{ m }}_lower + r.{{ m }}_upper) / 2 END
        AS {{ m }},
    r.{{ m }}_lower,
    r.{{ m }}_upper,
    {%- endfor %}
    'equal-sized plants within region' AS plant_herfindahl_basis,
    m.moran_i,
    m.moran_p,
    m.moran_i_establishments,
    m.moran_p_establishments,
    coalesce(t.employment_lower / nullif(t.employment_upper, 0), 1) AS coverage
FROM {{ ref("int_concentration_totals") }} AS t
INNER JOIN ranges AS r
    ON t.industry_code = r.industry_code AND t.region_type = r.region_type AND t.year = r.year
LEFT JOIN {{ ref("int_industry_moran") }} AS m
    ON t.industry_code = m.industry_code AND t.region_type = m.region_type AND t.year = m.year
