-- A region's own figures stand in each of its cells.
WITH counted AS (
    SELECT
        c.region_id,
        c.year::INTEGER AS year,
        count_if(c.present = 'yes')::INTEGER AS least,
        count_if(c.present <> 'no')::INTEGER AS most,
        count_if(c.present_establishments = 'yes')::INTEGER AS diversity_establishments,
        any_value(c.region_coverage) AS coverage,
        any_value(c.type_coverage) AS type_coverage,
        any_value(f.eci) AS eci,
        any_value(f.connected) AS connected,
        any_value(f.orientation) AS orientation,
        any_value(f.oriented_on) AS oriented_on,
        any_value(f.eci_establishments) AS eci_establishments,
        any_value(f.average_ubiquity_establishments) AS average_ubiquity_establishments,
        any_value(f.connected_establishments) AS connected_establishments,
        any_value(f.orientation_establishments) AS orientation_establishments,
        any_value(f.oriented_on_establishments) AS oriented_on_establishments
    FROM {{ ref("int_relatedness_cells") }} AS c
    INNER JOIN {{ ref("int_relatedness") }} AS f
        ON c.region_id = f.region_id AND c.cluster_id = f.cluster_id AND c.year = f.year
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
    eci_establishments,
    diversity_establishments,
    average_ubiquity_establishments,
    connected_establishments,
    orientation_establishments,
    oriented_on_establishments
FROM counted
