-- Regions of each year by number, with the regions whose cells theirs are a part of; a region has one number in all years.
-- A county is a part of its state, and of its metropolitan area of that year; a state is a part of the nation, but for the
-- territories, which QCEW does not count in it. A metropolitan area in several states has a part in each, as a region of
-- its own that nobody publishes: so a state is also the sum of the metropolitan areas and their parts in it, and of the
-- counties outside any.
WITH regions AS (
    SELECT DISTINCT region_id, region_type, year FROM {{ ref("int_qcew_cells") }}
    UNION
    SELECT DISTINCT region_id, region_type, year FROM {{ ref("int_cbsa_sums") }}
),

members AS (
    SELECT
        d.year,
        'county:' || d.county_fips AS county_region_id,
        'cbsa:' || d.cbsa_code AS metro_region_id,
        'state:' || left(d.county_fips, 2) AS state_region_id
    FROM {{ ref("int_cbsa_members") }} AS d
    INNER JOIN regions AS m ON 'cbsa:' || d.cbsa_code = m.region_id AND d.year = m.year
    INNER JOIN regions AS c ON 'county:' || d.county_fips = c.region_id AND d.year = c.year
    WHERE d.is_sum
),

metros AS (
    SELECT
        year,
        metro_region_id,
        state_region_id,
        CASE
            WHEN count(*) OVER (PARTITION BY year, metro_region_id) = 1 THEN metro_region_id
            ELSE metro_region_id || ' in ' || state_region_id
        END AS part_region_id
    FROM (SELECT DISTINCT year, metro_region_id, state_region_id FROM members) AS shared
),

related AS (
    -- Parts of metropolitan areas
    SELECT
        year,
        part_region_id AS region_id,
        NULL AS parent_region_id,
        metro_region_id,
        state_region_id AS state_region_id
    FROM metros
    WHERE part_region_id <> metro_region_id
    UNION ALL
    SELECT
        r.year,
        r.region_id,
        CASE
            WHEN r.region_type IN ('county', 'unallocated') THEN 'state:' || left(split_part(r.region_id, ':', 2), 2)
            WHEN r.region_type = 'state' AND o.in_nation THEN n.region_id
        END,
        p.part_region_id,
        CASE
            WHEN r.region_type = 'cbsa' THEN whole.state_region_id
            WHEN r.region_type IN ('county', 'unallocated') AND m.county_region_id IS NULL
                THEN 'state:' || left(split_part(r.region_id, ':', 2), 2)
        END
    FROM regions AS r
    INNER JOIN {{ ref("int_region_roles") }} AS o ON r.region_id = o.region_id
    LEFT JOIN (SELECT region_id, year FROM regions WHERE region_type = 'nation') AS n ON r.year = n.year
    LEFT JOIN members AS m ON r.region_id = m.county_region_id AND r.year = m.year
    LEFT JOIN metros AS p
        ON m.metro_region_id = p.metro_region_id AND m.state_region_id = p.state_region_id AND m.year = p.year
    LEFT JOIN metros AS whole ON r.region_id = whole.part_region_id AND r.year = whole.year
),

numbers AS (
    SELECT region_id, (row_number() OVER (ORDER BY region_id) - 1)::SMALLINT AS region_no
    FROM (SELECT DISTINCT region_id FROM related) AS every_year
)

SELECT
    r.year,
    self.region_no,
    r.region_id,
    coalesce(p.region_no, -1) AS parent_no,
    coalesce(m.region_no, -1) AS metro_no,
    coalesce(s.region_no, -1) AS state_no
FROM related AS r
INNER JOIN numbers AS self ON r.region_id = self.region_id
LEFT JOIN numbers AS p ON r.parent_region_id = p.region_id
LEFT JOIN numbers AS m ON r.metro_region_id = m.region_id
LEFT JOIN numbers AS s ON r.state_region_id = s.region_id
