"""What a re-issue may move in one place and in one industry, against what these move in a usual year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from orchestration.contracts import contracts
from orchestration.quality.checklist import BEFORE, FIRST, revised_checks
from orchestration.quality.parts import NAMES, PartMoved, cluster_checks
from orchestration.quality.revision import accepted

QCEW = contracts()["stg_qcew"]
PART = PartMoved(2016, "area_fips", "06085", "annual_avg_emplvl", 0.0, 0, 400, "06085 5 1111", 1.0, usual=0.01)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Forty counties with thirty industries, every figure growing by 1 % a year, as they were released."""
    columns = {c.name: f"NULL::{c.data_type}" for c in QCEW.columns} | {
        "area_fips": "printf('%05d', 1001 + c)", "own_code": "'5'", "industry_code": "(111110 + i)::VARCHAR",
        "agglvl_code": "78::SMALLINT", "size_code": "'0'", "year": "y::SMALLINT", "annual_avg_estabs": "20",
        "annual_avg_emplvl": "round((300 + 10 * i + 20 * c) * 1.01 ^ (y - 2013))::BIGINT",
        "total_annual_wages": "round((300 + 10 * i + 20 * c) * 1.01 ^ (y - 2013))::BIGINT * 50000",
        "oty_annual_avg_emplvl_chg": "3",
    }  # fmt: skip
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            f"CREATE TABLE released AS SELECT {', '.join(f'{sql} AS {name}' for name, sql in columns.items())} "
            "FROM range(40) AS c(c), range(30) AS i(i), range(2013, 2017) AS y(y)"
        )
        connection.execute(f"CREATE VIEW {BEFORE}stg_qcew AS FROM released WHERE year = 2016")
        connection.execute("CREATE TABLE stg_qcew AS FROM released")
        yield connection


def verdicts(con: duckdb.DuckDBPyConnection, *first: str) -> dict[str, tuple[str, list]]:
    """The rows of each check that found something, with its severity."""
    checks = {check.name: check for check in revised_checks(con, ["stg_qcew"], first)}
    found = {name: (check.severity, con.execute(check.sql).fetchall()) for name, check in checks.items()}
    return {name: answer for name, answer in found.items() if answer[1]}


def scale(con: duckdb.DuckDBPyConnection, by: float, where: str) -> None:
    con.execute(
        f"UPDATE stg_qcew SET annual_avg_emplvl = round({by} * annual_avg_emplvl), "
        f"total_annual_wages = round({by} * total_annual_wages) WHERE year = 2016 AND {where}"
    )


def test_a_re_issue_of_the_same_figures_moves_nothing(con: duckdb.DuckDBPyConnection) -> None:
    assert verdicts(con) == {}


def test_small_corrections_everywhere_are_no_news(con: duckdb.DuckDBPyConnection) -> None:
    """As in the publisher's re-issues: a cell in fifty, by up to a percent."""
    con.execute("UPDATE stg_qcew SET oty_annual_avg_emplvl_chg = -3 WHERE hash(area_fips, industry_code) % 50 = 0")
    scale(con, 1.01, "hash(area_fips, industry_code) % 50 = 0")
    assert verdicts(con) == {}


def test_one_county_is_named_though_the_whole_hardly_moves(con: duckdb.DuckDBPyConnection) -> None:
    scale(con, 1.03, "area_fips = '01003'")
    found = verdicts(con)
    assert set(found) == {"revision_of_a_part_worth_a_look"}
    severity, rows = found["revision_of_a_part_worth_a_look"]
    assert severity == "warning"
    assert {(row[0], row[1], row[2]) for row in rows} == {(2016, "area_fips", "01003")}
    scale(con, 1.2, "area_fips = '01003'")
    severity, rows = verdicts(con)["revision_of_each_part_within_limits"]
    assert severity == "error"
    assert rows[0][:3] == (2016, "area_fips", "01003")


def test_two_counties_exchanged_stop(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "UPDATE stg_qcew SET area_fips = CASE area_fips WHEN '01001' THEN '01040' ELSE '01001' END "
        "WHERE year = 2016 AND area_fips IN ('01001', '01040')"
    )
    assert {row[2] for row in verdicts(con)["revision_of_each_part_within_limits"][1]} >= {"01001", "01040"}


def test_jobs_moved_to_the_sister_industry_are_found_by_their_cells(con: duckdb.DuckDBPyConnection) -> None:
    places = ", ".join(f"'{1001 + n:05d}'" for n in range(21))
    con.execute(
        "UPDATE stg_qcew SET annual_avg_emplvl = annual_avg_emplvl + CASE industry_code WHEN '111120' THEN -250 "
        f"ELSE 250 END WHERE year = 2016 AND industry_code IN ('111120', '111121') AND area_fips IN ({places})"
    )
    rows = verdicts(con)["revision_of_each_part_within_limits"][1]
    assert {row[2] for row in rows} == {"111120", "111121"}
    assert all(row[6] == 21 for row in rows)
    assert all("11112" in row[8] for row in rows)


def test_many_small_revisions_are_judged_as_one(con: duckdb.DuckDBPyConnection) -> None:
    """Each night less than anybody would look at; together more than one alone may be."""
    con.execute(f"CREATE VIEW {FIRST}stg_qcew AS FROM released WHERE year = 2016")
    seen = []
    for night in range(1, 7):
        con.execute("CREATE OR REPLACE TABLE last_night AS FROM stg_qcew WHERE year = 2016")
        con.execute(f"CREATE OR REPLACE VIEW {BEFORE}stg_qcew AS FROM last_night")
        scale(con, 1.004, "true")
        found = verdicts(con, *(["stg_qcew"] if night > 1 else []))
        seen.append(
            max((severity for severity, _ in found.values()), key=["warning", "error"].index, default="nothing")
        )
        assert all(name.startswith("revision_in_all_") for name in found)
    assert seen == ["nothing", "warning", "warning", "warning", "error", "error"]


def test_what_grows_everywhere_alike_stops_however_restless_it_is(con: duckdb.DuckDBPyConnection) -> None:
    """It moves by a fifth every year; raised by 0.4 % a night, all its cells move one way."""
    industry = "industry_code = '111120'"
    con.execute(
        "CREATE TABLE restless AS SELECT * REPLACE (annual_avg_emplvl * "
        "CASE industry_code WHEN '111120' THEN 1.2 ^ (year - 2016) ELSE 1 END AS annual_avg_emplvl) FROM released"
    )
    con.execute(f"CREATE OR REPLACE VIEW {BEFORE}stg_qcew AS FROM restless WHERE year = 2016")
    seen = []
    for night in range(1, 13):
        con.execute("CREATE OR REPLACE TABLE stg_qcew AS FROM restless")
        scale(con, 1.004**night, industry)
        parts = {key: rows for key, (_, rows) in verdicts(con).items() if key in NAMES}
        assert {row[2] for rows in parts.values() for row in rows} <= {"111120"}
        seen.append(len(parts))
    assert seen == [0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2]


def test_what_a_person_accepts_is_a_warning(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"CREATE VIEW {FIRST}stg_qcew AS FROM released WHERE year = 2016")
    assert {check.severity for check in accepted(revised_checks(con, ["stg_qcew"], ["stg_qcew"]))} == {"warning"}


@pytest.mark.parametrize(
    ("part", "beyond"),
    [
        (replace(PART, moved=0.019), []),
        (replace(PART, moved=0.05), [0]),
        (replace(PART, moved=0.05, usual=0.06), []),
        (replace(PART, moved=0.15), [0, 1]),
        (replace(PART, moved=0.15, usual=0.06), [0]),
        (replace(PART, moved=0.15, usual=None), [0, 1]),
        # a village
        (replace(PART, moved=0.5, size=0.01), [0]),
        (replace(PART, moved=0.5, size=0.001), []),
        (replace(PART, cells=11), [0]),
        (replace(PART, cells=11, of=2000), []),
        (replace(PART, cells=50), [0, 1]),
        (replace(PART, larger=30, one_way=(16, 0)), [0]),
        (replace(PART, larger=30, one_way=(30, 21)), [0, 1]),
        (replace(PART, larger=30, one_way=(15, 15)), []),
        (replace(PART, larger=9, one_way=(9, 9)), []),
    ],
)
def test_limits_of_a_part(part: PartMoved, beyond: list[int]) -> None:
    assert [level for level, _ in enumerate(NAMES) if part.is_beyond(level)] == beyond


@pytest.mark.parametrize(
    ("region", "before", "now", "beyond"),
    [
        ("county:01001", 1000, 1090, []),
        ("county:01001", 1000, 1150, [0]),
        ("county:01001", 50, 100, []),
        ("state:01", 9000, 12000, [0, 1]),
        ("state:01", None, 12000, []),
        ("cbsa:10180", 9000, 12000, []),
    ],
)
def test_limits_of_a_cluster(region: str, before: int | None, now: int, beyond: list[int]) -> None:
    with duckdb.connect() as con:
        for table, jobs in (("earlier", before), ("cluster_specialisation", now)):
            con.execute(f"CREATE TABLE {table} (year INT, region_id TEXT, cluster_id TEXT, employment DOUBLE)")
            con.execute(f"INSERT INTO {table} VALUES (2016, ?, 'automotive', ?)", [region, jobs])
        found = [level for level, check in enumerate(cluster_checks("earlier")) if con.execute(check.sql).fetchall()]
    assert found == beyond
