-- Cells by number, as the bounds are computed from them. A cell that is withheld one year is known after all where the
-- next year prints its figure and the change from this year (BLS prints the change only where both are disclosed
-- by then). Between editions of NAICS a code may not be the same industry, and its change is not used.
-- Sums of counties are not printed figures: what they are is left to the counties. They stand for metropolitan areas, and
-- parts of them, wherever none is printed, so that states are the sum of them. Their establishments are a sum of so
-- many rounded ones as `pieces` says.
WITH revealed AS (
    SELECT
        w.region_id, w.industry_code, w.ownership, w.year,
        n.employment - n.employment_change AS employment
    FROM {{ ref("int_qcew_cells") }} AS w
    INNER JOIN ({{ qcew_cells(ref("int_qcew_next")) }}) AS n
        ON w.region_id = n.region_id AND w.industry_code = n.industry_code AND w.ownership = n.ownership
            AND w.year + 1 = n.year
            AND {{ naics_edition("w.year") }} = {{ naics_edition("n.year") }}
    WHERE w.employment IS NULL AND n.employment IS NOT NULL AND n.employment_change IS NOT NULL
),

metros AS (
    SELECT
        m.region_id, c.industry_code, c.ownership, c.year,
        sum(c.establishments)::BIGINT AS establishments,
        count(*) AS pieces
    FROM {{ ref("int_qcew_cells") }} AS c
    INNER JOIN {{ ref("int_sum_regions") }} AS county
        ON c.region_id = county.region_id AND c.year = county.year
    INNER JOIN {{ ref("int_sum_regions") }} AS m ON county.metro_no = m.region_no AND county.year = m.year
    GROUP BY m.region_id, c.industry_code, c.ownership, c.year
),

printed_metros AS (
    SELECT region_id, industry_code, ownership, year FROM {{ ref("int_qcew_cells") }}
    WHERE region_type = 'cbsa'
    UNION ALL
    SELECT region_id, industry_code, ownership, year FROM {{ ref("int_cbsa_sums") }}
),

cells AS (
    SELECT
        c.region_id, c.industry_code, c.ownership, c.year, c.establishments,
        coalesce(c.employment, k.employment) AS employment,
        c.wages,
        c.average_pay,
        c.employment IS NULL AS is_withheld,
        1 AS pieces
    FROM {{ ref("int_qcew_cells") }} AS c
    LEFT JOIN revealed AS k
        ON c.region_id = k.region_id AND c.industry_code = k.industry_code AND c.ownership = k.ownership
            AND c.year = k.year
    UNION ALL BY NAME
    SELECT region_id, industry_code, ownership, year, establishments, TRUE AS is_withheld, counties AS pieces
    FROM {{ ref("int_cbsa_sums") }}
    UNION ALL BY NAME
    SELECT *, TRUE AS is_withheld FROM metros
    ANTI JOIN printed_metros USING (region_id, industry_code, ownership, year)
)

SELECT
    c.year,
    r.region_no,
    {{ ownership_no("c.ownership") }} AS ownership_no,
    i.industry_no,
    c.establishments,
    c.employment,
    c.wages,
    c.average_pay,
    c.is_withheld,
    c.pieces,
    t.employment AS told_jobs,
    t.establishments AS told_establishments
FROM cells AS c
INNER JOIN {{ ref("int_sum_regions") }} AS r ON c.region_id = r.region_id AND c.year = r.year
INNER JOIN {{ ref("int_sum_industries") }} AS i ON c.industry_code = i.industry_code
LEFT JOIN {{ ref("int_cbp_cells") }} AS t
    ON r.region_no = t.region_no AND c.industry_code = t.industry_code AND c.year = t.year
        AND c.ownership = t.ownership
