SELECT
    cluster_id,
    name,
    kind,
    'Delgado, Porter & Stern (2016), benchmark cluster definitions' AS definition_source
FROM {{ ref("clusters") }}
