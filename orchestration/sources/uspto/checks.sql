-- What the two pages must satisfy together and by themselves.

-- In every year of the real page the counties have some 50 to 80 patents more than the country, of 75,000 to 145,000.
-- name: counties_make_the_country
-- table: stg_patents_county
-- severity: error
-- expected: the patents of all counties are those of the country, within half a percent
SELECT year, any_value(patents) FILTER (WHERE area_code = 'ALL') AS country,
    sum(patents) FILTER (WHERE area_code <> 'ALL') AS counties
FROM stg_patents_county
GROUP BY year
HAVING coalesce(abs(counties - country) > 0.005 * country, TRUE)
ORDER BY ALL;

-- name: areas_make_the_country
-- table: stg_patents_metro
-- severity: error
-- expected: the patents of all areas, and of what lies outside of them, are those of the country, within half a percent
SELECT year, any_value(patents) FILTER (WHERE area_kind = 'all') AS country,
    sum(patents) FILTER (WHERE area_kind <> 'all') AS areas
FROM stg_patents_metro
GROUP BY year
HAVING coalesce(abs(areas - country) > 0.005 * country, TRUE)
ORDER BY ALL;

-- name: counties_and_areas_are_of_one_country
-- table: stg_patents_metro
-- severity: error
-- expected: both pages have the same years, and the same patents in all in each
SELECT year, c.patents AS by_county, m.patents AS by_area
FROM (SELECT * FROM stg_patents_county WHERE area_code = 'ALL') AS c
FULL JOIN (SELECT * FROM stg_patents_metro WHERE area_code = 'ALL') AS m USING (year)
-- Either page may be missing.
WHERE c.patents IS DISTINCT FROM m.patents
    AND EXISTS (FROM stg_patents_county) AND EXISTS (FROM stg_patents_metro)
ORDER BY ALL;
