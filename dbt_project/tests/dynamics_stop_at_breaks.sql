-- Between two editions of NAICS, two delineations of metropolitan areas, or where one year is missing, nothing is compared;
-- anywhere else something is.
SELECT region_id, cluster_id, from_year, to_year, comparable
FROM {{ ref("cluster_dynamics") }} AS d
WHERE comparable IS DISTINCT FROM (
    {{ naics_edition("from_year") }} = {{ naics_edition("to_year") }}
    AND employment_from_lower IS NOT NULL
    AND employment_to_lower IS NOT NULL
    AND (
        region_id NOT LIKE 'cbsa:%'
        OR NOT EXISTS (
            SELECT 1 FROM {{ ref("int_delineation_spans") }} AS s
            WHERE s.valid_from > d.from_year AND s.valid_from <= d.to_year
        )
    )
)
OR NOT comparable AND coalesce(
    change_lower, change_upper, change, growth_lower, growth_upper, growth, national_share_lower, industry_mix_lower,
    regional_shift_lower, allocation_effect_lower, competitive_effect_lower, national_share_dynamic_lower
) IS NOT NULL
OR NOT comparable AND coalesce(quadrant, entered, exited) IS NOT NULL
OR comparable AND (change_lower IS NULL OR change_lower IS DISTINCT FROM employment_to_lower - employment_from_upper)
LIMIT 100
