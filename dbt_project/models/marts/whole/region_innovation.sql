-- Patents and universities' research of every region and year that either is published of. Counties are the parts of all.
WITH printed AS (
    SELECT
        coalesce(c.new_code, p.area_code) AS county_fips,
        left(p.area_code, 2) AS state_code,
        p.year::INTEGER AS year,
        sum(p.patents) AS patents
    FROM {{ ref("stg_patents_county") }} AS p
    LEFT JOIN {{ ref("county_changes") }} AS c
        ON c.kind = 'rename' AND p.area_code = c.old_code AND p.year >= c.first_year
    WHERE p.area_code <> 'ALL'
    GROUP BY ALL
),

research AS (
    SELECT
        year, county_region_id, state_region_id,
        coalesce(r_and_d_spending, 0) AS spending,
        coalesce(r_and_d_spending > 0, FALSE)::INTEGER AS institutions
    FROM {{ ref("research_institution") }}
),

-- Without a directory nobody has a place, and no region a figure.
surveyed AS (
    SELECT year FROM research GROUP BY year HAVING count(county_region_id) > 0
),

-- Lists of titles keep counties that were given up long ago; gazetteers do not.
counties AS (
    SELECT y.year, c.county_fips, left(c.county_fips, 2) AS state_code
    FROM (
        SELECT year FROM printed
        UNION
        SELECT year FROM surveyed
    ) AS y
    INNER JOIN {{ ref("int_counties") }} AS c
        ON y.year BETWEEN coalesce(c.valid_from, y.year) AND coalesce(c.valid_to, y.year)
    WHERE NOT c.is_unallocated AND c.county_fips IN (SELECT county_fips FROM {{ ref("int_gazetteer") }})
),

-- The publisher lists every county with a patent, so that one it does not list has none: but where it lists, in the same
-- state, one that the year does not have, as before a split. Its patents are those of any county that is not listed.
unsettled AS (
    SELECT DISTINCT year, state_code
    FROM printed
    WHERE patents > 0 AND right(county_fips, 3) <> '000'
        AND (year, county_fips) NOT IN (SELECT (year, county_fips) FROM counties)
),

counted AS (
    SELECT
        c.year, c.county_fips,
        CASE
            WHEN (c.year, c.state_code) IN (SELECT (year, state_code) FROM unsettled) THEN p.patents
            WHEN (c.year, c.state_code) IN (SELECT (year, state_code) FROM printed) THEN coalesce(p.patents, 0)
        END AS patents
    FROM counties AS c
    LEFT JOIN printed AS p ON c.year = p.year AND c.county_fips = p.county_fips
),

county_parts AS (
    SELECT
        c.year, c.county_fips, c.patents,
        before.patents AS patents_before,
        CASE WHEN c.year IN (SELECT year FROM surveyed) THEN coalesce(r.spending, 0) END AS spending,
        CASE WHEN c.year IN (SELECT year FROM surveyed) THEN coalesce(r.institutions, 0) END AS institutions,
        p.population
    FROM counted AS c
    LEFT JOIN counted AS before ON c.county_fips = before.county_fips AND c.year = before.year + 5
    LEFT JOIN (
        SELECT year, county_region_id, sum(spending) AS spending, sum(institutions) AS institutions
        FROM research GROUP BY year, county_region_id
    ) AS r ON c.year = r.year AND 'county:' || c.county_fips = r.county_region_id
    LEFT JOIN {{ ref("int_population") }} AS p ON c.year = p.year AND c.county_fips = p.area_fips
),

-- An area is its counties by the delineation of the year, five years before too; before the first one, by that.
areas AS (
    SELECT
        m.region_id, c.year,
        {%- for figure in ("patents", "patents_before", "spending", "institutions", "population") %}
        CASE WHEN count(c.{{ figure }}) = any_value(m.counties) THEN sum(c.{{ figure }}) END AS {{ figure }}
        {{- "," if not loop.last }}
        {%- endfor %}
    FROM (
        SELECT
            region_id, county_region_id, valid_from, valid_to,
            valid_from = min(valid_from) OVER () AS is_first,
            count(*) OVER (PARTITION BY region_id, valid_from) AS counties
        FROM {{ ref("cbsa_county") }}
    ) AS m
    INNER JOIN county_parts AS c
        ON m.county_region_id = 'county:' || c.county_fips
            AND (m.valid_from <= c.year OR m.is_first) AND coalesce(m.valid_to, c.year) >= c.year
    GROUP BY m.region_id, c.year
),

-- With what no county of the state could be given.
state_parts AS (
    SELECT
        c.year, c.state_code,
        n.patents, before.patents AS patents_before,
        CASE WHEN c.year IN (SELECT year FROM surveyed) THEN coalesce(r.spending, 0) END AS spending,
        CASE WHEN c.year IN (SELECT year FROM surveyed) THEN coalesce(r.institutions, 0) END AS institutions,
        p.population
    FROM (SELECT DISTINCT year, state_code FROM counties) AS c
    {%- for name, years in (("n", 0), ("before", 5)) %}
    LEFT JOIN (SELECT year, state_code, sum(patents) AS patents FROM printed GROUP BY year, state_code) AS {{ name }}
        ON c.state_code = {{ name }}.state_code AND c.year = {{ name }}.year + {{ years }}
    {%- endfor %}
    LEFT JOIN (
        SELECT year, state_region_id, sum(spending) AS spending, sum(institutions) AS institutions
        FROM research GROUP BY year, state_region_id
    ) AS r ON c.year = r.year AND 'state:' || c.state_code = r.state_region_id
    LEFT JOIN {{ ref("int_population") }} AS p ON c.year = p.year AND c.state_code || '000' = p.area_fips
),

outside AS (
    SELECT state_code FROM {{ ref("region_roles") }} WHERE region_type IN ('any', 'state') AND NOT in_nation
),

nations AS (
    SELECT
        s.year,
        sum(s.patents) AS patents,
        sum(s.patents_before) AS patents_before,
        sum(s.population) AS population,
        sum(s.spending) + any_value(nowhere.spending) AS spending,
        sum(s.institutions) + any_value(nowhere.institutions) AS institutions
    FROM state_parts AS s
    LEFT JOIN (
        SELECT
            year,
            coalesce(sum(spending) FILTER (state_region_id IS NULL), 0) AS spending,
            coalesce(sum(institutions) FILTER (state_region_id IS NULL), 0) AS institutions
        FROM research GROUP BY year
    ) AS nowhere ON s.year = nowhere.year
    WHERE s.state_code NOT IN (SELECT state_code FROM outside)
    GROUP BY s.year
),

-- Of a state's spending, what stands in none of its counties.
unplaced_in_state AS (
    SELECT
        year, state_region_id,
        1 - coalesce(sum(spending) FILTER (county_region_id IS NOT NULL), 0) / nullif(sum(spending), 0) AS share
    FROM research
    WHERE state_region_id IS NOT NULL
    GROUP BY year, state_region_id
),

-- Of the nation's spending, what stands in no county, and in no state.
placed AS (
    SELECT year, sum(spending) AS in_counties, NULL AS in_states
    FROM county_parts
    WHERE left(county_fips, 2) NOT IN (SELECT state_code FROM outside)
    GROUP BY year
    UNION ALL
    SELECT year, NULL, sum(spending)
    FROM state_parts
    WHERE state_code NOT IN (SELECT state_code FROM outside)
    GROUP BY year
),

unplaced AS (
    SELECT
        n.year,
        1 - any_value(p.in_counties) / nullif(n.spending, 0) AS county_share,
        1 - any_value(p.in_states) / nullif(n.spending, 0) AS state_share
    FROM nations AS n
    INNER JOIN placed AS p ON n.year = p.year
    GROUP BY n.year, n.spending
),

regions AS (
    SELECT 'county:' || county_fips AS region_id, * EXCLUDE (county_fips) FROM county_parts
    UNION ALL BY NAME
    SELECT * FROM areas
    UNION ALL BY NAME
    SELECT 'state:' || state_code AS region_id, * EXCLUDE (state_code) FROM state_parts
    UNION ALL BY NAME
    SELECT 'nation:' || k.country AS region_id, n.*
    FROM nations AS n
    CROSS JOIN (SELECT DISTINCT country FROM {{ ref("int_counties") }}) AS k
)

SELECT
    r.region_id,
    r.year,
    r.patents::BIGINT AS patents,
    1e5 * r.patents / nullif(r.population, 0) AS patents_per_100k,
    (r.patents / nullif(r.patents_before, 0)) ** (1 / 5) - 1 AS patents_growth_5y,
    r.spending::BIGINT AS r_and_d_spending,
    r.spending / nullif(r.population, 0) AS r_and_d_per_capita,
    r.institutions::INTEGER AS research_institutions,
    CASE
        WHEN r.region_id LIKE 'county:%' AND r.spending IS NOT NULL THEN coalesce(s.share, 0)
        WHEN r.region_id LIKE 'state:%' THEN u.state_share
        ELSE u.county_share
    END AS r_and_d_unplaced_share
FROM regions AS r
LEFT JOIN unplaced AS u ON r.year = u.year
LEFT JOIN unplaced_in_state AS s ON r.year = s.year AND 'state:' || substr(r.region_id, 8, 2) = s.state_region_id
WHERE r.patents IS NOT NULL OR r.spending IS NOT NULL
