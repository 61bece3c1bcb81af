-- What a withheld cell can hold at most: its parent's most, less its published siblings. It holds at least none.
-- A published annual average is rounded, so each figure used may be off by half a job.
WITH cells AS (
    SELECT * FROM {{ ref("int_qcew_cells") }} WHERE level NOT IN ('domain', 'supersector')
),

published_children AS (
    SELECT
        region_id, year, ownership, parent_code,
        sum(employment) AS employment,
        count(employment) AS cells
    FROM cells
    WHERE parent_code IS NOT NULL
    GROUP BY region_id, year, ownership, parent_code
),

published_ownerships AS (
    SELECT
        region_id, year,
        sum(employment) AS employment,
        count(employment) AS cells
    FROM cells
    WHERE level = 'total' AND ownership <> 'total'
    GROUP BY region_id, year
),

total_most AS (
    SELECT
        c.region_id, c.year, c.ownership, c.industry_code,
        {{ residual("t.employment", "o.employment", "o.cells") }} AS employment_upper
    FROM cells AS c
    INNER JOIN cells AS t
        ON c.region_id = t.region_id AND c.year = t.year AND t.level = 'total' AND t.ownership = 'total'
    INNER JOIN published_ownerships AS o
        ON c.region_id = o.region_id AND c.year = o.year
    WHERE c.level = 'total' AND c.employment IS NULL
)

{%- set levels = ["total", "sector", "subsector", "industry_group", "naics_industry", "national_industry"] %}
{%- for level in levels[1:] %}
{%- set above = levels[loop.index0] %},

{{ level }}_most AS (
    SELECT
        c.region_id, c.year, c.ownership, c.industry_code,
        {{ residual("coalesce(p.employment, m.employment_upper)", "s.employment", "s.cells") }} AS employment_upper
    FROM cells AS c
    INNER JOIN cells AS p
        ON c.region_id = p.region_id AND c.year = p.year AND c.ownership = p.ownership
            AND c.parent_code = p.industry_code AND p.level = '{{ above }}'
    INNER JOIN published_children AS s
        ON c.region_id = s.region_id AND c.year = s.year AND c.ownership = s.ownership
            AND c.parent_code = s.parent_code
    LEFT JOIN {{ above }}_most AS m
        ON p.region_id = m.region_id AND p.year = m.year AND p.ownership = m.ownership
            AND p.industry_code = m.industry_code
    WHERE c.level = '{{ level }}' AND c.employment IS NULL
)
{%- endfor %},

grouping_most AS (
    SELECT
        c.region_id, c.year, c.ownership, c.industry_code,
        coalesce(p.employment, m.employment_upper) AS employment_upper
    FROM {{ ref("int_qcew_cells") }} AS c
    INNER JOIN cells AS p
        ON c.region_id = p.region_id AND c.year = p.year AND c.ownership = p.ownership AND p.level = 'total'
    LEFT JOIN total_most AS m
        ON p.region_id = m.region_id AND p.year = m.year AND p.ownership = m.ownership
    WHERE c.level IN ('domain', 'supersector') AND c.employment IS NULL
)

{% for level in levels + ["grouping"] -%}
SELECT region_id, year, ownership, industry_code, employment_upper FROM {{ level }}_most
{{ "UNION ALL" if not loop.last }}
{% endfor %}
