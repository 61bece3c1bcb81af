-- Of those areas of a year that are printed or summed, none shares a county with another, as far as any delineation tells
-- of which counties the area is.
WITH held AS (
    SELECT DISTINCT region_id, year, split_part(region_id, ':', 2) AS cbsa_code
    FROM {{ ref("employment") }}
    WHERE region_id LIKE 'cbsa:%'
),

counties AS (
    SELECT h.year, h.region_id, m.county_fips
    FROM held AS h
    INNER JOIN {{ ref("int_cbsa_members") }} AS m ON h.cbsa_code = m.cbsa_code AND h.year = m.year
    UNION
    -- A printed area that the year's delineation does not have.
    SELECT h.year, h.region_id, d.county_fips
    FROM held AS h
    INNER JOIN {{ ref("int_area_fits") }} AS f ON h.cbsa_code = f.cbsa_code AND h.year = f.year AND f.fits
    INNER JOIN {{ ref("stg_cbsa_delineation") }} AS d ON f.cbsa_code = d.cbsa_code AND f.period = d.period
    ANTI JOIN {{ ref("int_cbsa_members") }} AS m ON h.cbsa_code = m.cbsa_code AND h.year = m.year
)

SELECT year, county_fips, string_agg(region_id, ', ' ORDER BY region_id) AS areas
FROM counties
GROUP BY year, county_fips
HAVING count(DISTINCT region_id) > 1
LIMIT 100
