-- And its coverage is that of the employment it rests on.
WITH held AS (
    SELECT
        e.region_id,
        e.year,
        count(*) FILTER (e.level = 'national_industry') AS industries,
        {%- for level, ending in (("national_industry", ""), ("industry_group", "_4digit")) %}
        coalesce(
            sum(e.employment_lower) FILTER (e.level = '{{ level }}')
            / nullif(sum(coalesce(e.employment_upper, t.employment_upper)) FILTER (e.level = '{{ level }}'), 0),
            1
        ) AS coverage{{ ending }}{{ "," if not loop.last }}
        {%- endfor %}
    FROM (SELECT *, {{ industry_level_of(naics_code_of("industry_id")) }} AS level FROM {{ ref("employment") }}) AS e
    INNER JOIN {{ ref("employment") }} AS t
        ON e.region_id = t.region_id AND e.year = t.year AND t.ownership = 'private' AND t.industry_id LIKE '%:10'
    WHERE e.ownership = 'private' AND (e.region_id, e.year) IN (
            SELECT (region_id, year) FROM {{ ref("employment") }} WHERE ownership = 'total' AND employment > 0
        )
        AND e.region_id SIMILAR TO '(nation|state|county):.*'
        AND NOT {{ outside_the_nation("e.region_id") }}
        AND e.level IN ('national_industry', 'industry_group')
    GROUP BY e.region_id, e.year
)

SELECT h.*, s.industries AS found_industries, s.coverage AS found, s.coverage_4digit AS found_4digit
FROM held AS h
LEFT JOIN {{ ref("region_structure") }} AS s ON h.region_id = s.region_id AND h.year = s.year
-- A sector published without industries may be made up of any, so there are more that may be there, and less is certain.
WHERE NOT coalesce(s.industries >= h.industries, FALSE)
    {%- for ending in ("", "_4digit") %}
    OR NOT coalesce(s.coverage{{ ending }} <= h.coverage{{ ending }} + 1e-9, FALSE)
    OR (s.industries = h.industries AND s.coverage{{ ending }} < h.coverage{{ ending }} - 1e-9)
    {%- endfor %}
LIMIT 100
