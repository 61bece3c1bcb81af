-- What is known of an industry's private jobs over all regions of a type: what the regions' own bounds add up to, and the
-- nation's figure, less the jobs that no county could be given. Metropolitan areas hold no more than the nation. Every
-- published figure is rounded, so sums may be off by half a job for each.
WITH regions AS (
    SELECT
        naics, industry_code, region_type, year,
        count(*) AS regions,
        any_value(weight_squares) AS weight_squares,
        sum(employment_lower) AS employment_lower,
        sum(employment_upper) AS employment_upper
    FROM {{ ref("int_concentration_cells") }}
    GROUP BY naics, industry_code, region_type, year
),

nation AS (
    SELECT industry_code, year, employment_lower, employment_upper
    FROM {{ ref("int_cells") }}
    WHERE region_type = 'nation' AND ownership = 'private'
),

unallocated AS (
    SELECT
        industry_code, year,
        count(*) AS cells,
        sum(employment_lower) AS least,
        sum(coalesce(employment_upper, 'infinity')) AS most
    FROM {{ ref("int_cells") }}
    WHERE region_type = 'unallocated' AND ownership = 'private'
        AND NOT {{ outside_the_nation("region_id") }}
    GROUP BY industry_code, year
),

totals AS (
    SELECT
        r.industry_code, r.region_type, r.year,
        CASE r.region_type
            WHEN 'state' THEN n.employment_lower
            WHEN 'county' THEN n.employment_lower - coalesce(u.most, 0)
        END AS least,
        n.employment_upper - CASE r.region_type WHEN 'county' THEN coalesce(u.least, 0) ELSE 0 END AS most,
        0.5 * (1 + r.regions + CASE r.region_type WHEN 'county' THEN coalesce(u.cells, 0) ELSE 0 END) AS slack
    FROM regions AS r
    INNER JOIN nation AS n ON r.industry_code = n.industry_code AND r.year = n.year
    LEFT JOIN unallocated AS u ON r.industry_code = u.industry_code AND r.year = u.year
)

SELECT
    r.*,
    coalesce(t.least - t.slack, 0) AS total_lower,
    coalesce(t.most + t.slack, 'infinity')::DOUBLE AS total_upper
FROM regions AS r
LEFT JOIN totals AS t ON r.industry_code = t.industry_code AND r.region_type = t.region_type AND r.year = t.year
