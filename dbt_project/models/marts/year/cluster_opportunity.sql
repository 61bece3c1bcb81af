-- The clusters a region lacks are ranked by density and by complexity among themselves, equals alike, and then by the sum
-- of both ranks; of equal sums the denser goes first; on estimates by density alone. What differs by less than the ninth digit is equal.
{%- set complete = ["_establishments", "_on_estimates"] %}
{%- set bases = [""] + complete %}

WITH cells AS (
    SELECT
        c.*,
        f.density_lower,
        f.density_upper,
        CASE WHEN {{ is_well_covered("c.type_coverage", "c.region_coverage") }} THEN f.density END AS density,
        CASE WHEN {{ is_well_covered("c.type_coverage", "c.cluster_coverage") }} THEN f.pci END AS complexity,
        {%- for basis in complete %}
        f.density{{ basis }},
        f.pci{{ basis }} AS complexity{{ basis }}{{ "," if not loop.last }}
        {%- endfor %}
    FROM {{ ref("int_relatedness_cells") }} AS c
    INNER JOIN {{ ref("int_relatedness") }} AS f
        ON c.region_id = f.region_id AND c.cluster_id = f.cluster_id AND c.year = f.year
),

lacking AS (
    SELECT
        {%- for basis in bases %}
        present{{ basis }} = 'no' AND density{{ basis }} IS NOT NULL AND complexity{{ basis }} IS NOT NULL
            AS is_ranked{{ basis }},
        {%- endfor %}
        *
    FROM cells
),

places AS (
    SELECT
        {%- for basis in bases %}
        {%- for figure in ("density", "complexity") %}
        rank() OVER (
            PARTITION BY region_id, year, is_ranked{{ basis }} ORDER BY round({{ figure }}{{ basis }}, 9) DESC
        )
            AS {{ figure }}_place{{ basis }},
        {%- endfor %}
        {%- endfor %}
        *
    FROM lacking
)

SELECT
    region_id,
    cluster_id,
    year::INTEGER AS year,
    present,
    density AS relatedness_density,
    density_lower AS relatedness_density_lower,
    density_upper AS relatedness_density_upper,
    complexity,
    {{ opportunity_rank("") }} AS opportunity_rank,
    region_coverage AS coverage,
    {%- for basis in complete %}
    present{{ basis }},
    density{{ basis }} AS relatedness_density{{ basis }},
    complexity{{ basis }},
    {{ opportunity_rank(basis) }} AS opportunity_rank{{ basis }}{{ "," if not loop.last }}
    {%- endfor %}
FROM places
