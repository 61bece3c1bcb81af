-- Where each region's cluster stands among the regions that the U.S. Cluster Mapping Project compares it with: what its
-- flags rest on. Ranks and stars are among all regions of a type.
WITH cells AS (
    SELECT *, NULL::DOUBLE AS focus_lower, NULL::DOUBLE AS focus_upper
    FROM {{ ref("int_cluster_quotients") }}
    WHERE region_id IN (SELECT region_id FROM {{ ref("int_region_roles") }} WHERE ucm_peer)
),

figures AS (
    SELECT *
    FROM (
    {{ cluster_figures("cells") | indent }}
    ) AS every_figure
    WHERE figure <> 'focus'
),

standings AS (
    {{ standings("figures") | indent }}
)

SELECT * FROM standings
