-- What QCEW's lists of codes must satisfy. They print no sums and no changes, so their own redundancy is what is held.

-- name: counties_bear_their_states_name
-- table: stg_qcew_areas
-- severity: error
-- expected: the title of a county ends in the name of the state of its code
WITH states AS (
    SELECT left(area_fips, 2) AS code, replace(area_title, ' -- Statewide', '') AS state
    FROM stg_qcew_areas WHERE regexp_full_match(area_fips, '[0-9]{2}000')
)
SELECT count(*) FILTER (WHERE state IS NULL OR NOT contains(area_title, state)) AS misnamed,
    min(area_fips || ' ' || area_title) FILTER (WHERE NOT contains(area_title, state)) AS first_misnamed,
    count(*) AS counties
FROM stg_qcew_areas LEFT JOIN states ON code = left(area_fips, 2)
WHERE regexp_full_match(area_fips, '[0-9]{5}') AND right(area_fips, 3) <> '000'
-- A few old census areas of Alaska do not.
HAVING misnamed > 0.02 * counties;

-- name: counties_do_not_bear_anothers_name
-- table: stg_qcew_areas
-- severity: error
-- expected: no county has the name that the Census Bureau gives to another county of its state, and not its own
-- Of the publishers' 3,220 counties none has. Names that the two spell differently are nobody else's.
WITH names AS (
    SELECT DISTINCT county_fips AS code, lower(trim(replace(county_name, '(synthetic)', ''))) AS name
    FROM stg_county_gazetteer
),
titled AS (
    SELECT area_fips AS code, area_title, lower(trim(split_part(area_title, ',', 1))) AS name
    FROM stg_qcew_areas WHERE regexp_full_match(area_fips, '[0-9]{5}')
)
SELECT titled.code AS area_fips, area_title, names.code AS name_of
FROM titled JOIN names ON names.name = titled.name AND left(names.code, 2) = left(titled.code, 2)
WHERE titled.code IN (SELECT code FROM names)
    AND titled.code NOT IN (SELECT own.code FROM names AS own WHERE own.code = titled.code AND own.name = titled.name)
ORDER BY ALL;

-- name: industries_bear_their_own_titles
-- table: stg_qcew_industries
-- severity: error
-- expected: 90% of six-digit industries ending in 0 have the title of their five-digit industry
-- Such an industry is the whole of the five-digit one.
SELECT count(*) FILTER (WHERE lower(six.industry_title) = lower(five.industry_title)) AS same,
    count(*) AS industries
FROM stg_qcew_industries AS six
JOIN stg_qcew_industries AS five ON six.industry_code = five.industry_code || '0' AND six.vintage = five.vintage
WHERE length(six.industry_code) = 6
GROUP BY six.vintage
HAVING same < 0.9 * industries;

-- name: industries_do_not_bear_anothers_title
-- table: stg_qcew_industries
-- severity: error
-- expected: no industry has the title that is another one's by the list landed before, by the survey of occupations or
--     by the list's own level above, and not its own
-- The only part of an industry is the whole of it. The survey spells many titles another way, none as the list spells
-- another industry. Codes that an edition of NAICS gives to other industries keep their old titles in the list, with its
-- mark.
WITH titled AS (
    SELECT DISTINCT dense_rank() OVER (ORDER BY vintage) AS number, industry_code AS code, industry_title,
        lower(industry_title) AS title
    FROM stg_qcew_industries
),
said AS (
    SELECT number + 1 AS number, code, title FROM titled
    UNION
    SELECT number, max(part.code), whole.title
    FROM titled AS part JOIN titled AS whole USING (number)
    WHERE whole.code = left(part.code, -1)
    GROUP BY number, whole.code, whole.title
    HAVING count(DISTINCT part.code) = 1
    UNION
    SELECT number, naics_code, lower(survey.industry_title)
    FROM stg_oews_industry AS survey CROSS JOIN (SELECT DISTINCT number FROM titled)
)
SELECT titled.number AS list, titled.code AS industry_code, industry_title, said.code AS title_of
FROM titled JOIN said
    ON said.number = titled.number AND said.title = titled.title AND length(said.code) = length(titled.code)
WHERE (titled.number, titled.code) IN (SELECT (number, code) FROM said)
    AND (titled.number, titled.code, titled.title) NOT IN (SELECT (number, code, title) FROM said)
    AND (said.number, said.code) IN (SELECT (number, code) FROM titled)
    AND (said.number, said.code, said.title) NOT IN (SELECT (number, code, title) FROM titled)
ORDER BY ALL;
