"""The build file out of the last release and of slices: every row once, and none that should be gone."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.slices.assembly import compact, copy_without, delete_spans, opened, start_from, take_in


def written(path: Path, **tables: str) -> Path:
    with opened(path) as con:
        for name, rows in tables.items():
            con.execute(f"CREATE TABLE {name} AS {rows}")
    return path


def rows(path: Path, table: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(f"FROM {table} ORDER BY ALL").fetchall()


def names(path: Path) -> set[str]:
    with duckdb.connect(str(path), read_only=True) as con:
        return {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


THREE_YEARS = "SELECT year, year * 10 AS jobs FROM (VALUES (2014), (2015), (2016)) AS t (year)"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    path = written(tmp_path / "release.duckdb", jobs=THREE_YEARS, wages=THREE_YEARS, places="SELECT 1 AS place")
    with opened(path) as con:
        con.execute("CREATE SCHEMA meta")
        con.execute("CREATE TABLE meta.release AS SELECT 1 AS id")
        con.execute("CREATE MACRO between_years(a) AS TABLE SELECT * FROM jobs WHERE year > a")
    path.chmod(0o444)
    return path


def test_only_what_is_kept_stays_and_the_release_is_untouched(release: Path, tmp_path: Path) -> None:
    before, build = release.read_bytes(), tmp_path / "build.duckdb"
    start_from(release, build, {"jobs": [2015, 2016], "wages": []})
    assert names(build) == {"jobs"}
    assert rows(build, "jobs") == [(2015, 20150), (2016, 20160)]
    with duckdb.connect(str(build)) as con:
        macros = "SELECT count(*) FROM duckdb_functions() WHERE NOT internal AND database_name = current_database()"
        assert con.execute(macros).fetchall() == [(0,)]
    assert release.read_bytes() == before


def test_slices_come_in_place_of_their_years(release: Path, tmp_path: Path) -> None:
    build = tmp_path / "build.duckdb"
    start_from(release, build, {"jobs": [2015, 2016]})
    part = written(
        tmp_path / "slice.duckdb",
        jobs="SELECT 7 AS jobs, 2016 AS year UNION ALL SELECT 8, 2017",
        wages="SELECT 2016 AS year, 5 AS jobs",
    )
    for _ in range(2):
        take_in(build, part, {"jobs": [2016, 2017], "wages": [2016]})
        assert rows(build, "jobs") == [(2015, 20150), (2016, 7), (2017, 8)]
        assert rows(build, "wages") == [(2016, 5)]


def test_a_table_with_other_columns_begins_anew(release: Path, tmp_path: Path) -> None:
    build = tmp_path / "build.duckdb"
    start_from(release, build, {"jobs": [2014, 2015, 2016]})
    for year in (2014, 2015):
        part = written(tmp_path / f"{year}.duckdb", jobs=f"SELECT {year} AS year, 1.5 AS quotient, 7 AS jobs")
        take_in(build, part, {"jobs": [year]})
    assert [(year, jobs) for year, _, jobs in rows(build, "jobs")] == [(2014, 7), (2015, 7)]


SPANS = "SELECT * FROM (VALUES (2014, 2015), (2015, 2016), (2016, 2017), (2014, 2017)) AS t (from_year, to_year)"


@pytest.mark.parametrize(
    ("years", "left"),
    [
        ([], [(2014, 2015), (2014, 2017), (2015, 2016), (2016, 2017)]),
        ([2018], [(2014, 2015), (2014, 2017), (2015, 2016), (2016, 2017)]),
        ([2017], [(2014, 2015), (2015, 2016)]),
        ([2015], [(2016, 2017)]),
    ],
    ids=["nothing", "one more year", "the newest", "one within"],
)
def test_spans_around_a_year_go(tmp_path: Path, years: list[int], left: list[tuple]) -> None:
    release = written(tmp_path / "release.duckdb", spans=SPANS, jobs=THREE_YEARS)
    build = tmp_path / "build.duckdb"
    start_from(release, build, {"spans": None})
    delete_spans(build, "spans", years)
    assert rows(build, "spans") == left


def test_a_table_without_spans_left_goes(tmp_path: Path) -> None:
    build = written(tmp_path / "build.duckdb", spans=SPANS, jobs=THREE_YEARS)
    delete_spans(build, "spans", [2014, 2015, 2016, 2017])
    delete_spans(build, "absent", [2014])
    assert names(build) == {"jobs"}


def test_a_hollow_file_is_written_anew(tmp_path: Path) -> None:
    million = "SELECT 2015 + range // 500000 AS year, hash(range) AS jobs FROM range(1000000)"
    build = written(tmp_path / "build.duckdb", jobs=million)
    assert not compact(build)
    with opened(build) as con:
        con.execute("DELETE FROM jobs WHERE year = 2015")
    size = build.stat().st_size
    assert compact(build)
    assert build.stat().st_size < 0.7 * size
    with duckdb.connect(str(build), read_only=True) as con:
        assert con.execute("SELECT count(*), min(year) FROM jobs").fetchall() == [(500000, 2016)]
        tags = con.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchall()
    assert "v1.2.0" in str(tags)


def test_a_copy_lacks_what_is_left_out(release: Path, tmp_path: Path) -> None:
    part = tmp_path / "part.duckdb"
    part.write_text("what an earlier refresh left")
    copy_without(release, part, {"wages", "not there"})
    assert names(part) == {"jobs", "places", "release"}
    assert rows(part, "jobs") == rows(release, "jobs")
    assert rows(part, "meta.release") == [(1,)]
