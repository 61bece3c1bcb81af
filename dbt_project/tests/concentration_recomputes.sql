-- Over the states, from published employment alone, where no state of an industry is withheld. Sums over states without
-- the industry are what the others leave.
WITH states AS (
    SELECT region_id, year, employment / sum(employment) OVER (PARTITION BY year) AS x
    FROM {{ ref("employment") }}
    WHERE region_id LIKE 'state:%' AND region_id NOT IN ('state:72', 'state:78')
        AND ownership = 'total' AND employment > 0
),

squares AS (
    SELECT year, sum(x * x) AS xx FROM states GROUP BY year
),

shares AS (
    SELECT
        e.industry_id, e.year, s.x,
        greatest(e.establishments, 1) AS plants,
        e.employment,
        e.employment / sum(e.employment) OVER (PARTITION BY e.industry_id, e.year) AS s
    FROM {{ ref("employment") }} AS e
    INNER JOIN states AS s ON e.region_id = s.region_id AND e.year = s.year
    WHERE e.ownership = 'private'
    QUALIFY count(e.employment) OVER (PARTITION BY e.industry_id, e.year)
        = count(*) OVER (PARTITION BY e.industry_id, e.year)
),

expected AS (
    SELECT
        industry_id, year,
        any_value(xx) AS xx,
        sum(s * s) AS herfindahl,
        (sum(abs(s - x)) + 1 - sum(x)) / 2 AS hoover,
        sum(CASE WHEN s > 0 THEN s * ln(s / x) ELSE 0 END) AS theil,
        sum((s - x) ** 2) + any_value(xx) - sum(x * x) AS raw_concentration_g,
        sum(s * s / plants) AS plant_herfindahl
    FROM shares
    INNER JOIN squares USING (year)
    GROUP BY industry_id, year
    HAVING sum(employment) > 0
)

SELECT c.industry_id, c.year, c.coverage, COLUMNS(e.*)
FROM {{ ref("industry_concentration") }} AS c
INNER JOIN expected AS e ON c.industry_id = e.industry_id AND c.year = e.year AND c.region_type = 'state'
WHERE c.coverage <> 1
    {%- for measure in ("herfindahl", "hoover", "theil", "raw_concentration_g", "plant_herfindahl") %}
    OR abs(c.{{ measure }} - e.{{ measure }}) > 1e-9
    OR (c.{{ measure }} IS NULL AND e.{{ measure }} > 1e-9)
    {%- endfor %}
    OR abs(
        c.ellison_glaeser_gamma
        - (e.raw_concentration_g / (1 - e.xx) - e.plant_herfindahl) / nullif(1 - e.plant_herfindahl, 0)
    ) > 1e-9
    OR abs(
        c.maurel_sedillot_gamma
        - ((e.herfindahl - e.xx) / (1 - e.xx) - e.plant_herfindahl) / nullif(1 - e.plant_herfindahl, 0)
    ) > 1e-9
LIMIT 100
