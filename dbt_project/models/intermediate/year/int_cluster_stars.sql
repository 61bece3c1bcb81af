-- The European Cluster Observatory's three stars over the regions of a type, three-way: size (top tenth by
-- employment), specialisation (quotient of two or more, all industries), focus (top tenth by share of the region's jobs).
-- Regions without a job in the cluster have none and are no peers; where that is in doubt, so are the stars.
WITH verdicts AS (
    SELECT
        c.region_id, c.cluster_id, c.year,
        {{ verdict("c.employment_lower", "c.employment_upper", "0", "0", ">") }} AS is_there,
        {{ reaches_quantile("jobs", 90) }} AS size,
        {{ verdict("c.lq_all_lower", "c.lq_all_upper", "2", "2", ">=") }} AS specialisation,
        {{ reaches_quantile("share", 90) }} AS focus
    FROM {{ ref("int_cluster_quotients") }} AS c
    INNER JOIN {{ ref("int_cluster_standings") }} AS jobs
        ON c.region_id = jobs.region_id AND c.cluster_id = jobs.cluster_id AND c.year = jobs.year
            AND jobs.among = 'type' AND jobs.figure = 'employment'
    INNER JOIN {{ ref("int_cluster_standings") }} AS share
        ON c.region_id = share.region_id AND c.cluster_id = share.cluster_id AND c.year = share.year
            AND share.among = 'type' AND share.figure = 'focus'
    WHERE c.region_type IN ('county', 'cbsa', 'state')
)

SELECT
    region_id, cluster_id, year,
    {% for star in ("size", "specialisation", "focus") -%}
    CASE {{ all_of(["is_there", star]) }} WHEN 'yes' THEN 1 WHEN 'no' THEN 0 END
        AS star_{{ star }}{{ "," if not loop.last }}
    {% endfor %}
FROM verdicts
