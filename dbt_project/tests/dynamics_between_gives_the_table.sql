-- The macro stands in the release, and gives of the longest span of the table what the table holds, for every type of
-- region of which the table has that span.
WITH longest AS (
    SELECT from_year, to_year FROM {{ ref("cluster_dynamics") }} ORDER BY to_year - from_year DESC, to_year DESC LIMIT 1
),

held AS (
    SELECT * FROM {{ ref("cluster_dynamics") }} SEMI JOIN longest USING (from_year, to_year)
),

given AS (
    SELECT *
    FROM {{ ref("cluster_dynamics").include(identifier=false) }}.cluster_dynamics_between(
        (SELECT from_year FROM longest), (SELECT to_year FROM longest)
    )
    WHERE split_part(region_id, ':', 1) IN (SELECT split_part(region_id, ':', 1) FROM held)
)

SELECT 'not given' AS problem, lost.*
FROM (
    SELECT * FROM held
    EXCEPT ALL
    SELECT * FROM given
) AS lost
UNION ALL
SELECT 'not in the table', added.*
FROM (
    SELECT * FROM given
    EXCEPT ALL
    SELECT * FROM held
) AS added
LIMIT 100
