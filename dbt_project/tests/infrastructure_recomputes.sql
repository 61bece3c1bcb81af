-- By region, kind and year from the published employment: whoever owns them, and zeros where a region has none.
WITH every AS (
    SELECT
        e.region_id, k.kind, e.year,
        sum(e.establishments) AS establishments,
        sum(e.employment_lower) AS employment_lower,
        sum(e.employment_estimate) AS employment_estimate,
        count(*) FILTER (e.employment IS NULL) AS withheld
    FROM {{ ref("employment") }} AS e
    INNER JOIN {{ ref("infrastructure_kinds") }} AS k ON {{ naics_code_of("e.industry_id") }} = k.code
    WHERE split_part(e.region_id, ':', 1) <> 'unallocated'
    GROUP BY e.region_id, k.kind, e.year
),

cells AS (
    SELECT * FROM every
    WHERE (kind, year) IN (SELECT (n.kind, n.year) FROM every AS n WHERE n.region_id LIKE 'nation:%')
),

totals AS (
    SELECT region_id, year, establishments, employment
    FROM {{ ref("employment") }}
    WHERE ownership = 'total' AND industry_id LIKE '%:10'
),

nation AS (
    SELECT c.kind, c.year, c.establishments / t.establishments AS share
    FROM cells AS c
    INNER JOIN totals AS t ON c.region_id = t.region_id AND c.year = t.year
    WHERE c.region_id LIKE 'nation:%' AND t.region_id LIKE 'nation:%'
),

quotients AS (
    SELECT
        c.region_id, c.kind, c.year,
        c.establishments / t.establishments / n.share AS lq_establishments,
        10000 * c.establishments / t.employment AS per_10000_jobs
    FROM cells AS c
    INNER JOIN totals AS t ON c.region_id = t.region_id AND c.year = t.year
    INNER JOIN nation AS n ON c.year = n.year AND c.kind = n.kind
)

SELECT
    i.region_id, i.kind, i.year, i.establishments, c.establishments AS establishments_again,
    i.lq_establishments, q.lq_establishments AS lq_establishments_again
FROM {{ ref("region_infrastructure") }} AS i
FULL JOIN cells AS c ON i.region_id = c.region_id AND i.kind = c.kind AND i.year = c.year
LEFT JOIN quotients AS q ON i.region_id = q.region_id AND i.kind = q.kind AND i.year = q.year
WHERE i.region_id IS NULL
    OR i.establishments IS DISTINCT FROM coalesce(c.establishments, 0)
    OR abs(i.employment_lower - coalesce(c.employment_lower, 0)) > 0.1
    OR abs(i.employment_estimate - coalesce(c.employment_estimate, 0)) > 0.1
    OR (i.employment IS NULL AND coalesce(c.withheld, 0) = 0)
    OR abs(i.lq_establishments - coalesce(q.lq_establishments, 0)) > 1e-9 * greatest(1, i.lq_establishments)
    OR abs(i.per_10000_jobs - coalesce(q.per_10000_jobs, 0)) > 1e-9 * greatest(1, i.per_10000_jobs)
LIMIT 100
