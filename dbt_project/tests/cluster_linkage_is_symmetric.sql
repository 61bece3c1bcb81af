-- Every pair stands in both orders with the same figures, each cluster with itself too.
SELECT a.*
FROM {{ ref("cluster_linkage") }} AS a
LEFT JOIN {{ ref("cluster_linkage") }} AS b
    ON a.cluster_a = b.cluster_b AND a.cluster_b = b.cluster_a AND a.year = b.year
WHERE b.year IS NULL
    OR a.input_output IS DISTINCT FROM b.input_output
    OR a.occupation IS DISTINCT FROM b.occupation
    {%- for suffix in ("", "_county", "_state") %}
    {%- for measure in (
        "lc_employment", "lc_employment_coverage", "lc_establishments", "coagglomeration_lower", "coagglomeration_upper",
        "coagglomeration_establishments", "combined", "related",
    ) %}
    OR a.{{ measure ~ suffix }} IS DISTINCT FROM b.{{ measure ~ suffix }}
    {%- endfor %}
    OR a.coagglomeration_lower{{ suffix }} > a.coagglomeration_upper{{ suffix }}
    OR (a.lc_employment{{ suffix }} IS NOT NULL AND NOT a.lc_employment_coverage{{ suffix }} >= 0.5)
    {%- endfor %}
UNION ALL BY NAME
SELECT year, 'pairs' AS cluster_a, count(*)::VARCHAR AS cluster_b
FROM {{ ref("cluster_linkage") }}
GROUP BY year
HAVING count(*) <> count(DISTINCT cluster_a) ** 2
LIMIT 100
