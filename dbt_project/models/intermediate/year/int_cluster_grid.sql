-- Every traded cluster in every state, county and metropolitan area of the nation, also where it has no establishment,
-- which is a known zero: the complete matrix that neighbourhoods and relatedness are computed on. Jobs are bounded where
-- they are withheld; establishments never are, so quotients of establishments are complete, and so are estimates.
WITH totals AS (
    SELECT region_id, year, establishments
    FROM {{ ref("int_cells") }}
    WHERE level = 'total' AND ownership = 'total'
),

nation AS (
    SELECT q.cluster_id, q.year, q.establishments, t.establishments AS all_establishments
    FROM {{ ref("int_cluster_quotients") }} AS q
    INNER JOIN totals AS t ON q.region_id = t.region_id AND q.year = t.year
    WHERE q.region_type = 'nation' AND q.kind = 'traded'
)

SELECT
    r.region_type,
    r.region_id,
    n.cluster_id,
    r.year,
    coalesce(q.establishments, 0) AS establishments,
    coalesce(q.employment_lower, 0) AS employment_lower,
    CASE WHEN q.region_id IS NULL THEN 0 ELSE q.employment_upper END AS employment_upper,
    coalesce(q.lq_all_lower, 0) AS lq_all_lower,
    CASE WHEN q.region_id IS NULL THEN 0 ELSE q.lq_all_upper END AS lq_all_upper,
    -- Known within one percent, as everywhere.
    CASE
        WHEN q.region_id IS NULL THEN 0
        WHEN {{ is_narrow("q.lq_all_lower", "q.lq_all_upper") }} THEN (q.lq_all_lower + q.lq_all_upper) / 2
    END AS lq_all,
    {{ location_quotient(
        "coalesce(q.establishments, 0)", "t.establishments", "n.establishments", "n.all_establishments"
    ) }}
        AS lq_establishments,
    -- Those of cluster_specialisation.
    CASE WHEN q.region_id IS NULL THEN 0 ELSE {{ best("e.employment_estimate", "q.employment") }} END
        AS employment_estimate,
    CASE WHEN q.region_id IS NULL THEN 0 ELSE {{ best(location_quotient(
        "e.employment_estimate", "q.region_employment", "e.nation_estimate", "q.reference_employment"
    ), "q.lq_all") }} END
        AS lq_all_estimate
FROM {{ ref("int_concentration_regions") }} AS r
INNER JOIN nation AS n ON r.year = n.year
INNER JOIN totals AS t ON r.region_id = t.region_id AND r.year = t.year
LEFT JOIN {{ ref("int_cluster_quotients") }} AS q
    ON r.region_id = q.region_id AND r.year = q.year AND n.cluster_id = q.cluster_id
LEFT JOIN {{ ref("int_cluster_completions") }} AS e
    ON r.region_id = e.region_id AND r.year = e.year AND n.cluster_id = e.cluster_id
