-- Where some states are withheld, the sum of the least must not pass the nation and the sum of the most must reach it.
-- A cluster sums up to a hundred rounded industries in each state: a thousandth and two jobs a state are allowed.
WITH states AS (
    SELECT
        s.cluster_id, s.year,
        sum(s.employment_lower) AS least,
        CASE WHEN count(*) = count(s.employment_upper) THEN sum(s.employment_upper) END AS most,
        0.001 * any_value(n.employment_upper) + 2 * count(*) AS slack,
        any_value(n.employment_lower) AS nation_least,
        any_value(n.employment_upper) AS nation_most
    FROM {{ ref("cluster_specialisation") }} AS s
    INNER JOIN {{ ref("cluster_specialisation") }} AS n
        ON s.cluster_id = n.cluster_id AND s.year = n.year AND n.region_id LIKE 'nation:%'
    WHERE s.region_id LIKE 'state:%' AND s.region_id NOT IN ('state:72', 'state:78')
    GROUP BY s.cluster_id, s.year
)

SELECT * FROM states
WHERE least > nation_most + slack OR most < nation_least - slack
