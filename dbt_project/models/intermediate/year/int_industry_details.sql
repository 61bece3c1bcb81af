-- How fine each industry is, as errors of estimates are told apart: six digits in traded and in other clusters, four and
-- five digits, three, and sectors with all above.
SELECT
    i.naics,
    i.industry_code,
    CASE
        WHEN i.level = 'national_industry'
            THEN CASE WHEN bool_or(c.kind = 'traded' AND m.weight >= 0.5) THEN 'traded' ELSE 'local' END
        WHEN i.level IN ('naics_industry', 'industry_group') THEN 'group'
        WHEN i.level = 'subsector' THEN 'subsector'
        ELSE 'sector'
    END AS detail
FROM {{ ref("int_industries") }} AS i
LEFT JOIN {{ ref("int_industry_clusters") }} AS m ON i.naics = m.naics AND i.industry_code = m.code
LEFT JOIN {{ ref("clusters") }} AS c ON m.cluster_id = c.cluster_id
GROUP BY i.naics, i.industry_code, i.level
