-- In states and the nation, whose cells are few: what is known of a cluster and of its weighted industries must have
-- room for each other, establishments must be theirs but for rounding, and so must wages where all are published.
WITH summed AS (
    SELECT
        e.region_id, c.cluster_id, e.year, count(*) AS industries,
        sum(c.weight * e.establishments) AS establishments,
        sum(c.weight * e.employment_lower) AS least,
        CASE WHEN count(*) = count(e.employment_upper) THEN sum(c.weight * e.employment_upper) END AS most,
        CASE WHEN count(*) = count(e.wages) THEN sum(c.weight * e.wages) END AS wages
    FROM {{ ref("employment") }} AS e
    INNER JOIN {{ ref("cluster_industry") }} AS c ON e.industry_id = c.industry_id
    WHERE e.ownership = 'private' AND (e.region_id LIKE 'state:%' OR e.region_id LIKE 'nation:%')
    GROUP BY e.region_id, c.cluster_id, e.year
)

SELECT s.region_id, s.cluster_id, s.year, s.employment_lower, s.employment_upper, i.least, i.most,
    s.establishments, i.establishments AS establishments_of_industries, s.wages, i.wages AS wages_of_industries
FROM {{ ref("cluster_specialisation") }} AS s
LEFT JOIN summed AS i ON s.region_id = i.region_id AND s.cluster_id = i.cluster_id AND s.year = i.year
WHERE
    (s.region_id LIKE 'state:%' OR s.region_id LIKE 'nation:%')
    AND (
        i.region_id IS NULL
        OR i.least > 1.002 * s.employment_upper + i.industries
        OR i.most < 0.998 * s.employment_lower - i.industries
        OR abs(s.establishments - i.establishments) > 0.001 * s.establishments + i.industries
        OR abs(s.wages - i.wages) > 0.001 * s.wages + i.industries
    )
