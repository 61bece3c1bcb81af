-- Every cluster of every region at the beginning and the end of every span: of any two years in which regions of its type
-- report. A region that reports in a year and has no row for a cluster has none of its jobs. A region that does not report
-- in one of the two (Connecticut's counties end with 2023 and have no successors) keeps its row, with that year unknown.
{%- set ends = ["from", "to"] %}
WITH reporting AS (
    SELECT region_id, region_type, year, reference_region_id
    FROM {{ ref("int_totals") }}
    WHERE region_type <> 'unallocated'
),

years AS (
    SELECT DISTINCT region_type, year FROM reporting
),

spans AS (
    SELECT f.region_type, f.year AS from_year, t.year AS to_year
    FROM years AS f
    INNER JOIN years AS t ON f.region_type = t.region_type AND f.year < t.year
),

cells AS (
    SELECT
        q.*,
        p.employment_lower AS region_lower,
        p.employment_upper AS region_upper
    FROM {{ ref("int_cluster_quotients") }} AS q
    LEFT JOIN {{ ref("int_cells") }} AS p
        ON q.region_id = p.region_id AND q.year = p.year AND p.level = 'total' AND p.ownership = 'private'
    WHERE q.region_type <> 'unallocated'
),

nation AS (
    SELECT * FROM cells WHERE region_type = 'nation'
),

rows AS (
    {% for end in ends -%}
    SELECT s.from_year, s.to_year, s.region_type, c.region_id, c.reference_region_id, c.cluster_id
    FROM spans AS s
    INNER JOIN cells AS c ON s.{{ end }}_year = c.year AND s.region_type = c.region_type
    {{ "UNION" if not loop.last }}
    {% endfor %}
)

SELECT
    r.region_id,
    r.cluster_id,
    r.from_year,
    r.to_year,
    r.region_type,
    r.reference_region_id,
    r.region_type = 'nation' AS is_nation,
    {{ naics_edition("r.from_year") }} = {{ naics_edition("r.to_year") }}
    AND (r.region_type <> 'cbsa' OR areas_from.valid_from = areas_to.valid_from)
    AND reports_from.region_id IS NOT NULL
    AND reports_to.region_id IS NOT NULL
        AS comparable,
    {%- for end in ends %}
    {%- for bound in ("lower", "upper") %}
    CASE
        WHEN c_{{ end }}.region_id IS NOT NULL THEN c_{{ end }}.employment_{{ bound }}
        WHEN reports_{{ end }}.region_id IS NOT NULL THEN 0
    END AS employment_{{ end }}_{{ bound }},
    CASE
        WHEN c_{{ end }}.region_id IS NOT NULL THEN c_{{ end }}.lq_{{ bound }}
        WHEN reports_{{ end }}.region_id IS NOT NULL THEN 0
    END AS lq_{{ end }}_{{ bound }},
    n_{{ end }}.employment_{{ bound }} AS cluster_{{ end }}_{{ bound }},
    n_{{ end }}.region_{{ bound }} AS nation_{{ end }}_{{ bound }},
    {%- endfor %}
    {%- endfor %}
    c_from.region_lower AS region_from_lower,
    c_from.region_upper AS region_from_upper
FROM rows AS r
{%- for end in ends %}
LEFT JOIN {{ ref("int_delineation_spans") }} AS areas_{{ end }}
    ON r.{{ end }}_year BETWEEN areas_{{ end }}.valid_from AND coalesce(areas_{{ end }}.valid_to, 9999)
LEFT JOIN reporting AS reports_{{ end }}
    ON r.region_id = reports_{{ end }}.region_id AND r.{{ end }}_year = reports_{{ end }}.year
LEFT JOIN cells AS c_{{ end }}
    ON r.region_id = c_{{ end }}.region_id AND r.cluster_id = c_{{ end }}.cluster_id
        AND r.{{ end }}_year = c_{{ end }}.year
LEFT JOIN nation AS n_{{ end }}
    ON r.reference_region_id = n_{{ end }}.region_id AND r.cluster_id = n_{{ end }}.cluster_id
        AND r.{{ end }}_year = n_{{ end }}.year
{%- endfor %}
