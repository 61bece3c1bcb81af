-- Private jobs and establishments of every industry in every state, county and metropolitan area of the nation, beside the
-- region's weight.
SELECT
    c.naics,
    c.industry_code,
    c.industry_no,
    c.region_type,
    c.year,
    c.region_id,
    c.region_no,
    -- Rounded to none, a cell with jobs still has a plant.
    greatest(c.establishments, 1)::DOUBLE AS plants,
    c.employment_lower,
    coalesce(c.employment_upper, r.employment)::DOUBLE AS employment_upper,
    r.weight,
    r.weight_squares
FROM {{ ref("int_cells") }} AS c
INNER JOIN {{ ref("int_concentration_regions") }} AS r ON c.region_id = r.region_id AND c.year = r.year
WHERE c.ownership = 'private'
