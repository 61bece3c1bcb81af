-- From which to which reference year each delineation holds; the last one is open.
WITH runs AS (
    SELECT
        year, period, basis,
        row_number() OVER (ORDER BY year)
        - row_number() OVER (PARTITION BY period, basis ORDER BY year) AS run
    FROM {{ ref("int_delineation_years") }}
),

spans AS (
    SELECT period, basis, min(year) AS valid_from, max(year) AS last_year
    FROM runs
    GROUP BY period, basis, run
)

SELECT
    period,
    basis,
    valid_from::INTEGER AS valid_from,
    CASE WHEN lead(valid_from) OVER (ORDER BY valid_from) IS NOT NULL THEN last_year::INTEGER END AS valid_to
FROM spans
