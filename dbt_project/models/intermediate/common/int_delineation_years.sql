-- The delineation of metropolitan and micropolitan areas that holds in a year. In a year of data it is the one of which
-- most areas are the sums of their counties; where QCEW prints no areas, and beyond the data, the newest that QCEW says it
-- uses; where none of those has been fetched, the newest of that year or before, or else the oldest.
WITH lists AS (
    SELECT DISTINCT period FROM {{ ref("stg_cbsa_delineation") }}
),

built AS (
    SELECT DISTINCT year::INTEGER AS year FROM {{ ref("stg_qcew") }}
),

-- Also the years in which what QCEW uses changed, so that spans do not depend on which years were built.
years AS (
    SELECT year, TRUE AS is_built FROM built
    UNION
    SELECT first_year, FALSE FROM {{ ref("qcew_delineations") }}
    WHERE first_year NOT IN (SELECT year FROM built)
    UNION
    SELECT first_year - 1, FALSE FROM {{ ref("qcew_delineations") }}
    WHERE first_year - 1 NOT IN (SELECT year FROM built)
        AND first_year > (SELECT min(first_year) FROM {{ ref("qcew_delineations") }})
),

documented AS (
    SELECT y.year, max(d.first_year) AS basis
    FROM years AS y
    INNER JOIN {{ ref("qcew_delineations") }} AS d ON y.year >= d.first_year
    GROUP BY y.year
),

counted AS (
    SELECT
        year, period,
        count(*) AS areas,
        count(*) FILTER (WHERE is_printed) AS printed,
        count(*) FILTER (WHERE fits) AS fitting
    FROM {{ ref("int_area_fits") }}
    GROUP BY year, period
),

candidates AS (
    SELECT
        y.year, y.is_built, l.period, o.basis,
        coalesce(c.printed, 0) AS printed,
        coalesce(c.fitting, 0) AS fitting,
        CASE WHEN c.printed > 0 THEN c.fitting / c.areas ELSE 0 END AS share_fitting,
        coalesce(l.period BETWEEN d.first_list AND coalesce(d.last_list, '9999'), FALSE) AS is_documented,
        left(l.period, 4)::INTEGER <= y.year AS is_of_its_time
    FROM years AS y
    CROSS JOIN lists AS l
    LEFT JOIN documented AS o ON y.year = o.year
    LEFT JOIN {{ ref("qcew_delineations") }} AS d ON o.basis = d.first_year
    LEFT JOIN counted AS c ON y.year = c.year AND l.period = c.period
),

ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY year
            ORDER BY
                share_fitting DESC,
                is_documented DESC,
                is_of_its_time DESC,
                CASE WHEN is_of_its_time THEN period END DESC,
                period
        ) AS place
    FROM candidates
)

SELECT
    r.year,
    r.is_built,
    r.period,
    -- First year of what QCEW calls the same delineations.
    r.basis,
    r.printed,
    r.fitting,
    CASE
        WHEN r.printed = 0 AND r.is_documented
            THEN 'QCEW prints no areas this year; from ' || r.basis || ' on it uses the delineation of ' || r.period
        WHEN r.printed = 0
            THEN 'QCEW prints no areas this year; of those fetched the delineation of ' || r.period || ' is nearest'
        ELSE
            'of ' || r.printed || ' areas with printed jobs ' || r.fitting
            || ' are the sum of their counties in the delineation of ' || r.period
            || coalesce('; ' || string_agg(o.fitting || ' in that of ' || o.period, ', ' ORDER BY o.period), '')
    END AS why
FROM ranked AS r
LEFT JOIN ranked AS o ON r.year = o.year AND o.place > 1 AND o.printed > 0
-- Of a year that is not built nothing is said by a list that QCEW does not use then.
WHERE r.place = 1 AND (r.is_built OR r.is_documented)
GROUP BY r.year, r.is_built, r.period, r.basis, r.printed, r.fitting, r.is_documented
