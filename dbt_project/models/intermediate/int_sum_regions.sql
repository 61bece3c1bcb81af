-- Regions by number, with the regions whose cells theirs are a part of: a county's state and metropolitan area, a state's
-- nation. Territories are not part of the nation as QCEW counts it.
WITH regions AS (
    SELECT
        {{ qcew_region_id("region_type", "area_fips") }} AS region_id,
        region_type,
        area_fips
    FROM (
        SELECT DISTINCT
            area_fips,
            {{ qcew_region_type("agglvl_code", "area_fips") }} AS region_type
        FROM {{ ref("stg_qcew") }}
    )
    WHERE region_type IS NOT NULL
),

numbered AS (
    SELECT *, (row_number() OVER (ORDER BY region_id) - 1)::SMALLINT AS region_no
    FROM regions
),

with_parents AS (
    SELECT
        r.*,
        CASE r.region_type
            WHEN 'county' THEN 'state:' || left(r.area_fips, 2)
            WHEN 'unallocated' THEN 'state:' || left(r.area_fips, 2)
            WHEN 'state' THEN CASE WHEN left(r.area_fips, 2) NOT IN {{ territories() }} THEN n.region_id END
        END AS parent_region_id,
        'cbsa:' || d.cbsa_code AS metro_region_id
    FROM numbered AS r
    LEFT JOIN numbered AS n ON n.region_type = 'nation'
    LEFT JOIN {{ ref("stg_cbsa_delineation") }} AS d ON r.region_type = 'county' AND r.area_fips = d.county_fips
)

SELECT
    r.region_no,
    r.region_id,
    coalesce(p.region_no, -1) AS parent_no,
    coalesce(m.region_no, -1) AS metro_no
FROM with_parents AS r
LEFT JOIN numbered AS p ON r.parent_region_id = p.region_id
LEFT JOIN numbered AS m ON r.metro_region_id = m.region_id
ORDER BY r.region_no
