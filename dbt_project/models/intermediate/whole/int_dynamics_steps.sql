-- Dynamic shift-share of spans of several years: their parts as the sum of those of the yearly steps, where none is
-- missing. Bounds of sums are sums of bounds, though a year's jobs are in two steps: sound, wider than need be.
{%- set parts = ["national_share", "industry_mix", "regional_shift"] %}
SELECT
    s.region_id,
    s.cluster_id,
    s.from_year,
    s.to_year
    {%- for part in parts %},
    CASE WHEN count(*) = count(y.{{ part }}) THEN sum(y.{{ part }} ORDER BY y.from_year) END AS {{ part }},
    {%- for bound in ("lower", "upper") %}
    CASE
        WHEN count(*) = count(y.{{ part }}_{{ bound }}) THEN sum(y.{{ part }}_{{ bound }} ORDER BY y.from_year)
    END AS {{ part }}_{{ bound }}{{ "," if not loop.last }}
    {%- endfor %}
    {%- endfor %}
FROM {{ ref("int_dynamics_parts") }} AS s
INNER JOIN {{ ref("int_dynamics_parts") }} AS y
    ON s.region_id = y.region_id AND s.cluster_id = y.cluster_id
        AND s.from_year <= y.from_year AND s.to_year >= y.to_year AND y.to_year = y.from_year + 1
WHERE s.to_year > s.from_year + 1
GROUP BY s.region_id, s.cluster_id, s.from_year, s.to_year
HAVING count(*) = s.to_year - s.from_year
