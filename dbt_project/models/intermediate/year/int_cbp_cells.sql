-- What County Business Patterns print of private jobs: of each county and code the newest figure, of the year or of a few
-- before it, so that what falls to two establishments one year, and has no row, is not estimated in another way than the
-- year before. A county that the newest file no longer has is others now, and counts no more. Of areas and states what is
-- printed of their counties. Establishments are those whose jobs are told. Jobs are of March and have noise added; some
-- branches are not covered. Regions are numbered as where cells are added up.
WITH years AS (
    SELECT y.year, c.county_fips
    FROM (SELECT DISTINCT year FROM {{ ref("int_sum_regions") }}) AS y
    INNER JOIN (SELECT DISTINCT year, county_fips FROM {{ ref("int_cbp_recent") }}) AS c
        ON c.year BETWEEN y.year - {{ var("cbp_years_back") }} AND y.year
    QUALIFY c.year = max(c.year) OVER (PARTITION BY y.year)
),

counties AS (
    SELECT
        y.year,
        'county:' || c.county_fips AS region_id,
        'state:' || left(c.county_fips, 2) AS state_region_id,
        c.naics_code AS industry_code,
        c.employment,
        c.establishments
    FROM years AS y
    INNER JOIN {{ ref("int_cbp_recent") }} AS c
        ON y.county_fips = c.county_fips AND c.year BETWEEN y.year - {{ var("cbp_years_back") }} AND y.year
    WHERE c.employment > 0
        AND c.establishments > 0
        AND {{ naics_same("c.naics_code", naics_edition("c.year", of="cbp"), naics_edition("y.year")) }}
        AND NOT {{ cbp_counts_government("c.naics_code") }}
    QUALIFY c.year = max(c.year) OVER (PARTITION BY y.year, c.county_fips, c.naics_code)
),

-- A county in an area that lies in several states is first a part of its part in one.
placed AS (
    SELECT c.*, r.region_no AS county_no, r.metro_no AS part_no, p.metro_no AS area_no, s.region_no AS state_no
    FROM counties AS c
    LEFT JOIN {{ ref("int_sum_regions") }} AS r ON c.region_id = r.region_id AND c.year = r.year
    LEFT JOIN {{ ref("int_sum_regions") }} AS p ON r.metro_no = p.region_no AND r.year = p.year
    LEFT JOIN {{ ref("int_sum_regions") }} AS s ON c.state_region_id = s.region_id AND c.year = s.year
)

SELECT
    year,
    region_no,
    'private' AS ownership,
    industry_code,
    sum(employment)::BIGINT AS employment,
    sum(establishments)::BIGINT AS establishments
FROM (UNPIVOT placed ON county_no, part_no, area_no, state_no INTO NAME level VALUE region_no)
WHERE region_no >= 0
GROUP BY year, region_no, industry_code
