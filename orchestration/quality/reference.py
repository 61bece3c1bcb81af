"""What the tables beside QCEW must satisfy: lists of codes, population, gazetteer, adjacency, delineation.

Belongs here: their own redundancy, and what they and QCEW say of the same place. Does not: QCEW by itself.

None of these tables prints sums or changes, so they are held against each other: a county lies near its neighbours,
has people who could hold its jobs, bears its state's name, and its metropolitan area is the sum of its counties.
"""

from __future__ import annotations

from orchestration.quality.checks import SqlCheck

UNTITLED_STATE = 0.02
"""Share of county titles that need not end in their state's name: a few old census areas of Alaska do not."""

SAME_TITLE = 0.9
"""Share of six-digit industries ending in 0 that bear the title of the five-digit industry they are the whole of."""

JOBS_A_HEAD = {"state": (0.2, 1.5), "county": (0.02, 5.0)}
"""Jobs per resident: states have 0.37 to 1.1 (the District of Columbia), counties 0.05 to 3."""

POPULATION_MOVE = {"state": 1.06, "county": 1.2}
"""Factor between two years of one vintage: in a decade no state moved by 3 %, and one county in a thousand by 8 %."""

MOVING_COUNTIES = 0.005
"""Share of counties that may move farther: where a prison opens or closes, a small one does."""

SAME_POPULATION = 0.05
"""Share of counties that may have as many people as the year before."""

FARTHEST = 2.5
"""Distance of two neighbours' internal points, in lengths of side (roots of land area) of both together. The median
pair lies at 0.6, a hundredth beyond 1.1, where one of the two is mostly water or very long."""

DISTANT_NEIGHBOURS = 0.005
"""Share of pairs of neighbours that may lie farther apart, and a tenth of a state's pairs."""

METRO_SLACK = 5e-3
"""Share of an area's jobs by which the sum of its counties may miss it, on top of rounding."""

FITTING_METROS = 0.8
"""Share of areas that must be their counties' sum for a year to be one in which the delineation applies. Between two
delineations some fifth of the areas change."""

RELATED_METROS = 0.4
"""The same share below which this is no delineation at all, or counties stand in the wrong rows."""


def reference_checks() -> list[SqlCheck]:
    """Checks of the tidy tables beside QCEW, by the names of their staging models."""
    return [*_code_lists(), *_population(), *_geography(), *_metros()]


def _check(name: str, table: str, sql: str, expected: str, *, warning: bool = False) -> SqlCheck:
    return SqlCheck(name, table, "warning" if warning else "error", sql, expected)


def _code_lists() -> list[SqlCheck]:
    return [
        _check(
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
        _check(
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


def _population() -> list[SqlCheck]:
    table = "stg_county_population"
    (state_low, state_high), (low, high) = JOBS_A_HEAD["state"], JOBS_A_HEAD["county"]
    return [
        _check(
            "counties_make_the_state",
            table,
            f"""
            SELECT year, left(area_fips, 2) AS state, sum(population) FILTER (right(area_fips, 3) = '000') AS total,
                sum(population) FILTER (right(area_fips, 3) <> '000') AS counties
            FROM {table} GROUP BY ALL HAVING total IS DISTINCT FROM counties ORDER BY ALL
            """,
            "the people of a state's counties are those of the state",
        ),
        _check(
            "people_could_hold_the_jobs",
            table,
            f"""
            SELECT q.year, q.area_fips, p.population, q.annual_avg_emplvl
            FROM stg_qcew AS q
            JOIN {table} AS p ON p.area_fips = q.area_fips AND p.year = q.year
            WHERE q.agglvl_code IN (50, 70) AND q.annual_avg_emplvl > 0
                AND coalesce(q.annual_avg_emplvl / nullif(p.population, 0), 0) NOT BETWEEN
                    CASE q.agglvl_code WHEN 50 THEN {state_low} ELSE {low} END
                    AND CASE q.agglvl_code WHEN 50 THEN {state_high} ELSE {high} END
            ORDER BY ALL
            """,
            f"{state_low} to {state_high} jobs a head in a state, {low} to {high} in a county",
        ),
        _check(
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
                JOIN {table} AS before ON now.area_fips = before.area_fips AND now.year = before.year + 1
            )
            GROUP BY ALL
            HAVING moved > CASE WHEN is_state THEN 0 ELSE {MOVING_COUNTIES} * places END
            ORDER BY ALL
            """,
            f"from one year to the next a state's people change by less than {POPULATION_MOVE['state'] - 1:.0%}, "
            f"nearly every county's by less than {POPULATION_MOVE['county'] - 1:.0%}",
        ),
        _check(
            "population_is_not_last_years",
            table,
            f"""
            SELECT now.year, count(*) FILTER (WHERE now.population = before.population) AS same, count(*) AS counties
            FROM {table} AS now
            JOIN {table} AS before ON now.area_fips = before.area_fips AND now.year = before.year + 1
            GROUP BY ALL HAVING same > {SAME_POPULATION} * counties ORDER BY ALL
            """,
            f"at most {SAME_POPULATION:.0%} of places have as many people as the year before",
        ),
    ]


def _geography() -> list[SqlCheck]:
    gazetteer, adjacency = "stg_county_gazetteer", "stg_county_adjacency"
    # A degree of latitude is 111 km, one of longitude less by the cosine of latitude; 180 degrees west and east meet.
    apart = """111.2 * sqrt(pow(a.latitude - b.latitude, 2) + pow(cos(radians((a.latitude + b.latitude) / 2))
        * least(abs(a.longitude - b.longitude), 360 - abs(a.longitude - b.longitude)), 2))"""
    return [
        _check(
            "neighbours_lie_near_each_other",
            gazetteer,
            f"""
            SELECT left(county_fips, 2) AS state, count(*) FILTER (WHERE distant) AS distant_pairs, count(*) AS pairs
            FROM (
                SELECT n.county_fips, coalesce({apart} / nullif(sqrt(a.land_area_m2 / 1e6) + sqrt(b.land_area_m2 / 1e6),
                    0), 99) > {FARTHEST} AS distant
                FROM {adjacency} AS n
                JOIN {gazetteer} AS a ON a.county_fips = n.county_fips
                JOIN {gazetteer} AS b ON b.county_fips = n.neighbour_fips
            )
            GROUP BY GROUPING SETS ((state), ())
            HAVING distant_pairs > CASE grouping(state) WHEN 0 THEN greatest(4, 0.1 * pairs)
                ELSE {DISTANT_NEIGHBOURS} * pairs END
            ORDER BY ALL
            """,
            f"the points of neighbouring counties lie within {FARTHEST} lengths of their sides",
        ),
        _check(
            "points_are_exact",
            gazetteer,
            "SELECT count(*) FILTER (latitude = round(latitude, 2) AND longitude = round(longitude, 2)) AS coarse, "
            f"count(*) - count(DISTINCT (latitude, longitude)) AS shared, count(*) AS counties FROM {gazetteer} "
            "HAVING coarse > 0.01 * counties OR shared > 0",
            "no two counties share an internal point, and points have more than two decimals",
        ),
        _check(
            "points_lie_in_the_country",
            gazetteer,
            f"SELECT count(*) FILTER (WHERE longitude NOT BETWEEN -180 AND -64 OR latitude NOT BETWEEN 15 AND 72) "
            f"AS outside, count(*) AS counties FROM {gazetteer} "
            "WHERE 'US000' IN (SELECT area_fips FROM stg_qcew_areas) HAVING outside > 0.01 * counties",
            "counties of the United States lie between 64 and 180 degrees west and 15 and 72 degrees north",
        ),
        _check(
            "counties_of_the_gazetteer_are_whole",
            gazetteer,
            f"""
            SELECT left(area_fips, 2) AS state, count(*) FILTER (WHERE county_fips IS NULL) AS absent,
                count(*) AS counties
            FROM (
                SELECT DISTINCT area_fips FROM stg_qcew
                WHERE agglvl_code = 70 AND right(area_fips, 3) < '995' AND annual_avg_emplvl > 0
                    AND left(area_fips, 2) NOT IN ('72', '78')
            ) LEFT JOIN {gazetteer} ON county_fips = area_fips
            -- Connecticut's counties and planning regions stand in one edition or the other.
            WHERE left(area_fips, 2) <> '09'
            GROUP BY GROUPING SETS ((state), ())
            HAVING absent > CASE grouping(state) WHEN 0 THEN greatest(3, 0.1 * counties) ELSE 0.01 * counties END
            ORDER BY ALL
            """,
            "99% of the counties that QCEW prints stand in the gazetteer",
        ),
        _check(
            "adjacency_is_mutual",
            adjacency,
            f"SELECT county_fips, neighbour_fips FROM {adjacency} AS a WHERE NOT EXISTS (SELECT 1 FROM {adjacency} "
            "AS b WHERE b.county_fips = a.neighbour_fips AND b.neighbour_fips = a.county_fips) ORDER BY ALL LIMIT 100",
            "whoever has a neighbour is its neighbour",
        ),
        _check(
            "counties_have_neighbours",
            adjacency,
            # Hawaii's counties are islands; a few counties are new to one file and not yet to the other.
            f"""
            SELECT count(*) AS lonely, min(county_fips) AS first_county FROM {gazetteer}
            WHERE left(county_fips, 2) NOT IN ('15', '72', '78')
                AND county_fips NOT IN (SELECT county_fips FROM {adjacency})
            HAVING lonely > 0.01 * (SELECT count(*) FROM {gazetteer})
            """,
            "99% of counties have neighbours",
        ),
        _check(
            "every_county_has_neighbours",
            adjacency,
            # One that the population series does not hold from its first year on may be new to one file.
            f"""
            SELECT county_fips, county_name FROM {gazetteer}
            JOIN stg_county_population ON area_fips = county_fips AND left(county_fips, 2) NOT IN ('15', '72', '78')
                AND county_fips NOT IN (SELECT county_fips FROM {adjacency})
            GROUP BY ALL HAVING count(*) = (SELECT count(DISTINCT year) FROM stg_county_population)
            ORDER BY ALL
            """,
            "every county outside Hawaii that is not new has neighbours",
        ),
    ]


_MEMBERS = f"""
    WITH members AS (
        SELECT cbsa_code, year, sum(annual_avg_emplvl) AS jobs, count(*) AS counties
        FROM stg_cbsa_delineation JOIN stg_qcew ON county_fips = area_fips AND own_code = '0' AND agglvl_code = 70
        GROUP BY ALL
    ),
    compared AS (
        SELECT q.year, cbsa_code, q.annual_avg_emplvl AS published, m.jobs AS sum_of_counties,
            abs(published - sum_of_counties) > {METRO_SLACK} * published + m.counties AS misses,
            avg(misses::INTEGER) OVER (PARTITION BY q.year) AS share_missing
        FROM stg_qcew AS q
        JOIN members AS m ON q.area_fips = 'C' || left(cbsa_code, 4) AND q.year = m.year
        WHERE q.agglvl_code IN (40, 80) AND q.own_code = '0' AND q.annual_avg_emplvl IS NOT NULL
    )
"""


def _metros() -> list[SqlCheck]:
    table = "stg_cbsa_delineation"
    return [
        _check(
            "counties_make_their_area",
            table,
            f"{_MEMBERS} SELECT year, cbsa_code, published, sum_of_counties FROM compared "
            f"WHERE misses AND share_missing <= 1 - {FITTING_METROS} ORDER BY ALL",
            "in the years to which the delineation applies, each area's published jobs are its counties'",
        ),
        _check(
            "delineation_is_that_of_some_year",
            table,
            f"{_MEMBERS} SELECT min(share_missing) AS least_share_of_areas_missing FROM compared "
            f"HAVING least_share_of_areas_missing > 1 - {FITTING_METROS}",
            f"in some year {FITTING_METROS:.0%} of the areas are the sums of their counties",
            warning=True,
        ),
        _check(
            "delineation_is_of_these_counties",
            table,
            f"{_MEMBERS} SELECT min(share_missing) AS least_share_of_areas_missing FROM compared "
            f"HAVING least_share_of_areas_missing > 1 - {RELATED_METROS}",
            f"in some year {RELATED_METROS:.0%} of the areas are the sums of their counties",
        ),
        _check(
            "areas_are_of_their_published_kind",
            table,
            f"""
            SELECT count(*) FILTER (WHERE (cbsa_kind = 'metropolitan') <> (agglvl_code = 40)) AS wrong,
                count(*) AS areas
            FROM (SELECT DISTINCT cbsa_code, cbsa_kind FROM {table})
            JOIN (SELECT area_fips, max_by(agglvl_code, year) AS agglvl_code FROM stg_qcew
                WHERE agglvl_code IN (40, 80) GROUP BY area_fips) ON area_fips = 'C' || left(cbsa_code, 4)
            HAVING wrong > 0.1 * areas
            """,
            "nine areas in ten are metropolitan or micropolitan as QCEW prints them",
        ),
    ]
