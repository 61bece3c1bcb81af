-- Sum over states of quotient times the state's jobs, over the nation's jobs, is the sum of the states' share of the
-- industry. Territories are not part of the nation's figures. Every cell may be off by half a job, and a derived
-- national cell by another thousandth.
WITH state_totals AS (
    SELECT region_id, year, employment
    FROM {{ ref("employment") }}
    WHERE region_id LIKE 'state:%' AND region_id NOT IN ('state:72', 'state:78')
        AND ownership = 'total' AND employment > 0
),

nation AS (
    SELECT industry_id, ownership, year, employment
    FROM {{ ref("employment") }}
    WHERE region_id LIKE 'nation:%' AND employment > 0
),

nation_totals AS (
    SELECT year, employment FROM nation WHERE ownership = 'total'
),

means AS (
    SELECT
        s.industry_id, s.ownership, s.year,
        sum(s.lq * t.employment) / any_value(nt.employment) AS mean_lq,
        count(*) AS states
    FROM {{ ref("employment") }} AS s
    INNER JOIN state_totals AS t ON s.region_id = t.region_id AND s.year = t.year
    INNER JOIN nation_totals AS nt ON s.year = nt.year
    GROUP BY s.industry_id, s.ownership, s.year
    HAVING count(*) = count(s.lq)
)

SELECT m.*, n.employment
FROM means AS m
INNER JOIN nation AS n ON m.industry_id = n.industry_id AND m.ownership = n.ownership AND m.year = n.year
WHERE abs(m.mean_lq - 1) > 0.001 + 0.5 * (m.states + 1) / n.employment
