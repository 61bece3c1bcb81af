-- A parent is one level up and begins the code (sectors may span two-digit codes); a six-digit industry that is the
-- whole of its five-digit one bears its title, but for a few that the publisher words anew.
{%- set levels = ["total", "sector", "subsector", "industry_group", "naics_industry", "national_industry"] %}
WITH pairs AS (
    SELECT
        i.*, p.code AS parent_code, p.level AS parent_level, p.title AS parent_title, p.system AS parent_system
    FROM {{ ref("dim_industry") }} AS i
    LEFT JOIN {{ ref("dim_industry") }} AS p ON i.parent_industry_id = p.industry_id
)

SELECT industry_id, level, parent_industry_id
FROM pairs
WHERE
    system <> parent_system
    OR parent_level IS DISTINCT FROM CASE level
        {%- for level in levels[1:] %}
        WHEN '{{ level }}' THEN '{{ levels[loop.index0] }}'
        {%- endfor %}
        WHEN 'domain' THEN 'total' WHEN 'supersector' THEN 'total'
    END
    OR (level IN ('industry_group', 'naics_industry', 'national_industry') AND left(code, -1) <> parent_code)
UNION ALL
SELECT min(industry_id), 'title', count(*)::VARCHAR
FROM pairs
WHERE level = 'national_industry' AND right(code, 1) = '0'
HAVING count(*) FILTER (WHERE lower(title) <> lower(parent_title)) > 0.1 * count(*)
