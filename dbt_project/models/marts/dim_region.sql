WITH latest_population AS (
    SELECT area_fips, year, population
    FROM {{ ref("stg_county_population") }}
    QUALIFY year = max(year) OVER ()
),

counties AS (
    SELECT
        CASE WHEN c.is_unallocated THEN 'unallocated' ELSE 'county' END AS region_type,
        c.county_fips AS code,
        c.name,
        c.country,
        'state:' || left(c.county_fips, 2) AS parent_region_id,
        c.vintage,
        g.latitude,
        g.longitude,
        g.land_area_m2 / 1e6 AS land_area_km2,
        p.population,
        CASE WHEN p.population IS NOT NULL THEN p.year END AS population_year
    FROM {{ ref("int_counties") }} AS c
    LEFT JOIN {{ ref("stg_county_gazetteer") }} AS g ON c.county_fips = g.county_fips
    LEFT JOIN latest_population AS p ON c.county_fips = p.area_fips
),

-- Larger regions as the publisher titles them; those that a delineation lists take its vintage.
larger AS (
    SELECT
        a.area_fips,
        CASE
            WHEN regexp_matches(a.area_fips, '^C\d{4}$') THEN 'cbsa'
            WHEN regexp_matches(a.area_fips, '^[A-Z]{2}000$') THEN 'nation'
            ELSE 'state'
        END AS region_type,
        a.area_title
    FROM {{ ref("stg_qcew_areas") }} AS a
    WHERE regexp_matches(a.area_fips, '^(C\d{4}|[A-Z]{2}000|\d{2}000)$')
),

delineated AS (
    SELECT
        cbsa_code,
        any_value(cbsa_title) AS cbsa_title,
        any_value(cbsa_kind) AS cbsa_kind,
        any_value(vintage) AS vintage
    FROM {{ ref("stg_cbsa_delineation") }}
    GROUP BY cbsa_code
),

named AS (
    SELECT
        region_type,
        CASE region_type WHEN 'cbsa' THEN substr(area_fips, 2) || '0' ELSE left(area_fips, 2) END AS code,
        CASE
            WHEN area_title = 'U.S. TOTAL' THEN 'United States'
            ELSE regexp_replace(area_title, ' -- Statewide', '')
        END AS name
    FROM larger
    UNION
    SELECT 'cbsa', cbsa_code, cbsa_title || CASE cbsa_kind WHEN 'metropolitan' THEN ' MSA' ELSE ' MicroSA' END
    FROM delineated
    WHERE 'C' || left(cbsa_code, 4) NOT IN (SELECT area_fips FROM larger)
),

-- Position and land area of a larger region come from its counties: the mean of their internal points weighted by land.
members AS (
    SELECT 'cbsa' AS region_type, cbsa_code AS code, county_fips FROM {{ ref("stg_cbsa_delineation") }}
    UNION ALL
    SELECT 'state', left(code, 2), code FROM counties WHERE region_type = 'county'
    UNION ALL
    SELECT 'nation', country, code FROM counties WHERE region_type = 'county'
),

summed AS (
    SELECT
        m.region_type, m.code,
        sum(c.latitude * c.land_area_km2 ORDER BY c.code) / sum(c.land_area_km2 ORDER BY c.code) AS latitude,
        sum(c.longitude * c.land_area_km2 ORDER BY c.code) / sum(c.land_area_km2 ORDER BY c.code) AS longitude,
        sum(c.land_area_km2 ORDER BY c.code) AS land_area_km2,
        sum(c.population) AS population,
        max(c.population_year) AS population_year
    FROM members AS m
    INNER JOIN counties AS c ON m.county_fips = c.code
    GROUP BY m.region_type, m.code
),

regions AS (
    SELECT * FROM counties
    UNION ALL BY NAME
    SELECT
        n.region_type,
        n.code,
        n.name,
        k.country,
        CASE WHEN n.region_type <> 'nation' THEN 'nation:' || k.country END AS parent_region_id,
        CASE n.region_type
            WHEN 'cbsa' THEN coalesce('OMB ' || d.vintage, 'as titled by BLS')
            ELSE n.region_type
        END AS vintage,
        s.latitude,
        s.longitude,
        s.land_area_km2,
        s.population,
        s.population_year
    FROM named AS n
    CROSS JOIN (SELECT DISTINCT country FROM counties) AS k
    LEFT JOIN summed AS s ON n.region_type = s.region_type AND n.code = s.code
    LEFT JOIN delineated AS d ON n.region_type = 'cbsa' AND n.code = d.cbsa_code
)

SELECT
    region_type || ':' || code AS region_id,
    region_type,
    code,
    name,
    country,
    parent_region_id,
    vintage,
    latitude,
    longitude,
    land_area_km2,
    population::BIGINT AS population,
    population_year::INTEGER AS population_year
FROM regions
