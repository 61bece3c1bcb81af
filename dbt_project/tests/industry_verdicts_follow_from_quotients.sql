-- Specialised where the least quotient says so, not where the greatest denies it or there is none of the industry.
SELECT *
FROM {{ ref("employment") }}
WHERE
    (specialised IS NULL) <> (reference_region_id IS NULL)
    OR (reference_region_id IS NULL AND coalesce(lq, lq_lower, lq_upper) IS NOT NULL)
    OR (specialised = 'yes') <> coalesce(lq_lower >= 1, FALSE)
    OR (lq_upper < 1 OR employment = 0) AND specialised <> 'no'
    OR (specialised = 'no' AND (lq_upper >= 1 OR employment > 0 AND lq_upper IS NULL))
    OR (specialised <> CASE WHEN lq >= 1 THEN 'yes' WHEN lq < 1 THEN 'no' END AND abs(lq - 1) > 1e-9)
LIMIT 100
