-- Counties, and the years for which QCEW has them: as the publisher lists them, as changes of counties name them, as the
-- data print them. A county that the data begin or cease to print begins or ends there; what the list of changes says of
-- the year counts as long as the data do not gainsay it.
WITH nation AS (
    SELECT DISTINCT left(area_fips, 2) AS country
    FROM {{ ref("stg_qcew_areas") }}
    WHERE regexp_matches(area_fips, '^[A-Z]{2}000$')
),

titles AS (
    SELECT area_fips, {{ mended_title("area_title") }} AS title
    FROM {{ ref("stg_qcew_areas") }}
    WHERE regexp_matches(area_fips, '^\d{5}$')
    QUALIFY row_number() OVER (PARTITION BY area_fips ORDER BY vintage DESC) = 1
),

printed AS (
    SELECT area_fips, min(year)::INTEGER AS first_printed, max(year)::INTEGER AS last_printed
    FROM {{ ref("stg_qcew") }}
    WHERE agglvl_code = 70
    GROUP BY area_fips
),

county_years AS (
    SELECT DISTINCT year::INTEGER AS year FROM {{ ref("stg_qcew") }} WHERE agglvl_code = 70
),

changes AS (
    SELECT
        code AS area_fips,
        any_value(name) AS name,
        any_value(kind) AS kind,
        max(begins) AS begins,
        min(ends) AS ends
    FROM (
        SELECT
            new_code AS code, new_name AS name, new_kind AS kind,
            -- A county that another one joins was there before.
            CASE WHEN kind <> 'merger' THEN first_year END AS begins,
            NULL::INTEGER AS ends
        FROM {{ ref("county_changes") }}
        WHERE new_code IS NOT NULL
        UNION ALL
        SELECT old_code, NULL, NULL, NULL, first_year - 1
        FROM {{ ref("county_changes") }}
        WHERE old_code IS NOT NULL
    ) AS ends
    GROUP BY code
),

known AS (
    SELECT area_fips FROM titles WHERE right(area_fips, 3) <> '000'
    UNION
    -- Of the states of this country, whatever other countries' changes the list names.
    SELECT area_fips
    FROM changes
    WHERE name IS NOT NULL AND left(area_fips, 2) || '000' IN (SELECT area_fips FROM titles)
    UNION
    SELECT area_fips FROM printed
),

spans AS (
    SELECT
        k.area_fips,
        p.first_printed,
        p.last_printed,
        c.begins,
        c.ends,
        max(y.year) FILTER (WHERE y.year < p.first_printed) AS last_before,
        min(y.year) FILTER (WHERE y.year > p.last_printed) AS first_after
    FROM known AS k
    LEFT JOIN printed AS p ON k.area_fips = p.area_fips
    LEFT JOIN changes AS c ON k.area_fips = c.area_fips
    LEFT JOIN county_years AS y ON TRUE
    GROUP BY k.area_fips, p.first_printed, p.last_printed, c.begins, c.ends
)

SELECT
    k.area_fips AS county_fips,
    coalesce(t.title, c.name, g.county_name, 'County ' || k.area_fips) AS name,
    right(k.area_fips, 3) >= '995' AS is_unallocated,
    -- Jobs that no county could be given come and go.
    CASE
        WHEN is_unallocated THEN NULL
        WHEN k.first_printed IS NULL THEN k.begins
        WHEN k.begins <= k.first_printed AND k.begins > coalesce(k.last_before, 0) THEN k.begins
        WHEN k.last_before IS NOT NULL THEN k.first_printed
        WHEN k.begins IS NOT NULL THEN least(k.begins, k.first_printed)
    END AS valid_from,
    CASE
        WHEN is_unallocated THEN NULL
        WHEN k.last_printed IS NULL THEN k.ends
        WHEN k.ends >= k.last_printed AND k.ends < coalesce(k.first_after, 9999) THEN k.ends
        WHEN k.first_after IS NOT NULL THEN k.last_printed
        WHEN k.ends IS NOT NULL THEN greatest(k.ends, k.last_printed)
    END AS valid_to,
    coalesce(c.kind, 'county') || coalesce(' from ' || valid_from, '') || coalesce(' to ' || valid_to, '') AS vintage,
    n.country
FROM spans AS k
CROSS JOIN nation AS n
LEFT JOIN titles AS t ON k.area_fips = t.area_fips
LEFT JOIN changes AS c ON k.area_fips = c.area_fips
LEFT JOIN (
    SELECT county_fips, arg_max(county_name, period) AS county_name
    FROM {{ ref("stg_county_gazetteer") }}
    GROUP BY county_fips
) AS g ON k.area_fips = g.county_fips
