-- Over the states and the nation, from published figures alone: of establishments everywhere, of jobs by industry group
-- where none is withheld. A share is the sector's of the region, times the industry's of its sector.
{%- set bases = {
    "establishments": {"figure": "establishments", "level": "national_industry", "ending": "_establishments"},
    "jobs": {"figure": "employment", "level": "industry_group", "ending": "_4digit"},
} %}
WITH cells AS (
    SELECT
        region_id, year, {{ naics_code_of("industry_id") }} AS code, {{ industry_level_of("code") }} AS level,
        establishments, employment,
        CASE
            WHEN left(code, 2) IN ('31', '32', '33') THEN '31-33'
            WHEN left(code, 2) IN ('44', '45') THEN '44-45'
            WHEN left(code, 2) IN ('48', '49') THEN '48-49'
            ELSE left(code, 2)
        END AS sector
    FROM {{ ref("employment") }}
    WHERE ownership = 'private' AND region_id SIMILAR TO '(state|nation):.*'
        AND level IN ('national_industry', 'industry_group', 'sector')
)

{%- for basis, b in bases.items() %},

{{ basis }}_sectors AS (
    SELECT
        region_id, year, sector,
        {{ b.figure }} / sum({{ b.figure }}) OVER region AS whole,
        count({{ b.figure }}) OVER region = count(*) OVER region AS all_known
    FROM cells
    WHERE level = 'sector'
    WINDOW region AS (PARTITION BY region_id, year)
),

{{ basis }}_industries AS (
    SELECT
        *,
        {{ b.figure }} / nullif(sum({{ b.figure }}) OVER (PARTITION BY region_id, year, sector), 0) AS part,
        count({{ b.figure }}) OVER region = count(*) OVER region AS all_known
    FROM cells
    WHERE level = '{{ b.level }}'
    WINDOW region AS (PARTITION BY region_id, year)
),

{{ basis }}_shares AS (
    SELECT i.*, s.whole, s.whole * i.part AS a, i.all_known AND s.all_known AS known
    FROM {{ basis }}_industries AS i
    INNER JOIN {{ basis }}_sectors AS s USING (region_id, year, sector)
),

{{ basis }}_expected AS (
    SELECT
        r.region_id, r.year,
        sum(r.a * r.a) AS herfindahl,
        2 * sum(greatest(r.a - coalesce(n.a, 0), 0)) AS krugman,
        1 / sum(r.a * r.a / n.a) AS hachman,
        -sum(CASE WHEN r.a > 0 THEN r.a * log2(r.a) ELSE 0 END) AS variety,
        -sum(CASE WHEN r.part > 0 THEN r.a * log2(r.part) ELSE 0 END) AS related_variety
    FROM {{ basis }}_shares AS r
    LEFT JOIN {{ basis }}_shares AS n ON r.code = n.code AND r.year = n.year AND n.region_id LIKE 'nation:%'
    GROUP BY r.region_id, r.year
    HAVING bool_and(r.known) AND bool_and(n.known)
        -- Rounded, an industry may have no job, and yet be all that its sector has.
        AND count(r.part) = count(*)
)
{%- endfor %}

{% for basis, b in bases.items() -%}
SELECT '{{ basis }}' AS basis, s.region_id, s.year, s.coverage_4digit, COLUMNS(e.*)
FROM {{ ref("region_structure") }} AS s
INNER JOIN {{ basis }}_expected AS e ON s.region_id = e.region_id AND s.year = e.year
WHERE FALSE
    {%- for m in ("herfindahl", "krugman", "hachman", "variety", "related_variety") %}
    OR (s.{{ m }}{{ b.ending }} IS NULL) OR abs(s.{{ m }}{{ b.ending }} - e.{{ m }}) > 1e-9
    {%- endfor %}
{{ "UNION ALL" if not loop.last }}
{% endfor -%}
LIMIT 100
