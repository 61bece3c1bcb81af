-- A retired county that no series has any more had the people of those that took its place whole.
WITH successors AS (
    SELECT old_code, new_code, first_year, count(*) OVER (PARTITION BY old_code) AS parts
    FROM {{ ref("county_changes") }}
    WHERE kind IN ('rename', 'split')
        AND old_code NOT IN (SELECT area_fips FROM {{ ref("int_population") }})
),

people AS (
    SELECT area_fips, year, population FROM {{ ref("int_population") }}
    UNION ALL
    SELECT s.old_code, p.year, sum(p.population)
    FROM successors AS s
    INNER JOIN {{ ref("int_population") }} AS p ON s.new_code = p.area_fips AND s.first_year > p.year
    GROUP BY s.old_code, p.year
    HAVING count(*) = any_value(s.parts)
),

latest_population AS (
    SELECT area_fips, year, population
    FROM people
    QUALIFY year = max(year) OVER (PARTITION BY area_fips)
),

counties AS (
    SELECT
        CASE WHEN c.is_unallocated THEN 'unallocated' ELSE 'county' END AS region_type,
        c.county_fips AS code,
        c.name,
        c.country,
        'state:' || left(c.county_fips, 2) AS parent_region_id,
        c.vintage,
        c.valid_from,
        c.valid_to,
        g.latitude,
        g.longitude,
        g.land_area_m2 / 1e6 AS land_area_km2,
        p.population,
        p.year AS population_year
    FROM {{ ref("int_counties") }} AS c
    LEFT JOIN {{ ref("int_gazetteer") }} AS g ON c.county_fips = g.county_fips
    LEFT JOIN latest_population AS p ON c.county_fips = p.area_fips
),

-- Larger regions as the publisher last titled them; those that a delineation lists take its vintage.
larger AS (
    SELECT
        a.area_fips,
        CASE
            WHEN regexp_matches(a.area_fips, '^C\d{4}$') THEN 'cbsa'
            WHEN regexp_matches(a.area_fips, '^[A-Z]{2}000$') THEN 'nation'
            ELSE 'state'
        END AS region_type,
        CASE
            WHEN a.area_fips LIKE 'C%' THEN {{ cbsa_code_of("a.area_fips", "any_value(k.cbsa_code)") }}
            ELSE left(a.area_fips, 2)
        END AS code,
        arg_max(a.area_title, a.vintage) AS area_title
    FROM {{ ref("stg_qcew_areas") }} AS a
    LEFT JOIN {{ ref("int_cbsa_codes") }} AS k ON a.area_fips = k.area_fips
    WHERE regexp_matches(a.area_fips, '^(C\d{4}|[A-Z]{2}000|\d{2}000)$')
    GROUP BY a.area_fips
),

-- Each area in every delineation: those that were in use, and before them, for what else is known of an area that none of
-- those has, the others.
listed AS (
    SELECT
        d.cbsa_code, d.cbsa_title, d.cbsa_kind, d.county_fips, d.period,
        s.valid_from, s.valid_to,
        dense_rank() OVER (
            PARTITION BY d.cbsa_code ORDER BY s.valid_from DESC NULLS LAST, d.period DESC
        ) AS place
    FROM {{ ref("stg_cbsa_delineation") }} AS d
    LEFT JOIN {{ ref("int_delineation_spans") }} AS s ON d.period = s.period
),

delineated AS (
    SELECT
        cbsa_code,
        any_value(cbsa_title) FILTER (WHERE place = 1) AS cbsa_title,
        any_value(cbsa_kind) FILTER (WHERE place = 1) AS cbsa_kind,
        any_value(period) FILTER (WHERE place = 1) AS vintage,
        min(valid_from) AS valid_from,
        CASE
            WHEN bool_and(valid_to IS NOT NULL) FILTER (WHERE valid_from IS NOT NULL) THEN max(valid_to)
        END AS valid_to,
        count(valid_from) > 0 AS was_used
    FROM listed
    GROUP BY cbsa_code
),

named AS (
    SELECT
        region_type,
        code,
        CASE
            WHEN area_title = 'U.S. TOTAL' THEN 'United States'
            ELSE regexp_replace({{ mended_title("area_title") }}, ' -- Statewide', '')
        END AS name
    FROM larger
    -- BLS lists offices too, such as the Federal Bureau of Investigation, by codes like states': they have no county.
    WHERE region_type <> 'state' OR code IN (SELECT left(code, 2) FROM counties WHERE region_type = 'county')
    UNION
    SELECT 'cbsa', cbsa_code, cbsa_title || CASE cbsa_kind WHEN 'metropolitan' THEN ' MSA' ELSE ' MicroSA' END
    FROM delineated
    WHERE was_used AND cbsa_code NOT IN (SELECT code FROM larger)
),

members AS (
    SELECT DISTINCT 'cbsa' AS region_type, cbsa_code AS code, county_fips, place
    FROM listed
    WHERE county_fips IN (SELECT code FROM counties)
    UNION ALL
    SELECT 'state', left(code, 2), code, 1 FROM counties WHERE region_type = 'county'
    UNION ALL
    SELECT 'nation', country, code, 1 FROM counties WHERE region_type = 'county'
),

-- A state's counties are those of one gazetteer, the newest: those of several overlap. Those of an area are its last ones;
-- where some of them stand in no gazetteer, those before.
placed AS (
    SELECT m.region_type, m.code, m.county_fips, g.latitude, g.longitude, g.land_area_m2 / 1e6 AS land_area_km2
    FROM members AS m
    INNER JOIN {{ ref("stg_county_gazetteer") }} AS g ON m.county_fips = g.county_fips
    WHERE m.region_type <> 'cbsa'
        AND g.period = (SELECT max(period) FROM {{ ref("stg_county_gazetteer") }})
    UNION ALL
    SELECT region_type, code, county_fips, latitude, longitude, land_area_km2
    FROM (
        SELECT
            m.region_type, m.code, m.county_fips, m.place, g.latitude, g.longitude,
            g.land_area_m2 / 1e6 AS land_area_km2,
            bool_and(g.county_fips IS NOT NULL) OVER (PARTITION BY m.code, m.place) AS is_whole
        FROM members AS m
        LEFT JOIN {{ ref("int_gazetteer") }} AS g ON m.county_fips = g.county_fips
        WHERE m.region_type = 'cbsa'
    ) AS of_areas
    WHERE is_whole
    QUALIFY place = min(place) OVER (PARTITION BY code)
),

-- Position and land area of a larger region come from its counties: the mean of their internal points weighted by land.
summed AS (
    SELECT
        region_type, code,
        sum(latitude * land_area_km2 ORDER BY county_fips) / sum(land_area_km2 ORDER BY county_fips) AS latitude,
        sum(longitude * land_area_km2 ORDER BY county_fips) / sum(land_area_km2 ORDER BY county_fips) AS longitude,
        sum(land_area_km2 ORDER BY county_fips) AS land_area_km2
    FROM placed
    GROUP BY region_type, code
),

-- People of a larger region: of the last year with a figure; for an area, in which all its last counties have one, or
-- else those before.
peopled AS (
    SELECT m.region_type, m.code, p.year AS population_year, sum(p.population) AS population
    FROM members AS m
    INNER JOIN {{ ref("int_population") }} AS p ON m.county_fips = p.area_fips
    LEFT JOIN (
        SELECT code, place, count(*) AS counties FROM members WHERE region_type = 'cbsa' GROUP BY code, place
    ) AS a ON m.region_type = 'cbsa' AND m.code = a.code AND m.place = a.place
    GROUP BY m.region_type, m.code, m.place, p.year
    HAVING count(*) = coalesce(any_value(a.counties), count(*))
    QUALIFY row_number() OVER (PARTITION BY m.region_type, m.code ORDER BY m.place ASC, p.year DESC) = 1
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
            WHEN 'cbsa' THEN CASE WHEN d.was_used THEN 'OMB ' || d.vintage ELSE 'as titled by BLS' END
            ELSE n.region_type
        END AS vintage,
        d.valid_from,
        d.valid_to,
        s.latitude,
        s.longitude,
        s.land_area_km2,
        p.population,
        p.population_year
    FROM named AS n
    CROSS JOIN (SELECT DISTINCT country FROM counties) AS k
    LEFT JOIN summed AS s ON n.region_type = s.region_type AND n.code = s.code
    LEFT JOIN peopled AS p ON n.region_type = p.region_type AND n.code = p.code
    LEFT JOIN delineated AS d ON n.region_type = 'cbsa' AND n.code = d.cbsa_code
)

-- One name, one region. Where several go by it, the largest kind, then whoever has people, keeps it as it is.
SELECT
    region_type || ':' || code AS region_id,
    region_type,
    code,
    name || CASE
        WHEN row_number() OVER same_name = 1 THEN ''
        WHEN count(*) OVER (PARTITION BY name, region_type) > 1 THEN ' (' || code || ')'
        ELSE ' (' || region_type || ')'
    END AS name,
    country,
    parent_region_id,
    vintage,
    valid_from::INTEGER AS valid_from,
    valid_to::INTEGER AS valid_to,
    latitude,
    longitude,
    land_area_km2,
    population::BIGINT AS population,
    population_year::INTEGER AS population_year
FROM regions
WINDOW same_name AS (
    PARTITION BY name
    ORDER BY
        CASE region_type WHEN 'nation' THEN 0 WHEN 'state' THEN 1 WHEN 'cbsa' THEN 2 ELSE 3 END,
        population IS NULL, code
)
