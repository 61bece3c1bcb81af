-- What the withheld children of a parent industry can hold at most: the parent, less its published children. If the
-- parent is withheld too, its own bound takes its place, from the sector down to the national industry. Withheld
-- ownership totals lie below the region's total in the same way. A withheld cell holds at least none.
{#- Read in place each time: as a common table expression the cells would be copied. -#}
{%- set cells = ref("int_qcew_cells") %}

WITH groups AS (
    SELECT
        region_id, year, ownership, level, parent_code,
        sum(employment) AS published,
        count(employment) AS published_cells
    FROM {{ cells }}
    WHERE parent_code IS NOT NULL AND level NOT IN ('domain', 'supersector')
    GROUP BY region_id, year, ownership, level, parent_code
    HAVING count(*) > count(employment)
),

ownership_bounds AS (
    SELECT
        o.region_id, o.year,
        {{ residual("any_value(t.employment)", "sum(o.employment)", "count(o.employment)") }} AS employment_upper
    FROM {{ cells }} AS o
    INNER JOIN {{ cells }} AS t
        ON o.region_id = t.region_id AND o.year = t.year AND t.level = 'total' AND t.ownership = 'total'
    WHERE o.level = 'total' AND o.ownership <> 'total'
    GROUP BY o.region_id, o.year
    HAVING count(*) > count(o.employment)
),

with_parents AS MATERIALIZED (
    SELECT
        g.*,
        p.parent_code AS grandparent_code,
        coalesce(p.employment, CASE WHEN p.level = 'total' THEN o.employment_upper END) AS parent_employment
    FROM groups AS g
    INNER JOIN {{ cells }} AS p
        ON g.region_id = p.region_id AND g.year = p.year AND g.ownership = p.ownership
            AND g.parent_code = p.industry_code
            AND p.level NOT IN ('domain', 'supersector', 'national_industry')
    LEFT JOIN ownership_bounds AS o ON g.region_id = o.region_id AND g.year = o.year
),

sector_bounds AS (
    SELECT
        region_id, year, ownership, parent_code,
        {{ residual("parent_employment", "published", "published_cells") }} AS employment_upper
    FROM with_parents
    WHERE level = 'sector'
)

{%- set levels = ["sector", "subsector", "industry_group", "naics_industry", "national_industry"] %}
{%- for level in levels[1:] %}
{%- set above = levels[loop.index0] %},

{{ level }}_bounds AS (
    SELECT
        g.region_id, g.year, g.ownership, g.parent_code,
        {{ residual("coalesce(g.parent_employment, a.employment_upper)", "g.published", "g.published_cells") }}
            AS employment_upper
    FROM with_parents AS g
    LEFT JOIN {{ above }}_bounds AS a
        ON g.region_id = a.region_id AND g.year = a.year AND g.ownership = a.ownership
            AND g.grandparent_code = a.parent_code
    WHERE g.level = '{{ level }}'
)
{%- endfor %}

{% for level in levels -%}
SELECT region_id, year, ownership, parent_code, employment_upper FROM {{ level }}_bounds
UNION ALL
{% endfor -%}
SELECT b.region_id, b.year, o.ownership, '' AS parent_code, b.employment_upper
FROM ownership_bounds AS b
INNER JOIN {{ cells }} AS o
    ON b.region_id = o.region_id AND b.year = o.year AND o.level = 'total' AND o.ownership <> 'total'
        AND o.employment IS NULL
