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
