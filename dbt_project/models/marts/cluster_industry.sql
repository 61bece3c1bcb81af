SELECT
    cluster_id,
    'naics' || naics || ':' || code AS industry_id,
    weight
FROM {{ ref("int_industry_clusters") }}
WHERE cluster_id <> ''
