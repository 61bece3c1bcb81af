-- And its bounds count what is present for certain, and what can be.
WITH counted AS (
    SELECT
        region_id, year,
        count_if(present = 'yes') AS surely,
        count_if(present <> 'no') AS possibly,
        count_if(present_establishments = 'yes') AS by_establishments,
        count_if(present_on_estimates = 'yes') AS by_estimates,
        avg((present <> 'undetermined')::INTEGER) AS settled
    FROM {{ ref("cluster_opportunity") }}
    GROUP BY region_id, year
)

SELECT r.*, c.surely, c.possibly, c.by_establishments, c.by_estimates, c.settled
FROM {{ ref("region_complexity") }} AS r
FULL JOIN counted AS c ON r.region_id = c.region_id AND r.year = c.year
WHERE r.diversity_lower IS DISTINCT FROM c.surely
    OR r.diversity_upper IS DISTINCT FROM c.possibly
    OR r.diversity IS DISTINCT FROM CASE WHEN c.surely = c.possibly THEN c.surely END
    OR r.diversity_establishments IS DISTINCT FROM c.by_establishments
    OR r.diversity_on_estimates IS DISTINCT FROM c.by_estimates
    OR NOT coalesce(
        r.diversity_lower <= r.diversity_p10 AND r.diversity_p10 <= r.diversity_on_estimates
        AND r.diversity_on_estimates <= r.diversity_p90 AND r.diversity_p90 <= r.diversity_upper, FALSE
    )
    OR r.coverage IS DISTINCT FROM c.settled
LIMIT 100
