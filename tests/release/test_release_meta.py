"""The catalogue says what a release is made from, and every table and column is commented."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import GateError, SetupError
from orchestration.quality.verdict import CheckResult
from orchestration.release import records
from orchestration.release.meta import (
    comment_everything,
    dictionary,
    meta_contracts,
    write_catalogue,
)
from tests.release.builds import MARTS, TABLES, catalogue, contract, make_build

DEMANDED = {
    "release": "built_at published_at code_version previous_release_id profile",
    "source_snapshot": "publisher dataset reference_period url fetched_at etag last_modified bytes sha256 licence rows",
    "check_result": "tool severity passed observed expected",
    "indicator": "formula unit citation threshold authority",
    "column_dictionary": "data_type unit meaning nullable",
}
GRAINS = {
    "release": ("release_id",),
    "source_snapshot": ("source_id",),
    "check_result": ("check_name", "table_name"),
    "indicator": ("table_name", "column_name"),
    "column_dictionary": ("schema_name", "table_name", "column_name"),
}


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return make_build(tmp_path / "build.duckdb")


def open_tables() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for name, sql in TABLES.items():
        con.execute(f"CREATE TABLE main.{name} AS {sql}")
    return con


@pytest.mark.parametrize("table", DEMANDED)
def test_the_contracts_hold_what_the_interface_promises(table: str) -> None:
    found = meta_contracts()[table]
    assert found.layer == "meta"
    assert found.grain == GRAINS[table]
    assert set(DEMANDED[table].split()) | set(found.grain) <= {c.name for c in found.columns}


def test_what_is_written_is_read_back(build: Path) -> None:
    written = catalogue()
    assert records.read_release(build) == written.release
    assert records.read_snapshots(build) == list(written.snapshots)
    assert records.read_files(build) == list(written.files)
    assert records.read_checks(build) == sorted(written.checks, key=lambda c: c.check_name)
    assert records.read_profiles(build) == sorted(written.profiles, key=lambda p: p.table_name)
    assert records.read_dictionary(build) == sorted(
        dictionary({**MARTS, **meta_contracts()}), key=lambda c: (c.schema_name, c.table_name, c.position)
    )


def test_a_release_is_opened_once_for_its_row_until_somebody_writes(
    build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    connect = duckdb.connect
    with monkeypatch.context() as patch:
        patch.setattr(duckdb, "connect", lambda path, **how: opened.append(path) or connect(path, **how))
        assert records.read_release(build) == records.read_release(build) == catalogue().release
    assert opened == [build]
    with duckdb.connect(build) as con:
        con.execute("UPDATE meta.release SET code_version = 'another'")
    assert records.read_release(build).code_version == "another"
    build.unlink()
    with pytest.raises(SetupError, match=r"build\.duckdb: not a release of this warehouse"):
        records.read_release(build)


def test_profiles_of_releases_that_hold_a_map_are_read(build: Path) -> None:
    with duckdb.connect(build) as con:
        con.execute("ALTER TABLE meta.table_profile DROP region_type")
        con.execute("ALTER TABLE meta.table_profile DROP period")
        con.execute("ALTER TABLE meta.table_profile DROP regions")
        con.execute("ALTER TABLE meta.table_profile ADD regions MAP(VARCHAR, BIGINT)")
        con.execute("UPDATE meta.table_profile SET regions = MAP {'state': 51, 'county': 3}")
    found = records.read_profiles(build)
    # What an old release says of each type: that it was there, and how many regions it had.
    assert {(p.region_type, p.regions) for p in found} == {("state", 51), ("county", 3)}
    assert {p.rows for p in found} == {None}


def test_the_dictionary_has_every_column_with_its_type(build: Path) -> None:
    with duckdb.connect(build, read_only=True) as con:
        actual = con.sql(
            "SELECT schema_name, table_name, column_name, lower(data_type), column_index "
            "FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
        ).fetchall()
        described = con.sql(
            "SELECT schema_name, table_name, column_name, data_type, position FROM meta.column_dictionary ORDER BY ALL"
        ).fetchall()
        assert con.sql("SELECT table_name, column_name, formula FROM meta.indicator ORDER BY ALL").fetchall() == [
            (table, "lq", "(e_ri/E_r)/(E_i/E)") for table in ("cluster_profile", "cluster_specialisation")
        ]
    assert described == actual


def test_every_table_and_column_has_its_comment(build: Path) -> None:
    described = {**MARTS, **meta_contracts()}
    with duckdb.connect(build, read_only=True) as con:
        tables = con.sql("SELECT table_name, comment FROM duckdb_tables()").fetchall()
        columns = con.sql("SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal").fetchall()
    assert dict(tables) == {name: c.comment for name, c in described.items()}
    assert {(t, c): text for t, c, text in columns} == {
        (t.name, c.name): c.comment for t in described.values() for c in t.columns
    }
    assert "test's 'own' economy" in dict(tables)["dim_region"]


def test_undescribed_columns_and_broken_promises_stop_the_release() -> None:
    with open_tables() as con:
        con.execute("ALTER TABLE dim_region ADD COLUMN secret INTEGER")
        with pytest.raises(GateError, match=r"no contract describes main\.dim_region\.secret"):
            comment_everything(con, MARTS)
        con.execute("ALTER TABLE dim_region DROP COLUMN secret")
        con.execute("ALTER TABLE dim_region DROP COLUMN name")
        with pytest.raises(GateError, match=r"lacks main\.dim_region\.name"):
            comment_everything(con, MARTS)
    with open_tables() as con:
        con.execute("CREATE TABLE scratch AS SELECT 1 AS one")
        with pytest.raises(GateError, match=r"no contract describes main\.scratch\.one"):
            comment_everything(con, MARTS)
    with open_tables() as con:
        con.execute("DROP TABLE dim_cluster")
        with pytest.raises(GateError, match=r"lacks main\.dim_cluster\.cluster_id"):
            write_catalogue(con, catalogue(), MARTS)


def test_contracts_of_inner_layers_are_not_published() -> None:
    inner = contract("stg_area", {"area_fips": "varchar"}, ("area_fips",), layer="staging")
    with open_tables() as con:
        write_catalogue(con, catalogue(), {**MARTS, "stg_area": inner})
        assert con.sql("SELECT count(*) FROM meta.column_dictionary WHERE table_name = 'stg_area'").fetchone() == (0,)


def test_a_second_row_of_one_grain_stops_the_release() -> None:
    twice = CheckResult("rows", "dim_region", "dagster", "error", True, "3", "3")
    written = catalogue()
    with (
        open_tables() as con,
        pytest.raises(GateError, match="check_name, table_name = rows, dim_region occurs twice"),
    ):
        write_catalogue(con, replace(written, checks=[*written.checks, twice]), MARTS)


def test_a_missing_fact_is_not_written_as_null() -> None:
    written = catalogue()
    unhashed = replace(written.files[0], sha256=None)  # type: ignore[arg-type]
    with open_tables() as con, pytest.raises(duckdb.ConstraintException, match="sha256"):
        write_catalogue(con, replace(written, files=[unhashed]), MARTS)


def test_what_is_no_release_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"absent\.duckdb"):
        records.read_release(tmp_path / "absent.duckdb")
    with duckdb.connect(tmp_path / "other.duckdb") as con:
        con.execute("CREATE TABLE t AS SELECT 1 AS one")
    with pytest.raises(SetupError, match=r"other\.duckdb: not a release of this warehouse"):
        records.read_snapshots(tmp_path / "other.duckdb")
