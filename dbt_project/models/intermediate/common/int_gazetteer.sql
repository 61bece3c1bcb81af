-- Land and internal point of a county from the newest gazetteer that has it, or has it by its name before or after.
WITH named AS (
    SELECT county_fips, land_area_m2, latitude, longitude, period, TRUE AS is_own FROM {{ ref("stg_county_gazetteer") }}
    UNION ALL
    SELECT c.new_code, g.land_area_m2, g.latitude, g.longitude, g.period, FALSE
    FROM {{ ref("stg_county_gazetteer") }} AS g
    INNER JOIN {{ ref("county_changes") }} AS c ON g.county_fips = c.old_code AND c.kind = 'rename'
    UNION ALL
    SELECT c.old_code, g.land_area_m2, g.latitude, g.longitude, g.period, FALSE
    FROM {{ ref("stg_county_gazetteer") }} AS g
    INNER JOIN {{ ref("county_changes") }} AS c ON g.county_fips = c.new_code AND c.kind = 'rename'
)

SELECT county_fips, land_area_m2, latitude, longitude, period, is_own
FROM named
QUALIFY row_number() OVER (PARTITION BY county_fips ORDER BY is_own DESC, period DESC) = 1
