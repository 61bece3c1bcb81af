"""The checks of places on small invented tables: what stops a release, what only warns, and what is fine.

Belongs here: editions of delineations, adjacency, gazetteers and population beside a few counties. Does not: the real
files (see `tests/marts/test_places_of_the_mirror.py`), which edition dbt reads a year by (its unit tests).
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.contracts import contracts
from orchestration.quality.checklist import tidy_checks

TABLES = (
    "stg_qcew", "stg_qcew_areas", "stg_cbsa_delineation", "stg_county_adjacency", "stg_county_gazetteer",
    "stg_county_population",
)  # fmt: skip
CHECKS = {check.name: check for check in tidy_checks() if check.table in TABLES[1:]}
STATES = ("91", "92")
COUNTIES = [f"{state}{number:03}" for state in STATES for number in range(1, 400, 2)]
"""Four hundred counties in a row, each with 400 jobs and 1,300 people; ten each make an area."""
AREAS = {county: f"{10000 + 10 * (number // 10)}" for number, county in enumerate(COUNTIES)}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for table in TABLES:
            columns = ", ".join(f"{c.name} {c.data_type}" for c in contracts()[table].columns)
            connection.execute(f"CREATE TABLE {table} ({columns})")
        fill(connection)
        yield connection


def fill(con: duckdb.DuckDBPyConnection) -> None:
    """Tables of 2016 with which nothing is wrong."""
    con.execute("CREATE TABLE c (fips VARCHAR, area VARCHAR, number INTEGER)")
    con.executemany("INSERT INTO c VALUES (?, ?, ?)", [(c, AREAS[c], n) for n, c in enumerate(COUNTIES)])
    con.execute(
        """
        INSERT INTO stg_qcew_areas BY NAME
        SELECT fips AS area_fips, fips || ' County, State ' || left(fips, 2) AS area_title, 'series' AS period,
            '2025-01-01' AS vintage FROM c
        UNION ALL
        SELECT DISTINCT left(fips, 2) || '000', 'State ' || left(fips, 2) || ' -- Statewide', 'series', '2025-01-01'
        FROM c;
        INSERT INTO stg_qcew BY NAME
        SELECT fips AS area_fips, 70 AS agglvl_code, 400 AS annual_avg_emplvl FROM c
        UNION ALL BY NAME
        SELECT left(fips, 2) || '000' AS area_fips, 50 AS agglvl_code, 400 * count(*) AS annual_avg_emplvl FROM c
        GROUP BY ALL
        UNION ALL BY NAME
        SELECT 'C' || left(area, 4) AS area_fips, 40 AS agglvl_code, 400 * count(*) AS annual_avg_emplvl FROM c
        GROUP BY ALL;
        UPDATE stg_qcew SET year = 2016, own_code = '0', industry_code = '10', size_code = '0', period = '2016',
            annual_avg_estabs = annual_avg_emplvl / 10;
        INSERT INTO stg_cbsa_delineation BY NAME
        SELECT area AS cbsa_code, area AS cbsa_title, 'metropolitan' AS cbsa_kind, fips AS county_fips,
            '2015-07' AS period FROM c;
        INSERT INTO stg_county_adjacency BY NAME
        SELECT a.fips AS county_fips, b.fips AS neighbour_fips, '2010' AS period
        FROM c AS a JOIN c AS b ON abs(a.number - b.number) <= 1;
        INSERT INTO stg_county_gazetteer BY NAME
        SELECT fips AS county_fips, fips AS county_name, 1000000000 AS land_area_m2, 40.123 AS latitude,
            -100.123 + 0.3 * (number % 200) AS longitude, '2010' AS period FROM c WHERE left(fips, 2) = '91'
        UNION ALL BY NAME
        SELECT fips AS county_fips, fips AS county_name, 1000000000 AS land_area_m2, 40.423 AS latitude,
            -40.423 - 0.3 * (number % 200) AS longitude, '2010' AS period FROM c WHERE left(fips, 2) = '92';
        INSERT INTO stg_county_population BY NAME
        SELECT fips AS area_fips, y AS year, 50 * (y - 1990) AS population, '2010s' AS period, '2020' AS vintage
        FROM c CROSS JOIN (VALUES (2015), (2016)) AS years (y)
        UNION ALL BY NAME
        SELECT left(fips, 2) || '000' AS area_fips, y AS year, sum(50 * (y - 1990)) AS population,
            '2010s' AS period, '2020' AS vintage
        FROM c CROSS JOIN (VALUES (2015), (2016)) AS years (y) GROUP BY ALL;
        """
    )


def failing(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Checks that find something, with their severity."""
    return {name: check.severity for name, check in CHECKS.items() if con.execute(check.sql).fetchone()}


def rows(con: duckdb.DuckDBPyConnection, name: str) -> list[tuple]:
    return con.execute(CHECKS[name].sql).fetchall()


def test_sound_tables_pass(con: duckdb.DuckDBPyConnection) -> None:
    assert failing(con) == {}


def test_one_county_full_of_jobs_warns_and_many_stop(con: duckdb.DuckDBPyConnection) -> None:
    """A county of warehouses and data centres with more than five jobs a head is real; a column off is not."""
    crowd = "UPDATE stg_qcew SET annual_avg_emplvl = 6 * 1300 WHERE area_fips IN ({})"
    con.execute(crowd.format(f"'{COUNTIES[7]}'"))
    assert failing(con)["people_could_hold_the_jobs_of_every_county"] == "warning"
    assert "people_could_hold_the_jobs" not in failing(con)
    assert rows(con, "people_could_hold_the_jobs_of_every_county") == [(2016, COUNTIES[7], 1300, 7800)]
    con.execute(crowd.format(", ".join(f"'{c}'" for c in COUNTIES[7:11])))
    assert failing(con)["people_could_hold_the_jobs"] == "error"


@pytest.mark.parametrize("year", [2016, 2018])
def test_two_counties_exchanged_in_every_year_are_found_by_their_people(
    con: duckdb.DuckDBPyConnection, year: int
) -> None:
    """Nothing remembers how they were; the newest year has no count of people yet."""
    name = "people_and_jobs_are_of_the_same_county"
    small, large = COUNTIES[3], COUNTIES[8]
    con.execute(f"UPDATE stg_qcew SET year = {year}")
    grown = "UPDATE {} SET {} WHERE area_fips = '{}'"
    con.execute(grown.format("stg_county_population", "population = 4 * population", large))
    figures = "annual_avg_emplvl = 4 * annual_avg_emplvl, annual_avg_estabs = 4 * annual_avg_estabs"
    con.execute(grown.format("stg_qcew", figures, large))
    assert rows(con, name) == []
    con.execute(
        f"UPDATE stg_qcew SET area_fips = if(area_fips = '{small}', '{large}', '{small}') "
        f"WHERE area_fips IN ('{small}', '{large}')"
    )
    assert rows(con, name) == [(year, small, large, 4.0, 0.25)]
    assert CHECKS[name].severity == "warning"


def test_people_are_those_of_the_newest_vintage(con: duckdb.DuckDBPyConnection) -> None:
    """2016 may stand in two series; the one restated last counts."""
    con.execute(
        "INSERT INTO stg_county_population BY NAME SELECT area_fips, year, 1 AS population, 'old' AS period, "
        "'2012' AS vintage FROM stg_county_population WHERE right(area_fips, 3) <> '000'"
    )
    assert "people_could_hold_the_jobs" not in failing(con)


def another_delineation(con: duckdb.DuckDBPyConnection, moved: int) -> None:
    """That of 2023, in which the last county of `moved` areas is in the area after, so that neither is what it was."""
    con.execute(
        f"""
        INSERT INTO stg_cbsa_delineation BY NAME
        SELECT CASE WHEN number % 20 = 9 AND number < {20 * moved} THEN (area::INTEGER + 10)::VARCHAR ELSE area END
            AS cbsa_code, 'x' AS cbsa_title, 'metropolitan' AS cbsa_kind, fips AS county_fips, '2023-07' AS period
        FROM c
        """
    )


def test_a_newer_delineation_beside_the_years_own_is_fine(con: duckdb.DuckDBPyConnection) -> None:
    """The year is held against the delineation that its areas fit, not against every one."""
    another_delineation(con, moved=8)
    assert failing(con) == {}


@pytest.mark.parametrize(
    ("moved", "told"),
    [
        (3, {"counties_make_their_area": "warning"}),
        (8, {"delineation_is_that_of_every_year": "warning"}),
        (13, {"delineation_is_that_of_every_year": "warning", "delineation_is_of_these_counties": "error"}),
    ],
)
def test_a_delineation_that_is_not_the_years_warns_before_it_stops(
    con: duckdb.DuckDBPyConnection, moved: int, told: dict[str, str]
) -> None:
    con.execute("DELETE FROM stg_cbsa_delineation")
    another_delineation(con, moved)
    assert failing(con) == told


def test_pairs_stated_once_are_told_with_their_number(con: duckdb.DuckDBPyConnection) -> None:
    """The list of 2023 states 41 pairs once, and lacks some counties' rows for themselves."""
    con.execute(f"DELETE FROM stg_county_adjacency WHERE county_fips = '{COUNTIES[0]}'")
    con.execute(
        f"DELETE FROM stg_county_adjacency WHERE county_fips = '{COUNTIES[4]}' AND neighbour_fips > county_fips"
    )
    assert rows(con, "every_pair_is_mutual") == [("2010", 2, 796, f"{COUNTIES[1]} {COUNTIES[0]}")]
    assert failing(con) == {"every_pair_is_mutual": "warning"}
    con.execute("DELETE FROM stg_county_adjacency WHERE neighbour_fips > county_fips AND county_fips > '92'")
    assert failing(con)["adjacency_is_mutual"] == "error"


def test_counties_in_no_list_are_counted_by_year(con: duckdb.DuckDBPyConnection) -> None:
    lost = f"DELETE FROM stg_county_adjacency WHERE '{COUNTIES[3]}' IN (county_fips, neighbour_fips)"
    con.execute(lost)
    assert rows(con, "every_county_has_neighbours") == [(2016, 1, COUNTIES[3])]
    assert "counties_have_neighbours" not in failing(con)
    con.execute("DELETE FROM stg_county_adjacency WHERE county_fips > '92' OR neighbour_fips > '92'")
    assert failing(con)["counties_have_neighbours"] == "error"


def test_another_list_may_have_them(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "INSERT INTO stg_county_adjacency BY NAME SELECT * REPLACE ('2024' AS period) FROM stg_county_adjacency"
    )
    con.execute(
        "DELETE FROM stg_county_adjacency WHERE period = '2024' AND (county_fips > '92' OR neighbour_fips > '92')"
    )
    assert failing(con) == {}


def test_a_state_with_other_counties_in_the_gazetteer_is_not_lost(con: duckdb.DuckDBPyConnection) -> None:
    """As Connecticut, whose counties are in the gazetteer of 2010 and whose planning regions are in that of 2025."""
    few = ", ".join(f"'{c}'" for c in COUNTIES[200:209])
    con.execute(f"DELETE FROM stg_county_gazetteer WHERE left(county_fips, 2) = '92' AND county_fips NOT IN ({few})")
    con.execute(f"DELETE FROM stg_qcew WHERE area_fips LIKE '92%' AND agglvl_code = 70 AND area_fips NOT IN ({few})")
    con.execute("UPDATE stg_county_gazetteer SET county_fips = '927' || right(county_fips, 2) WHERE county_fips > '92'")
    found = rows(con, "counties_of_the_gazetteer_are_whole")
    assert [row for row in found if row[1] == "92"] == []
    con.execute("DELETE FROM stg_county_gazetteer WHERE county_fips LIKE '927%'")
    assert (2016, "92", 9, 9) in rows(con, "counties_of_the_gazetteer_are_whole")
