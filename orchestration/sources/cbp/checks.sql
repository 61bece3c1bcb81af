-- What County Business Patterns must satisfy.

-- int_firm_sizes gives industries to clusters by the edition of the file, as below. When the Bureau goes over to the
-- next one, codes that are new would belong to no cluster, and nothing would fail. The project knows only the codes
-- that stand for something else in some edition, so not each new code is found; but NAICS 2022 has software publishers
-- at one of them (513210), which a file of the whole country has.
-- name: industries_are_of_the_edition
-- table: stg_cbp_county
-- severity: warning
-- expected: no six-digit code is known to be of other editions of NAICS only; files are in that of 2017, those of years
--     before 2017 in that of 2012
WITH editions AS (
    SELECT DISTINCT year, naics_code, {cbp_naics_edition} AS naics
    FROM stg_cbp_county WHERE length(naics_code) = 6
),
strange AS (
    SELECT year, naics, naics_code FROM editions JOIN (VALUES {changed_codes}) AS changed (code, naics_from, naics_to)
        ON naics_code = code
    GROUP BY ALL HAVING NOT bool_or(naics BETWEEN naics_from AND naics_to)
)
SELECT year, naics, count(*) AS codes, min(naics_code) AS first_code FROM strange GROUP BY ALL ORDER BY ALL;
