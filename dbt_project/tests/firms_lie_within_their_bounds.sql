-- Figures lie within their bounds, classes fit into establishments, states hold no fewer than any of their counties, and a
-- file without size classes says nothing of sizes.
{%- set classes = [
    "establishments_under_10", "establishments_10_to_49", "establishments_50_to_249", "establishments_250_to_499",
    "anchors",
] %}
SELECT 'bounds' AS what, region_id, cluster_id, year
FROM {{ ref("cluster_firms") }}
WHERE establishments_lower > establishments_upper
    {%- for end, sign, edge in (("lower", ">", "upper + 1e-6"), ("upper", "<", "lower - 1e-6")) %}
    OR (
        {%- for class in classes %}
        {{ class }}_{{ end }}{{ " +" if not loop.last }}
        {%- endfor %}
    ) {{ sign }} establishments_{{ edge }}
    {%- endfor %}
    {%- for class in classes %}
    OR {{ class }}_lower > {{ class }}_upper
    OR {{ class }} NOT BETWEEN {{ class }}_lower AND {{ class }}_upper
    {%- endfor %}
    OR share_under_50_lower > share_under_50_upper
    OR share_under_50 NOT BETWEEN share_under_50_lower AND share_under_50_upper
    OR (size_classes = 'not in the file') <> (anchors_lower IS NULL AND share_under_50_lower IS NULL)
UNION ALL
SELECT 'states', c.region_id, c.cluster_id, c.year
FROM {{ ref("cluster_firms") }} AS c
INNER JOIN {{ ref("cluster_firms") }} AS s
    ON 'state:' || substr(c.region_id, 8, 2) = s.region_id AND c.cluster_id = s.cluster_id AND c.year = s.year
WHERE c.region_id LIKE 'county:%'
    AND (c.establishments_lower > s.establishments_lower OR c.anchors_upper > s.anchors_upper)
LIMIT 100
