-- On jobs and their estimates, and on jobs it is given only where enough is settled.
SELECT *
FROM {{ ref("cluster_opportunity") }}
WHERE relatedness_density_lower > relatedness_density_upper + 1e-12
    OR relatedness_density NOT BETWEEN relatedness_density_lower - 1e-12 AND relatedness_density_upper + 1e-12
    OR relatedness_density_on_estimates
        NOT BETWEEN relatedness_density_lower - 1e-12 AND relatedness_density_upper + 1e-12
    OR (relatedness_density_lower IS NULL) <> (relatedness_density_upper IS NULL)
    OR (relatedness_density IS NOT NULL AND coverage < 0.8)
LIMIT 100
