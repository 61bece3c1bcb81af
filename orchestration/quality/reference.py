"""What the tables beside QCEW must satisfy: lists of codes and population here, the map in `geography`.

Belongs here: their own redundancy, and what they and QCEW say of the same place. Does not: QCEW by itself.

None of these tables prints sums or changes, so they are held against each other: a county lies near its neighbours,
has people who could hold its jobs, bears its state's name, and its metropolitan area is the sum of its counties. They
come in editions, and a year is held against those that dbt reads it by (see `int_edition_used`), not against every
one. What one real place may break is a warning; an error needs many, or what no place breaks.
"""

from __future__ import annotations

from orchestration.quality.checks import SqlCheck
from orchestration.quality.geography import check, geography_checks

UNTITLED_STATE = 0.02
"""Share of county titles that need not end in their state's name: a few old census areas of Alaska do not."""

SAME_TITLE = 0.9
"""Share of six-digit industries ending in 0 that bear the title of the five-digit industry they are the whole of."""

JOBS_A_HEAD = {"state": (0.2, 1.5), "county": (0.02, 5.0)}
"""Jobs per resident: states have 0.37 to 1.1 (the District of Columbia), counties 0.05 to 3, but for a few: Storey
County, Nevada, has some 4.7 and grows."""

ODD_COUNTIES = 0.002
"""Share of a year's counties, and three, that may have other jobs per resident: six of 3,200."""

POPULATION_MOVE = {"state": 1.06, "county": 1.2}
"""Factor between two years of one vintage: in a decade no state moved by 3 %, and one county in a thousand by 8 %."""

MOVING_COUNTIES = 0.005
"""Share of counties that may move farther: where a prison opens or closes, a small one does."""

SAME_POPULATION = 0.05
"""Share of counties that may have as many people as the year before."""


def reference_checks() -> list[SqlCheck]:
    """Checks of the tidy tables beside QCEW, by the names of their staging models."""
    return [*_code_lists(), *_population(), *geography_checks()]


def _code_lists() -> list[SqlCheck]:
    return [
        check(
            "counties_bear_their_states_name",
            "stg_qcew_areas",
            f"""
            WITH states AS (
                SELECT left(area_fips, 2) AS code, replace(area_title, ' -- Statewide', '') AS state
                FROM stg_qcew_areas WHERE regexp_full_match(area_fips, '[0-9]{{2}}000')
            )
            SELECT count(*) FILTER (WHERE state IS NULL OR NOT contains(area_title, state)) AS misnamed,
                min(area_fips || ' ' || area_title) FILTER (WHERE NOT contains(area_title, state)) AS first_misnamed,
                count(*) AS counties
            FROM stg_qcew_areas LEFT JOIN states ON code = left(area_fips, 2)
            WHERE regexp_full_match(area_fips, '[0-9]{{5}}') AND right(area_fips, 3) <> '000'
            HAVING misnamed > {UNTITLED_STATE} * counties
            """,
            "the title of a county ends in the name of the state of its code",
        ),
        check(
            "industries_bear_their_own_titles",
            "stg_qcew_industries",
            f"""
            SELECT count(*) FILTER (WHERE lower(six.industry_title) = lower(five.industry_title)) AS same,
                count(*) AS industries
            FROM stg_qcew_industries AS six
            JOIN stg_qcew_industries AS five
                ON six.industry_code = five.industry_code || '0' AND six.vintage = five.vintage
            WHERE length(six.industry_code) = 6
            GROUP BY six.vintage
            HAVING same < {SAME_TITLE} * industries
            """,
            f"{SAME_TITLE:.0%} of six-digit industries ending in 0 have the title of their five-digit industry",
        ),
    ]


# The figure of the newest vintage for each county and year, as dbt takes it.
_JOBS_A_HEAD = f"""
    WITH heads AS (
        SELECT q.year, q.area_fips, q.agglvl_code, p.population, q.annual_avg_emplvl AS jobs,
            coalesce(jobs / nullif(p.population, 0), 0) NOT BETWEEN
                CASE q.agglvl_code WHEN 50 THEN {JOBS_A_HEAD["state"][0]} ELSE {JOBS_A_HEAD["county"][0]} END
                AND CASE q.agglvl_code WHEN 50 THEN {JOBS_A_HEAD["state"][1]} ELSE {JOBS_A_HEAD["county"][1]} END
                AS is_odd
        FROM stg_qcew AS q
        JOIN (
            SELECT area_fips, year, arg_max(population, (coalesce(vintage, ''), period)) AS population
            FROM stg_county_population GROUP BY ALL
        ) AS p ON p.area_fips = q.area_fips AND p.year = q.year
        WHERE q.agglvl_code IN (50, 70) AND q.annual_avg_emplvl > 0
    )
"""


def _population() -> list[SqlCheck]:
    table = "stg_county_population"
    (state_low, state_high), (low, high) = JOBS_A_HEAD["state"], JOBS_A_HEAD["county"]
    return [
        check(
            "counties_make_the_state",
            table,
            f"""
            SELECT period, year, left(area_fips, 2) AS state,
                sum(population) FILTER (right(area_fips, 3) = '000') AS total,
                sum(population) FILTER (right(area_fips, 3) <> '000') AS counties
            FROM {table} GROUP BY ALL HAVING total IS DISTINCT FROM counties ORDER BY ALL
            """,
            "the people of a state's counties are those of the state",
        ),
        check(
            "people_could_hold_the_jobs",
            table,
            f"""
            {_JOBS_A_HEAD}
            SELECT year, agglvl_code, count(*) FILTER (WHERE is_odd) AS odd,
                min(area_fips || ': ' || jobs || ' jobs, ' || population || ' people') FILTER (WHERE is_odd)
                    AS first_place,
                count(*) AS places
            FROM heads GROUP BY ALL
            HAVING odd > CASE agglvl_code WHEN 50 THEN 0 ELSE greatest(3, {ODD_COUNTIES} * places) END
            ORDER BY ALL
            """,
            f"{state_low} to {state_high} jobs a head in a state, {low} to {high} in nearly every county",
        ),
        check(
            "people_could_hold_the_jobs_of_every_county",
            table,
            f"{_JOBS_A_HEAD} SELECT year, area_fips, population, jobs FROM heads WHERE is_odd ORDER BY ALL",
            f"{low} to {high} jobs a head in every county",
            warning=True,
        ),
        check(
            "population_moves_slowly",
            table,
            f"""
            SELECT year, is_state, count(*) FILTER (WHERE factor > most) AS moved,
                min(area_fips) FILTER (WHERE factor > most) AS first_place, count(*) AS places
            FROM (
                SELECT now.year, now.area_fips, right(now.area_fips, 3) = '000' AS is_state,
                    CASE WHEN is_state THEN {POPULATION_MOVE["state"]} ELSE {POPULATION_MOVE["county"]} END AS most,
                    coalesce(greatest(now.population / nullif(before.population, 0),
                        before.population / nullif(now.population, 0)), 99) AS factor
                FROM {table} AS now
                JOIN {table} AS before
                    ON now.period = before.period AND now.area_fips = before.area_fips AND now.year = before.year + 1
            )
            GROUP BY ALL
            HAVING moved > CASE WHEN is_state THEN 0 ELSE {MOVING_COUNTIES} * places END
            ORDER BY ALL
            """,
            f"from one year to the next a state's people change by less than {POPULATION_MOVE['state'] - 1:.0%}, "
            f"nearly every county's by less than {POPULATION_MOVE['county'] - 1:.0%}",
        ),
        check(
            "population_is_not_last_years",
            table,
            f"""
            SELECT now.year, count(*) FILTER (WHERE now.population = before.population) AS same, count(*) AS counties
            FROM {table} AS now
            JOIN {table} AS before
                ON now.period = before.period AND now.area_fips = before.area_fips AND now.year = before.year + 1
            GROUP BY ALL HAVING same > {SAME_POPULATION} * counties ORDER BY ALL
            """,
            f"at most {SAME_POPULATION:.0%} of places have as many people as the year before",
        ),
    ]
