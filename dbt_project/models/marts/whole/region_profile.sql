-- Every region at a glance: its size, its pay, how much of it is traded, its strong clusters, its growth.
WITH totals AS (
    SELECT region_id, year, employment_estimate AS jobs, wages / nullif(employment, 0) AS average_wage
    FROM {{ ref("employment") }}
    WHERE ownership = 'total' AND industry_id LIKE '%:10' AND region_id NOT LIKE 'unallocated:%'
),

-- Counties and states are what they were while they go by one code; an area is, while its list of counties holds.
dated AS (
    SELECT
        t.*,
        CASE
            WHEN t.region_id LIKE 'cbsa:%'
                THEN (SELECT max(c.valid_from) FROM {{ ref("cbsa_county") }} AS c WHERE c.valid_from <= t.year)
            ELSE 0
        END AS delineation
    FROM totals AS t
),

-- Whose people a region's are: its own, for an area those of its counties of the year, for a nation its states'.
peopled AS (
    SELECT region_id, year, split_part(region_id, ':', 2) AS area_fips FROM totals WHERE region_id LIKE 'county:%'
    UNION ALL
    SELECT region_id, year, split_part(region_id, ':', 2) || '000' FROM totals WHERE region_id LIKE 'state:%'
    UNION ALL
    SELECT t.region_id, t.year, split_part(c.county_region_id, ':', 2)
    FROM totals AS t
    INNER JOIN {{ ref("cbsa_county") }} AS c
        ON t.region_id = c.region_id AND t.year BETWEEN c.valid_from AND coalesce(c.valid_to, t.year)
    UNION ALL
    SELECT t.region_id, t.year, s.area_fips
    FROM totals AS t
    CROSS JOIN (SELECT DISTINCT area_fips FROM {{ ref("int_population") }} WHERE area_fips LIKE '%000') AS s
    WHERE t.region_id LIKE 'nation:%'
),

-- Of the year, or of the last one before it that has a figure.
people AS (
    SELECT p.region_id, p.year, sum(q.population)::BIGINT AS population, min(q.year) AS population_year
    FROM peopled AS p
    ASOF LEFT JOIN {{ ref("int_population") }} AS q ON p.area_fips = q.area_fips AND p.year >= q.year
    GROUP BY p.region_id, p.year
    HAVING count(*) = count(q.population) AND min(q.year) = max(q.year)
),

clusters AS (
    SELECT
        p.region_id,
        p.year,
        sum(p.jobs) FILTER (WHERE p.kind = 'traded') / nullif(sum(p.jobs), 0) AS traded_share,
        count(*) FILTER (WHERE p.kind = 'traded' AND p.strong IN ('yes', 'likely')) AS strong_clusters
    FROM {{ ref("cluster_profile") }} AS p
    GROUP BY p.region_id, p.year
),

-- By the jobs that a region has beyond the nation's share, which weighs size and quotient together.
largest AS (
    SELECT
        region_id, year, cluster_name AS name,
        row_number() OVER (PARTITION BY region_id, year ORDER BY above_norm DESC, cluster_id ASC) AS place
    FROM {{ ref("cluster_profile") }}
    WHERE kind = 'traded' AND above_norm > 0
),

named AS (
    SELECT region_id, year, string_agg(name, '; ' ORDER BY place) AS top_clusters
    FROM largest
    WHERE place <= 5
    GROUP BY region_id, year
)

SELECT
    d.region_id,
    r.name AS region_name,
    r.region_type,
    d.year,
    coalesce(p.population, r.population) AS population,
    coalesce(p.population_year, r.population_year) AS population_year,
    d.jobs,
    d.average_wage,
    c.traded_share,
    c.strong_clusters::INTEGER AS strong_clusters,
    s.cluster_strength_estimate AS strong_share,
    n.top_clusters,
    {% for years in (1, 5) -%}
    (d.jobs / nullif(before_{{ years }}.jobs, 0)) ** (1 / {{ years }}) - 1
        AS growth_{{ years }}y{{ "," if not loop.last }}
    {% endfor %}
FROM dated AS d
INNER JOIN {{ ref("dim_region") }} AS r ON d.region_id = r.region_id
LEFT JOIN people AS p ON d.region_id = p.region_id AND d.year = p.year
LEFT JOIN clusters AS c ON d.region_id = c.region_id AND d.year = c.year
LEFT JOIN {{ ref("region_structure") }} AS s ON d.region_id = s.region_id AND d.year = s.year
LEFT JOIN named AS n ON d.region_id = n.region_id AND d.year = n.year
{% for years in (1, 5) -%}
LEFT JOIN dated AS before_{{ years }}
    ON d.region_id = before_{{ years }}.region_id AND d.year = before_{{ years }}.year + {{ years }}
        AND d.delineation = before_{{ years }}.delineation
{% endfor -%}
