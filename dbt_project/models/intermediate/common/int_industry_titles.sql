-- Titles of industries by edition of NAICS. A number can stand for another industry in another edition, so a title is
-- looked up by edition: first among the codes known to have changed, then in the publisher's lists, of which that made
-- for the edition comes first, then the next one, then the newest one made before it.
WITH entries AS (
    SELECT
        industry_code,
        industry_title,
        naics_mark,
        vintage,
        -- A list marks what editions before its own retired; its own is the fifth year after the newest mark. A list
        -- without any mark does not say which edition it was made for: it ranks as of the newest.
        CASE
            WHEN naics_mark < 9999 THEN naics_mark
            ELSE coalesce(
                max(naics_mark) FILTER (WHERE naics_mark < 9999) OVER (PARTITION BY vintage) + 5,
                (SELECT max(naics) FROM {{ naics_editions() }})
            )
        END AS as_of
    FROM {{ ref("stg_qcew_industries") }}
),

listed AS (
    SELECT
        editions.naics,
        entries.industry_code,
        entries.industry_title
    FROM {{ naics_editions() }}
    INNER JOIN entries ON editions.naics <= entries.naics_mark
    QUALIFY row_number() OVER (
        PARTITION BY editions.naics, entries.industry_code
        ORDER BY entries.as_of < editions.naics, abs(entries.as_of - editions.naics), entries.vintage DESC
    ) = 1
)

SELECT
    editions.naics,
    changed.code AS industry_code,
    changed.title
FROM {{ ref("naics_changed_codes") }} AS changed
INNER JOIN {{ naics_editions() }} ON editions.naics BETWEEN changed.naics_from AND changed.naics_to
UNION ALL
SELECT
    editions.naics,
    ranges.sector,
    ranges.title
FROM {{ naics_editions() }}
CROSS JOIN (
    VALUES
    {%- for range in var("naics_sector_ranges") %}
    ('{{ range.sector }}', '{{ range.title }}'){{ "," if not loop.last }}
    {%- endfor %}
) AS ranges (sector, title)
UNION ALL
SELECT
    naics,
    industry_code,
    industry_title
FROM listed
WHERE
    industry_code NOT LIKE '%-%'
    AND industry_code NOT IN (SELECT code FROM {{ ref("naics_changed_codes") }})
