-- The cells of int_concentration_cells, each with an estimate and what is known of its error.
{{ config(materialized="view") }}
SELECT
    c.industry_no,
    c.region_type,
    c.year,
    c.region_no,
    -- Rounded to none, a cell with jobs still has a plant.
    greatest(c.establishments, 1)::DOUBLE AS plants,
    r.weight,
    c.employment_estimate::DOUBLE AS estimate,
    c.employment_lower AS lower,
    coalesce(c.employment_upper, r.employment)::DOUBLE AS upper,
    {% for error in ("middle", "below", "above") -%}
    coalesce(c.{{ error }}, 0)::DOUBLE AS {{ error }}{{ "," if not loop.last }}
    {% endfor -%}
FROM {{ ref("int_estimated_cells") }} AS c
INNER JOIN {{ ref("int_concentration_regions") }} AS r ON c.region_id = r.region_id AND c.year = r.year
WHERE c.ownership = 'private'
