-- Counties of each metropolitan and micropolitan area, by the delineation of the year. `is_sum` tells whether its counties
-- may stand for the area that year: those of a printed area where they make its printed jobs; those of an area that is
-- not printed where none of them can be part of a printed area that is delineated otherwise. So no county counts in two
-- areas, and no area has its total from one set of counties and its industries from another.
WITH years AS (
    SELECT year, period FROM {{ ref("int_delineation_years") }} WHERE is_built
),

-- The states in which a printed area lies that is not the sum of its counties, as far as any delineation knows the area.
odd AS (
    SELECT DISTINCT f.year, left(d.county_fips, 2) AS state_code
    FROM {{ ref("int_area_fits") }} AS f
    INNER JOIN years AS y ON f.year = y.year AND f.period = y.period
    LEFT JOIN {{ ref("stg_cbsa_delineation") }} AS d ON f.cbsa_code = d.cbsa_code
    WHERE f.is_printed AND NOT f.fits
),

areas AS (
    SELECT
        y.year, y.period, d.cbsa_code,
        coalesce(bool_or(f.is_printed), FALSE) AS is_printed,
        coalesce(bool_or(f.fits), FALSE) AS fits,
        bool_or(o.year IS NOT NULL) AS is_near_odd
    FROM years AS y
    INNER JOIN {{ ref("stg_cbsa_delineation") }} AS d ON y.period = d.period
    LEFT JOIN {{ ref("int_area_fits") }} AS f ON y.year = f.year AND y.period = f.period AND d.cbsa_code = f.cbsa_code
    LEFT JOIN odd AS o ON y.year = o.year AND (left(d.county_fips, 2) = o.state_code OR o.state_code IS NULL)
    GROUP BY y.year, y.period, d.cbsa_code
)

SELECT
    a.year,
    a.cbsa_code,
    d.county_fips,
    d.cbsa_kind,
    a.period,
    a.fits OR NOT (a.is_printed OR a.is_near_odd) AS is_sum
FROM areas AS a
INNER JOIN {{ ref("stg_cbsa_delineation") }} AS d ON a.period = d.period AND a.cbsa_code = d.cbsa_code
-- Kalawao, which QCEW counts in Maui, has no rows of its own in any year.
WHERE d.county_fips IN (SELECT county_fips FROM {{ ref("int_counties") }})
