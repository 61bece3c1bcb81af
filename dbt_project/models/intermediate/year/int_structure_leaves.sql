-- Private six-digit cells of the nation and its states, counties and metropolitan areas, each with an estimate and what is
-- known of its error, beside those of its sector. A region with a sector that is published without industries has none:
-- nothing tells how that sector is made up.
{{ config(materialized="view") }}
WITH cells AS (
    SELECT
        *,
        CASE level
            WHEN 'national_industry' THEN {{ parent_industry_code("industry_code", "'subsector'") }}
            ELSE industry_code
        END AS sector,
        coalesce(employment_upper, 'infinity'::DOUBLE) AS at_most
    FROM {{ ref("int_estimated_cells") }}
    WHERE ownership = 'private' AND level IN ('national_industry', 'sector', 'total')
        AND employment_estimate IS NOT NULL
),

nation AS (
    SELECT industry_code, year, employment_estimate / sum(employment_estimate) OVER (PARTITION BY year) AS share
    FROM cells
    WHERE region_type = 'nation' AND level = 'national_industry'
),

regions AS (
    SELECT region_id, year FROM {{ ref("int_concentration_regions") }}
    UNION ALL
    SELECT region_id, year FROM {{ ref("int_totals") }} WHERE region_type = 'nation'
)

SELECT
    c.region_type,
    c.region_id,
    c.region_no,
    c.year,
    c.sector,
    c.industry_no,
    coalesce(n.share, 0) AS nation,
    t.employment_estimate AS total,
    {% for cell, ending in (("c", ""), ("s", "_of_sector")) -%}
    {{ cell }}.employment_estimate AS estimate{{ ending }},
    {{ cell }}.employment_lower AS lower{{ ending }},
    {{ cell }}.at_most AS upper{{ ending }},
    {% for error in ("middle", "below", "above") -%}
    coalesce({{ cell }}.{{ error }}, 0) AS {{ error }}{{ ending }}{{ "," if not (loop.last and cell == "s") }}
    {% endfor -%}
    {% endfor -%}
FROM cells AS c
INNER JOIN regions AS r ON c.region_id = r.region_id AND c.year = r.year
INNER JOIN cells AS t ON c.region_id = t.region_id AND c.year = t.year AND t.level = 'total'
INNER JOIN cells AS s ON c.region_id = s.region_id AND c.year = s.year AND c.sector = s.sector AND s.level = 'sector'
LEFT JOIN nation AS n ON c.industry_code = n.industry_code AND c.year = n.year
ANTI JOIN {{ ref("int_structure_gaps") }} AS g
    ON c.region_id = g.region_id AND c.year = g.year AND g.level = 'national_industry'
WHERE c.level = 'national_industry'
