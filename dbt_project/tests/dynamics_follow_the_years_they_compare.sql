-- Employment, growth, quadrant, entry and exit recompute from cluster_specialisation, where a cluster that has no row in a
-- region that reports has no job.
WITH years AS (
    SELECT region_id, cluster_id, year, employment_lower, employment_upper, lq_lower, lq_upper
    FROM {{ ref("cluster_specialisation") }}
),

compared AS (
    SELECT
        d.*,
        coalesce(f.employment_lower, 0) AS e0_least,
        coalesce(t.employment_lower, 0) AS e1_least,
        CASE WHEN f.region_id IS NULL THEN 0 ELSE f.employment_upper END AS e0_most,
        CASE WHEN t.region_id IS NULL THEN 0 ELSE t.employment_upper END AS e1_most,
        coalesce(f.lq_lower, 0) AS lq0_least,
        coalesce(t.lq_lower, 0) AS lq1_least,
        CASE WHEN f.region_id IS NULL THEN 0 ELSE coalesce(f.lq_upper, 'infinity') END AS lq0_most,
        CASE WHEN t.region_id IS NULL THEN 0 ELSE coalesce(t.lq_upper, 'infinity') END AS lq1_most
    FROM {{ ref("cluster_dynamics") }} AS d
    LEFT JOIN years AS f ON d.region_id = f.region_id AND d.cluster_id = f.cluster_id AND d.from_year = f.year
    LEFT JOIN years AS t ON d.region_id = t.region_id AND d.cluster_id = t.cluster_id AND d.to_year = t.year
    WHERE d.comparable
)

SELECT region_id, cluster_id, from_year, to_year, quadrant, entered, exited, growth, employment_from, employment_to
FROM compared
WHERE
    (employment_from_lower, employment_from_upper, employment_to_lower, employment_to_upper)
    IS DISTINCT FROM (e0_least, e0_most, e1_least, e1_most)
    OR abs(employment_from * (1 + growth) ** (to_year - from_year) - employment_to) > 1e-6 * (1 + employment_to)
    OR (growth IS NULL) <> (e0_least <> e0_most OR e1_least <> e1_most OR e0_most = 0)
    OR coalesce(quadrant IN ('star', 'mature') AND lq1_least < 1, FALSE)
    OR coalesce(quadrant IN ('emerging', 'transforming') AND lq1_most >= 1, FALSE)
    OR coalesce(quadrant IN ('star', 'emerging') AND e1_least <= e0_most, FALSE)
    OR coalesce(quadrant IN ('mature', 'transforming') AND e1_most > e0_least, FALSE)
    OR coalesce(
        quadrant = 'undetermined' AND (lq1_least >= 1 OR lq1_most < 1)
        AND (e1_least > e0_most OR e1_most <= e0_least),
        FALSE
    )
    OR coalesce((entered = 'yes') <> (lq0_most < 0.5 AND lq1_least >= 1), FALSE)
    OR coalesce((entered = 'no') <> (lq0_least >= 0.5 OR lq1_most < 1), FALSE)
    OR coalesce((exited = 'yes') <> (lq0_least >= 1 AND lq1_most < 0.5), FALSE)
    OR coalesce((exited = 'no') <> (lq0_most < 1 OR lq1_least >= 0.5), FALSE)
LIMIT 100
