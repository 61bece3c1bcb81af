-- What the survey's figures must satisfy from year to year.

-- Of 2012 to 2016 it grew by 0.3 to 5 % a year.
-- name: spending_moves_slowly
-- table: stg_herd_spending
-- severity: error
-- expected: from one year to the next all spending changes by less than a quarter
WITH years AS (
    SELECT year, sum(spending) AS spending FROM stg_herd_spending
    WHERE funds = 'Total' AND detail = 'Total' GROUP BY year
)
SELECT now.year, before.spending AS before, now.spending AS now
FROM years AS now
JOIN years AS before ON now.year = before.year + 1
WHERE now.spending NOT BETWEEN before.spending / 1.25 AND before.spending * 1.25
ORDER BY ALL;

-- name: rows_are_of_their_year
-- table: stg_herd_spending
-- severity: error
-- expected: a file has the answers of its own year
SELECT period, year, count(*) AS answers FROM stg_herd_spending WHERE year <> period::INTEGER GROUP BY ALL ORDER BY ALL;

-- name: institutions_are_known
-- table: stg_herd_spending
-- severity: warning
-- expected: every number of an institution stands in a directory of institutions (IPEDS)
SELECT year, count(*) AS unknown, min(name) AS first_name FROM stg_herd_spending
WHERE unit_id IS NOT NULL AND EXISTS (FROM stg_ipeds_institution)
    AND unit_id NOT IN (SELECT unit_id FROM stg_ipeds_institution)
GROUP BY ALL
ORDER BY ALL;
