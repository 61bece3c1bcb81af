-- Regions by number, with the regions whose cells theirs are a part of: a county's state and metropolitan area, a state's
-- nation. Territories are not part of the nation as QCEW counts it.
WITH regions AS (
    SELECT DISTINCT region_id, region_type FROM {{ ref("int_qcew_cells") }}
    UNION
    SELECT DISTINCT region_id, region_type FROM {{ ref("int_cbsa_sums") }}
),

numbered AS (
    SELECT
        *,
        split_part(region_id, ':', 2) AS code,
        (row_number() OVER (ORDER BY region_id) - 1)::SMALLINT AS region_no
    FROM regions
),

with_parents AS (
    SELECT
        r.*,
        CASE
            WHEN r.region_type IN ('county', 'unallocated') THEN 'state:' || left(r.code, 2)
            WHEN r.region_type = 'state' AND r.code NOT IN {{ territories() }} THEN n.region_id
        END AS parent_region_id,
        'cbsa:' || d.cbsa_code AS metro_region_id
    FROM numbered AS r
    LEFT JOIN numbered AS n ON n.region_type = 'nation'
    LEFT JOIN {{ ref("stg_cbsa_delineation") }} AS d ON r.region_type = 'county' AND r.code = d.county_fips
)

SELECT
    r.region_no,
    r.region_id,
    coalesce(p.region_no, -1) AS parent_no,
    coalesce(m.region_no, -1) AS metro_no
FROM with_parents AS r
LEFT JOIN numbered AS p ON r.parent_region_id = p.region_id
LEFT JOIN numbered AS m ON r.metro_region_id = m.region_id
