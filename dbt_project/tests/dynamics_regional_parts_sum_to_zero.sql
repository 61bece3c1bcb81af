-- Over the states of the nation: what some gain more than the nation's cluster, others gain less; where states are withheld
-- it must be possible within their bounds. A cluster sums up to a hundred rounded industries in each state, so two jobs a
-- state and a thousandth of the nation are allowed in each year.
WITH states AS (
    SELECT
        cluster_id, from_year, to_year,
        count(*) AS states,
        count(*) = count(regional_shift_lower) AND count(*) = count(regional_shift_upper) AS all_bounded,
        sum(regional_shift_lower) AS least,
        sum(regional_shift_upper) AS most
    FROM {{ ref("cluster_dynamics") }}
    WHERE region_id LIKE 'state:%' AND region_id NOT IN ('state:72', 'state:78')
    GROUP BY cluster_id, from_year, to_year
),

allowed AS (
    SELECT
        s.*,
        0.002 * n.employment_to_upper
        + 2 * s.states * (1 + n.employment_to_upper / nullif(n.employment_from_lower, 0)) AS slack
    FROM states AS s
    INNER JOIN {{ ref("cluster_dynamics") }} AS n
        ON s.cluster_id = n.cluster_id AND s.from_year = n.from_year AND s.to_year = n.to_year
            AND n.region_id = n.reference_region_id
    WHERE s.all_bounded
)

SELECT * FROM allowed
WHERE least > slack OR most < -slack
