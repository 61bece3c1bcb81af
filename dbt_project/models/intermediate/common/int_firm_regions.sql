-- The counties and states that County Business Patterns can tell of. A table of its own: years that read dim_region would
-- be made anew with every change of a population.
SELECT 'county:' || county_fips AS region_id FROM {{ ref("int_counties") }}
WHERE NOT is_unallocated
UNION
SELECT 'state:' || left(county_fips, 2) FROM {{ ref("int_counties") }}
WHERE NOT is_unallocated
