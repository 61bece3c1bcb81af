SELECT
    cluster_id,
    {{ industry_id("naics", "code") }} AS industry_id,
    weight
FROM {{ ref("int_industry_clusters") }}
WHERE cluster_id <> ''
