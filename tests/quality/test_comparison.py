"""Two versions of a table: what is counted as revised, appeared, vanished, and by how much."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.contracts import ColumnContract, TableContract
from orchestration.quality import comparison
from orchestration.quality.comparison import Revision, compare


def contract(*grain: str) -> TableContract:
    kinds = {"region_id": "varchar", "cluster_id": "varchar", "year": "integer", "jobs": "double", "flag": "varchar"}
    columns = [n for n in kinds if n in grain or n in ("jobs", "flag")]
    made = (ColumnContract(name=n, data_type=kinds[n], meaning=n, unit="x", citation="x") for n in columns)
    return TableContract(name="t", layer="marts", meaning="t", grain=grain, citation="x", columns=tuple(made))


CELLS = contract("region_id", "cluster_id", "year")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def versions(con: duckdb.DuckDBPyConnection, before: str, now: str, names: str) -> None:
    for table, values in (("before", before), ("now", now)):
        con.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM (VALUES {values}) AS t({names})")


NAMES = "region_id, cluster_id, year, jobs, flag"


def rows(found: list[Revision], column: str) -> dict[tuple[str, int], tuple]:
    return {
        (r.entity_id, r.year): (r.cells, r.revised, r.appeared, r.vanished, r.median_change, r.largest_change)
        for r in found
        if r.column_name == column
    }


def test_columns_are_compared_a_few_at_a_time(con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query over all columns of a wide table holds more memory than a small machine has."""
    versions(con, "('a', 'x', 2016, 1.0, 'yes')", "('a', 'x', 2016, 2.0, 'no')", NAMES)
    whole = compare(con, CELLS, "before", "now")
    monkeypatch.setattr(comparison, "TOGETHER", 1)
    assert compare(con, CELLS, "before", "now") == whole
    assert {r.column_name for r in whole} == {"jobs", "flag"}


def test_every_kind_of_change(con: duckdb.DuckDBPyConnection) -> None:
    versions(
        con,
        "('a', 'x', 2016, 100.0, 'yes'), ('a', 'y', 2016, 50, 'no'), ('b', 'x', 2016, NULL, 'no'), "
        "('b', 'y', 2016, 8, 'no'), ('c', 'x', 2016, 0, 'no'), ('d', 'x', 2016, 5, 'no')",
        "('a', 'x', 2016, 110.0, 'yes'), ('a', 'y', 2016, 40, 'yes'), ('b', 'x', 2016, 3, 'no'), "
        "('b', 'y', 2016, NULL, 'no'), ('c', 'x', 2016, 7, 'no'), ('e', 'x', 2016, 5, 'no')",
        NAMES,
    )
    found = compare(con, CELLS, "before", "now")
    jobs = rows(found, "jobs")
    # cells: five with a figure before, and two that appeared; from 0 there is no relative change
    assert jobs["all", 2016] == (7, 3, 2, 2, pytest.approx(-0.05), pytest.approx(-0.2))
    assert jobs["a", 2016] == (2, 2, 0, 0, pytest.approx(-0.05), pytest.approx(-0.2))
    assert jobs["b", 2016] == (2, 0, 1, 1, None, None)
    assert jobs["c", 2016] == (1, 1, 0, 0, None, None)
    assert (jobs["d", 2016][3], jobs["e", 2016][2]) == (1, 1)
    assert jobs["x", 2016][:4] == (5, 2, 2, 1)
    volume = {r.entity_id: r.volume_change for r in found if r.column_name == "jobs"}
    assert volume["a"] == pytest.approx(20 / 150)
    assert volume["all"] == pytest.approx(27 / 163)
    assert volume["c"] is None, "nothing was there before"
    flags = rows(found, "flag")
    assert flags["all", 2016] == (7, 1, 1, 1, None, None)
    assert ("b", 2016) not in flags, "an entity without a difference has no row"


def test_equal_versions_have_a_row_that_says_so(con: duckdb.DuckDBPyConnection) -> None:
    versions(con, "('a', 'x', 2015, 1.0, 'no')", "('a', 'x', 2015, 1.0, 'no')", NAMES)
    found = compare(con, CELLS, "before", "now")
    assert [(r.entity_id, r.column_name, r.cells, r.revised) for r in found] == [
        ("all", "flag", 1, 0),
        ("all", "jobs", 1, 0),
    ]


def test_a_year_that_only_one_version_has_is_not_compared(con: duckdb.DuckDBPyConnection) -> None:
    versions(
        con,
        "('a', 'x', 2014, 1.0, 'no'), ('a', 'x', 2015, 1, 'no')",
        "('a', 'x', 2015, 2.0, 'no'), ('a', 'x', 2016, 9, 'no')",
        NAMES,
    )
    assert {r.year for r in compare(con, CELLS, "before", "now")} == {2015}


def test_a_year_known_to_be_equal_is_not_read(con: duckdb.DuckDBPyConnection) -> None:
    versions(con, "('a', 'x', 2015, 1.0, 'no')", "('a', 'x', 2015, 2.0, 'no')", NAMES)
    found = rows(compare(con, CELLS, "before", "now", equal_years=[2015]), "jobs")
    assert found["all", 2015][:2] == (1, 0)


def test_the_last_bits_of_a_sum_are_no_revision(con: duckdb.DuckDBPyConnection) -> None:
    versions(con, "('a', 'x', 2015, 0.3::DOUBLE, 'no')", "('a', 'x', 2015, 0.1::DOUBLE + 0.2::DOUBLE, 'no')", NAMES)
    assert con.execute("SELECT b.jobs = n.jobs FROM before b, now n").fetchone() == (False,)
    assert rows(compare(con, CELLS, "before", "now"), "jobs")["all", 2015][1] == 0


def test_a_table_without_years(con: duckdb.DuckDBPyConnection) -> None:
    names = "region_id, jobs, flag"
    versions(con, "('a', 1.0, 'old'), ('b', 1, 'x')", "('a', 1.0, 'new'), ('b', 1, 'x')", names)
    found = compare(con, contract("region_id"), "before", "now")
    assert rows(found, "flag") == {("all", 0): (2, 1, 0, 0, None, None), ("a", 0): (1, 1, 0, 0, None, None)}


def test_spans_of_two_years_that_only_one_version_has_are_not_compared(con: duckdb.DuckDBPyConnection) -> None:
    """Years added before what is released add spans to every later year; none of that is a revision."""
    kinds = {"region_id": "varchar", "from_year": "integer", "to_year": "integer", "jobs": "double"}
    made = (ColumnContract(name=n, data_type=k, meaning=n, unit="x", citation="x") for n, k in kinds.items())
    grain = ("region_id", "from_year", "to_year")
    spans = TableContract(name="t", layer="marts", meaning="t", grain=grain, citation="x", columns=tuple(made))
    names = "region_id, from_year, to_year, jobs"
    before = "('a', 2016, 2017, 1.0), ('a', 2015, 2017, 2)"
    versions(con, before, f"{before}, ('a', 2010, 2017, 9), ('a', 2010, 2015, 9)", names)
    assert [(r.year, r.cells, r.revised, r.appeared) for r in compare(con, spans, "before", "now")] == [(2017, 2, 0, 0)]
    versions(con, before, "('a', 2016, 2017, 1.5), ('a', 2010, 2017, 9)", names)
    assert rows(compare(con, spans, "before", "now"), "jobs")["all", 2017][:4] == (1, 1, 0, 0)


def test_a_newer_vintage_differs_in_what_it_says_and_not_in_being_newer(con: duckdb.DuckDBPyConnection) -> None:
    kinds = {"period": "varchar", "region_id": "varchar", "year": "integer", "jobs": "double", "vintage": "varchar"}
    made = (ColumnContract(name=n, data_type=k, meaning=n, unit="x", citation="x") for n, k in kinds.items())
    grain = ("period", "region_id", "year")
    people = TableContract(name="t", layer="staging", meaning="t", grain=grain, citation="x", columns=tuple(made))
    versions(
        con,
        "('2020s', 'a', 2021, 10.0, '2024'), ('2020s', 'b', 2021, 5, '2024')",
        "('2020s', 'a', 2021, 11.0, '2025'), ('2020s', 'b', 2021, 5, '2025'), ('2020s', 'a', 2025, 9, '2025')",
        ", ".join(kinds),
    )
    found = compare(con, people, "before", "now", entities=())
    assert [(r.year, r.column_name, r.cells, r.revised, r.appeared) for r in found] == [(2021, "jobs", 2, 1, 0)]


def test_a_table_whose_rows_were_named_otherwise_is_not_compared(con: duckdb.DuckDBPyConnection) -> None:
    versions(con, "('a', 'x', 2015, 1.0, 'no')", "('a', 'x', 2015, 2.0, 'no')", NAMES)
    con.execute("ALTER TABLE before DROP cluster_id")
    assert compare(con, CELLS, "before", "now") == []


def test_a_column_of_only_one_version_is_left_out(con: duckdb.DuckDBPyConnection) -> None:
    versions(con, "('a', 'x', 2015, 1.0, 'no')", "('a', 'x', 2015, 2.0, 'no')", NAMES)
    con.execute("ALTER TABLE before DROP flag")
    assert {r.column_name for r in compare(con, CELLS, "before", "now")} == {"jobs"}


def test_nothing_is_left_in_the_database(con: duckdb.DuckDBPyConnection) -> None:
    versions(con, "('a', 'x', 2015, 1.0, 'no')", "('a', 'x', 2015, 2.0, 'no')", NAMES)
    compare(con, CELLS, "before", "now")
    kept = con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary ORDER BY 1").fetchall()
    assert kept == [("before",), ("now",)]


FIGURE = st.none() | st.floats(-1e6, 1e6).map(lambda x: round(x, 2))
TABLE = st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xy")), FIGURE, min_size=1)


@settings(max_examples=40, deadline=None)
@given(TABLE, TABLE)
def test_counts_are_those_of_a_plain_loop(before: dict, now: dict) -> None:
    def values(table: dict) -> str:
        return ", ".join(
            f"('{r}', '{c}', 2016, {'NULL' if v is None else v}::DOUBLE, 'no')" for (r, c), v in table.items()
        )

    with duckdb.connect() as con:
        versions(con, values(before), values(now), NAMES)
        found = rows(compare(con, CELLS, "before", "now"), "jobs")["all", 2016]
    keys = before.keys() | now.keys()
    pairs = [(before.get(k), now.get(k)) for k in keys]
    revised = [(o, n) for o, n in pairs if o is not None and n is not None and o != n]
    changes = [(n - o) / abs(o) for o, n in revised if o]
    assert found[:4] == (
        sum(o is not None or n is not None for o, n in pairs),
        len(revised),
        sum(o is None and n is not None for o, n in pairs),
        sum(o is not None and n is None for o, n in pairs),
    )
    largest = max((abs(c) for c in changes), default=None)
    assert found[5] is None if largest is None else abs(found[5]) == pytest.approx(largest)
