{%- set hierarchies = [
    "industries", "supersectors", "areas", "metropolitan areas", "states by metropolitan area", "ownerships", "figures"
] %}
WITH places AS (
    SELECT DISTINCT region_id, year FROM {{ ref("int_qcew_cells") }}
),

told AS (
    SELECT r.region_id, b.year, unnest(string_split(b.unused, ', ')) AS reason
    FROM {{ ref("int_qcew_bounds") }} AS b
    INNER JOIN {{ ref("int_sum_regions") }} AS r ON b.region_no = r.region_no AND b.year = r.year
    WHERE b.unused <> ''
),

counted AS (
    SELECT
        region_id, year,
        replace(reason, 'all ', '') AS hierarchy,
        bool_or(reason LIKE 'all %' OR reason = 'figures') AS set_aside,
        count(*) AS unused
    FROM told
    GROUP BY region_id, year, replace(reason, 'all ', '')
)

SELECT
    p.region_id,
    h.hierarchy,
    p.year::INTEGER AS year,
    coalesce(c.set_aside, FALSE) AS set_aside,
    CASE WHEN c.set_aside THEN NULL ELSE coalesce(c.unused, 0) END AS unused_sums
FROM places AS p
CROSS JOIN (SELECT unnest({{ hierarchies }}) AS hierarchy) AS h
LEFT JOIN counted AS c ON p.region_id = c.region_id AND p.year = c.year AND h.hierarchy = c.hierarchy
