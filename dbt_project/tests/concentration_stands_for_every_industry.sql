-- And its coverage is that of the employment it rests on.
WITH held AS (
    SELECT
        e.industry_id,
        split_part(e.region_id, ':', 1) AS region_type,
        e.year,
        count(*) AS regions,
        coalesce(sum(e.employment_lower) / nullif(sum(coalesce(e.employment_upper, t.employment)), 0), 1) AS coverage
    FROM {{ ref("employment") }} AS e
    INNER JOIN {{ ref("employment") }} AS t
        ON e.region_id = t.region_id AND e.year = t.year AND t.ownership = 'total' AND t.employment > 0
    WHERE e.ownership = 'private' AND e.region_id SIMILAR TO '(state|county):.*'
        AND NOT {{ outside_the_nation("e.region_id") }}
    GROUP BY ALL
)

SELECT h.*, c.regions AS found_regions, c.coverage AS found_coverage
FROM held AS h
LEFT JOIN {{ ref("industry_concentration") }} AS c
    ON h.industry_id = c.industry_id AND h.region_type = c.region_type AND h.year = c.year
WHERE c.regions IS DISTINCT FROM h.regions OR abs(c.coverage - h.coverage) > 1e-9
LIMIT 100
