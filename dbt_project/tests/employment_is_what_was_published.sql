-- Area by area, the cells and figures of the table are those that the publisher's cells give. Metropolitan areas
-- are left out: some of them are sums over counties.
{%- set figures = ["establishments", "employment", "wages"] %}
WITH published AS (
    SELECT
        region_id, year, ownership, count(*) AS cells
        {%- for f in figures %},
        coalesce(sum({{ f }}), 0) AS {{ f }}, count({{ f }}) AS known_{{ f }}
        {%- endfor %}
    FROM {{ ref("int_qcew_cells") }}
    WHERE region_type <> 'cbsa'
    GROUP BY region_id, year, ownership
),

held AS (
    SELECT
        region_id, year, ownership, count(*) AS cells
        {%- for f in figures %},
        coalesce(sum({{ f }}), 0) AS {{ f }}, count({{ f }}) AS known_{{ f }}
        {%- endfor %}
    FROM {{ ref("employment") }}
    WHERE region_id NOT LIKE 'cbsa:%'
    GROUP BY region_id, year, ownership
)

SELECT region_id, year, ownership, h.cells, p.cells AS published_cells
FROM held AS h
FULL JOIN published AS p USING (region_id, year, ownership)
WHERE
    h.cells IS DISTINCT FROM p.cells
    {%- for f in figures %}
    OR abs(h.{{ f }} - p.{{ f }}) > 1e-9 * p.{{ f }}
    OR h.known_{{ f }} <> p.known_{{ f }}
    {%- endfor %}
LIMIT 100
