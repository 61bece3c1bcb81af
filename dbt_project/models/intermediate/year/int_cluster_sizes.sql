-- Private establishments and the bounds of private employment and wages of each cluster in each region ('' = industries
-- in no cluster), summed up the industry tree one level at a time.
--
-- At every step two things are certain of the part of a parent industry that belongs to one cluster: it holds no more
-- than the parent less the least of the other parts, and no less than the parent less the most of the others. Where
-- all of the parent is one cluster's, a published parent is the cluster's figure, whatever is withheld below it.
-- Published figures are rounded, so sums over several parts may be off by half a job each; and where published
-- figures contradict each other, the children's own bounds stand. Clusters go by number here, which is
-- quicker to group by than their long names.
{%- set sizes = ["employment", "wages"] %}
{%- set levels = ["national_industry", "naics_industry", "industry_group", "subsector", "sector", "total"] %}

WITH at_national_industry AS (
    SELECT
        c.region_id, c.year, c.industry_code, c.parent_code, m.cluster_no,
        {{ addable("c.establishments * m.weight") }} AS establishments,
        round(c.wages * m.weight) AS wages,
        {{ addable("c.employment_lower * m.weight") }} AS employment_lower,
        {{ addable("c.employment_upper * m.weight") }} AS employment_upper,
        round(c.wages_lower * m.weight) AS wages_lower,
        round(c.wages_upper * m.weight) AS wages_upper
    FROM {{ ref("int_cells") }} AS c
    INNER JOIN {{ ref("int_memberships") }} AS m ON c.naics = m.naics AND c.industry_code = m.code
    WHERE c.level = 'national_industry' AND c.ownership = 'private'
)

{%- for level in levels[1:] %}
{%- set below = levels[loop.index0] %},

{{ level }}_parts AS (
    SELECT
        region_id, year, parent_code AS industry_code, cluster_no,
        sum(establishments) AS establishments,
        CASE WHEN count(*) = count(wages) THEN sum(wages) END AS wages,
        {% for size in sizes -%}
        sum({{ size }}_lower) AS {{ size }}_lower,
        CASE WHEN count(*) = count({{ size }}_upper) THEN sum({{ size }}_upper) END AS {{ size }}_upper,
        {% endfor -%}
        count(*) AS pieces
    FROM at_{{ below }}
    GROUP BY region_id, year, parent_code, cluster_no
),

{{ level }}_whole AS (
    SELECT
        region_id, year, industry_code,
        {% for size in sizes -%}
        sum({{ size }}_lower) AS {{ size }}_lower,
        CASE WHEN count(*) = count({{ size }}_upper) THEN sum({{ size }}_upper) END AS {{ size }}_upper,
        {% endfor -%}
        count(*) AS parts,
        CASE WHEN count(*) > 1 THEN 0.5 * (1 + sum(pieces)) ELSE 0 END AS slack
    FROM {{ level }}_parts
    GROUP BY region_id, year, industry_code
),

{{ level }}_capped AS (
    SELECT
        part.*,
        cell.parent_code,
        whole.parts = 1 AS is_whole,
        cell.wages AS parent_wages,
        {% for size in sizes -%}
        least(
            part.{{ size }}_upper,
            cell.{{ size }}_upper - (whole.{{ size }}_lower - part.{{ size }}_lower) + whole.slack
        ) AS most_{{ size }},
        greatest(
            part.{{ size }}_lower,
            cell.{{ size }}_lower - (whole.{{ size }}_upper - part.{{ size }}_upper) - whole.slack
        ) AS least_{{ size }}{{ "," if not loop.last }}
        {% endfor -%}
    FROM {{ level }}_parts AS part
    INNER JOIN {{ level }}_whole AS whole USING (region_id, year, industry_code)
    LEFT JOIN {{ ref("int_cells") }} AS cell
        ON part.region_id = cell.region_id AND part.year = cell.year
            AND part.industry_code = cell.industry_code AND cell.level = '{{ level }}'
            AND cell.ownership = 'private'
),

at_{{ level }} AS (
    SELECT
        region_id, year, industry_code, parent_code, cluster_no, establishments,
        coalesce(wages, CASE WHEN is_whole THEN parent_wages END) AS wages,
        {% for size in sizes -%}
        {%- set stands = size ~ "_lower = " ~ size ~ "_upper OR least_" ~ size ~ " > most_" ~ size -%}
        CASE WHEN {{ stands }} THEN {{ size }}_lower ELSE least_{{ size }} END AS {{ size }}_lower,
        CASE WHEN {{ stands }} THEN {{ size }}_upper ELSE most_{{ size }} END
            AS {{ size }}_upper{{ "," if not loop.last }}
        {% endfor -%}
    FROM {{ level }}_capped
)
{%- endfor %}

SELECT
    t.region_id,
    t.year,
    coalesce(c.cluster_id, '') AS cluster_id,
    t.establishments AS establishments,
    t.wages AS wages,
    t.employment_lower AS employment_lower,
    t.employment_upper AS employment_upper,
    coalesce(t.wages, t.wages_lower) AS wages_lower,
    coalesce(t.wages, t.wages_upper) AS wages_upper
FROM at_total AS t
LEFT JOIN {{ ref("clusters") }} AS c ON t.cluster_no = c.ucm_code::SMALLINT
