-- Establishments of each cluster in each region by how many people work there, from County Business Patterns. Larger
-- regions are sums of their counties. No more than what is certain: least and most, and a figure where both are the same.
{%- set columns = {
    "establishments_under_10": "under_10", "establishments_10_to_49": "of_10_to_49",
    "establishments_50_to_249": "of_50_to_249", "establishments_250_to_499": "of_250_to_499", "anchors": "from_500",
} %}
{%- set sizes = ["all", "under_50", "from_50"] + columns.values() | list %}

WITH regions AS (
    SELECT *
    FROM (
        SELECT 'county:' || county_fips AS region_id, county_fips, year, 1 AS counties
        FROM {{ ref("int_firm_sizes") }}
        GROUP BY county_fips, year
        UNION ALL
        SELECT
            'state:' || left(county_fips, 2), county_fips, year, count(*) OVER (PARTITION BY left(county_fips, 2), year)
        FROM (SELECT DISTINCT county_fips, year FROM {{ ref("int_firm_sizes") }}) AS every_county
    ) AS counties_and_states
    SEMI JOIN {{ ref("int_firm_regions") }} USING (region_id)
    UNION ALL
    SELECT
        c.region_id, right(c.county_region_id, 5), y.year,
        count(*) OVER (PARTITION BY c.region_id, y.year)
    FROM {{ ref("cbsa_county") }} AS c
    INNER JOIN (SELECT DISTINCT year FROM {{ ref("int_firm_sizes") }}) AS y
        ON y.year BETWEEN c.valid_from AND coalesce(c.valid_to, y.year)
),

-- An area of which a county has no row is left out. What belongs to no county of a state is its county 999: of a state
-- without one there may be any number more.
summed AS (
    SELECT
        r.region_id, s.cluster_id, s.year::INTEGER AS year, bool_and(s.has_sizes) AS has_sizes
        {%- for size in sizes %},
        sum(s.{{ size }}_lower) AS {{ size }}_lower,
        CASE
            WHEN r.region_id NOT LIKE 'state:%' OR bool_or(right(s.county_fips, 3) = '999')
                THEN sum(s.{{ size }}_upper)
        END AS {{ size }}_upper
        {%- endfor %}
    FROM {{ ref("int_firm_sizes") }} AS s
    INNER JOIN regions AS r ON s.county_fips = r.county_fips AND s.year = r.year
    WHERE s.cluster_id <> ''
    GROUP BY r.region_id, s.cluster_id, s.year
    HAVING count(*) = any_value(r.counties)
),

shares AS (
    SELECT
        *,
        CASE WHEN has_sizes THEN under_50_lower / nullif(under_50_lower + from_50_upper, 0) END AS share_lower,
        CASE WHEN has_sizes THEN under_50_upper / nullif(under_50_upper + from_50_lower, 0) END AS share_upper
    FROM summed
    -- A row where there are some for certain.
    WHERE all_lower > 0
)

SELECT
    s.region_id,
    s.cluster_id,
    s.year,
    CASE WHEN s.all_lower = s.all_upper THEN s.all_lower END AS establishments,
    s.all_lower AS establishments_lower,
    s.all_upper AS establishments_upper,
    {%- for column, size in columns.items() %}
    CASE WHEN s.has_sizes AND s.{{ size }}_lower = s.{{ size }}_upper THEN s.{{ size }}_lower END AS {{ column }},
    CASE WHEN s.has_sizes THEN s.{{ size }}_lower END AS {{ column }}_lower,
    CASE WHEN s.has_sizes THEN s.{{ size }}_upper END AS {{ column }}_upper,
    {%- endfor %}
    CASE WHEN {{ is_narrow("s.share_lower", "s.share_upper") }} THEN (s.share_lower + s.share_upper) / 2 END
        AS share_under_50,
    s.share_lower AS share_under_50_lower,
    s.share_upper AS share_under_50_upper,
    CASE
        WHEN NOT s.has_sizes THEN 'not in the file'
        WHEN s.under_50_lower = s.under_50_upper AND s.from_500_lower = s.from_500_upper THEN 'published'
        ELSE 'bounded'
    END AS size_classes,
    NULL::BIGINT AS self_employed,
    'no source' AS self_employed_status
FROM shares AS s
