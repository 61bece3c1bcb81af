-- Of jobs those published beside; and a cluster without a row in a region is not present there.
SELECT
    o.region_id, o.cluster_id, o.year, o.present, o.present_establishments, o.present_on_estimates,
    s.lq_all_lower, s.lq_all_upper, s.lq_all_estimate
FROM {{ ref("cluster_opportunity") }} AS o
LEFT JOIN {{ ref("cluster_specialisation") }} AS s
    ON o.region_id = s.region_id AND o.cluster_id = s.cluster_id AND o.year = s.year
WHERE (o.present = 'yes') <> coalesce(s.lq_all_lower >= 1, FALSE)
    OR (o.present = 'no') <> coalesce(s.lq_all_upper < 1, s.region_id IS NULL OR s.employment_upper = 0)
    OR (o.present_on_estimates = 'yes') <> coalesce(s.lq_all_estimate >= 1, FALSE)
    OR (o.present <> 'undetermined' AND o.present_on_estimates <> o.present)
    OR (o.present_establishments = 'yes' AND s.region_id IS NULL)
LIMIT 100
