-- What business applications must satisfy, beside the people of the same place. Counties alone say little: Sheridan
-- County, Wyoming, where agents register companies for others, had 934 applications per 1,000 people in 2023.

-- text: of_states
of_states AS (
    SELECT p.year, left(p.area_fips, 2) AS state, p.population,
        (SELECT sum(a.applications) FROM stg_business_applications AS a
            WHERE a.year = p.year AND left(a.county_fips, 2) = left(p.area_fips, 2)) AS applications
    FROM (
        SELECT area_fips, year, arg_max(population, (coalesce(vintage, ''), period)) AS population
        FROM stg_county_population WHERE right(area_fips, 3) = '000' GROUP BY ALL
    ) AS p
    WHERE p.year IN (SELECT year FROM stg_business_applications)
)

-- name: every_state_has_applications
-- table: stg_business_applications
-- severity: error
-- expected: every state with people has applications in each year
WITH {of_states}
SELECT year, count(*) AS missing, min(state) AS first_state
FROM of_states WHERE applications IS NULL GROUP BY ALL
ORDER BY ALL;

-- States had 4 (West Virginia, 2005) to 100 (Wyoming, 2023).
-- name: applications_fit_the_people
-- table: stg_business_applications
-- severity: error
-- expected: 1 to 300 applications per 1,000 people in every state
WITH {of_states}
SELECT year, state, applications, population, 1000 * applications / population AS per_1000
FROM of_states WHERE per_1000 NOT BETWEEN 1 AND 300
ORDER BY ALL;

-- A column copied over the next one. Of counties with 50 applications and more 2 % have as many as the year before.
-- name: applications_are_not_last_years
-- table: stg_business_applications
-- severity: error
-- expected: at most 5% of counties have as many applications as the year before
SELECT now.year, count(*) FILTER (WHERE now.applications = before.applications) AS same, count(*) AS counties
FROM stg_business_applications AS now
JOIN stg_business_applications AS before
    ON now.county_fips = before.county_fips AND now.year = before.year + 1
WHERE now.applications >= 50
GROUP BY ALL
HAVING same > greatest(2, 0.05 * counties)
ORDER BY ALL;
