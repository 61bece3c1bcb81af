-- Location quotients of clusters in both denominators, with bounds.
WITH shares AS (
    SELECT
        b.*,
        t.region_type,
        t.employment AS region_employment,
        t.reference_region_id,
        t.reference_employment,
        {{ share_of_sum("b.employment_lower", "b.others_upper") }} AS share_lower,
        {{ share_of_sum("b.employment_upper", "b.others_lower") }} AS share_upper
    FROM {{ ref("int_cluster_bases") }} AS b
    INNER JOIN {{ ref("int_totals") }} AS t ON b.region_id = t.region_id AND b.year = t.year
),

nation AS (
    SELECT * FROM shares WHERE region_type = 'nation'
)

SELECT
    s.region_id,
    s.region_type,
    s.cluster_id,
    s.kind,
    s.year,
    s.establishments,
    s.wages,
    s.employment_lower,
    s.employment_upper,
    CASE WHEN s.employment_lower = s.employment_upper THEN s.employment_lower END AS employment,
    CASE WHEN n.employment_lower = n.employment_upper THEN n.employment_lower END AS reference_cluster_employment,
    s.region_employment,
    s.reference_region_id,
    s.reference_employment,
    s.share_lower / nullif(n.share_upper, 0) AS lq_lower,
    s.share_upper / nullif(n.share_lower, 0) AS lq_upper,
    -- A few withheld jobs somewhere in the nation leave every quotient open by a hair: within one percent it is known.
    CASE WHEN lq_upper <= 1.01 * lq_lower THEN (lq_lower + lq_upper) / 2 END AS lq
FROM shares AS s
INNER JOIN nation AS n ON s.cluster_id = n.cluster_id AND s.year = n.year
