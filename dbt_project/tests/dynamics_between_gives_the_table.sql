-- The macro stands in the release, and gives of one span of the table what the table holds, for every type of region of
-- which the table has that span. It is the newest of two neighbouring years without a break, since across one nearly every
-- figure is NULL; that longer spans agree is a matter of the code, and the test suite holds it. Each side is made once, and
-- joined: it has to fit beside all else of a build.
WITH span AS (
    SELECT from_year, to_year
    FROM {{ ref("cluster_dynamics") }}
    GROUP BY from_year, to_year
    ORDER BY bool_or(comparable) DESC, to_year - from_year, to_year DESC
    LIMIT 1
),

held AS (
    SELECT * FROM {{ ref("cluster_dynamics") }} SEMI JOIN span USING (from_year, to_year)
),

given AS (
    SELECT *
    FROM {{ ref("cluster_dynamics").include(identifier=false) }}.cluster_dynamics_between(
        (SELECT from_year FROM span), (SELECT to_year FROM span)
    )
    WHERE split_part(region_id, ':', 1) IN (SELECT split_part(region_id, ':', 1) FROM held)
)

SELECT
    held.region_id,
    held.cluster_id,
    given.region_id AS region_id_given,
    given.cluster_id AS cluster_id_given
FROM held
FULL OUTER JOIN given ON held.region_id = given.region_id AND held.cluster_id = given.cluster_id
WHERE held IS DISTINCT FROM given
LIMIT 100
