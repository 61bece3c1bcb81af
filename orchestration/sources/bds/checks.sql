-- What Business Dynamics Statistics must satisfy. Rates are those of Davis, Haltiwanger & Schuh: over the mean of both
-- years. Parts may be off by one where they are rounded, and rates by what rounding of the mean does to small places.

-- text: wrong
abs(job_creation - job_creation_births - job_creation_continuers) > 1
    OR abs(net_job_creation - job_creation + job_destruction) > 1
    OR abs(birth_rate - 100 * births / nullif(establishments - (births - deaths) / 2, 0)) > 0.01
    OR abs(death_rate - 100 * deaths / nullif(establishments - (births - deaths) / 2, 0)) > 0.01
    OR abs(job_creation_rate - 100 * job_creation / nullif(mean_employment, 0))
        > 0.001 + job_creation_rate / nullif(mean_employment, 0)
    OR abs(job_destruction_rate - 100 * job_destruction / nullif(mean_employment, 0))
        > 0.001 + job_destruction_rate / nullif(mean_employment, 0)

-- name: accounts_of_jobs_add_up
-- table: stg_bds_state
-- severity: error
-- expected: births and continuers make job creation, creation less destruction the net change, rates are over the mean
SELECT year, state_fips, births, deaths, job_creation, job_creation_births, job_creation_continuers, job_destruction
FROM stg_bds_state WHERE {wrong} ORDER BY ALL;

-- name: accounts_of_jobs_add_up
-- table: stg_bds_county
-- severity: error
-- expected: births and continuers make job creation, creation less destruction the net change, rates are over the mean
SELECT year, county_fips, births, deaths, job_creation, job_creation_births, job_creation_continuers, job_destruction
FROM stg_bds_county WHERE {wrong} ORDER BY ALL;

-- In the vintage of 2018 one of 1,927 rows does not: Delaware's of 1987.
-- name: destroyed_jobs_add_up
-- table: stg_bds_state
-- severity: error
-- expected: deaths and continuers make job destruction in all but 0.2% of rows
WITH odd AS (
    SELECT year, state_fips, job_destruction, job_destruction_deaths, job_destruction_continuers
    FROM stg_bds_state
    WHERE abs(job_destruction - job_destruction_deaths - job_destruction_continuers) > 1
)
SELECT * FROM odd WHERE (SELECT count(*) FROM odd) > 0.002 * (SELECT count(*) FROM stg_bds_state) ORDER BY ALL;
