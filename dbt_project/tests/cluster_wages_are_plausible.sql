SELECT region_id, cluster_id, year, employment, average_wage
FROM {{ ref("cluster_specialisation") }}
WHERE employment >= 100 AND average_wage NOT BETWEEN 5000 AND 1000000
