"""`clusters export`: what is written is what the release holds, described as it is, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.release import export
from orchestration.release.publish import Warehouse
from orchestration.settings import Settings, settings
from tests.release import builds
from tests.release.builds import RELEASE_ID, published

FORMULAS = [
    "=1+1",
    " =1+1",
    "\ufeff\u00a0@x",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "－1",
    "＋1",
    "＠x",
]
READ_AS = {"string": "VARCHAR", "integer": "HUGEINT", "number": "DOUBLE", "boolean": "BOOLEAN", "object": "JSON"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@pytest.fixture
def release(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    rows = ", ".join(f"('county:{n:05}', 'county', '{name}')" for n, name in enumerate([*FORMULAS, 'a, "b"\n c', ""]))
    regions = f"SELECT * FROM (VALUES {rows}) AS t(region_id, region_type, name)"
    monkeypatch.setitem(builds.TABLES, "dim_region", regions)
    house = Warehouse(home)
    return published(house, RELEASE_ID, "live")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["export", *arguments])


def package(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


def resource(folder: Path, name: str) -> dict[str, Any]:
    return next(r for r in package(folder)["resources"] if r["name"] == name)


def test_columns_that_a_spreadsheet_takes_for_numbers_are_called_text(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = (
        "SELECT 'county:0' || n AS region_id, 'county' AS region_type, '0' || n AS name FROM range(1001, 1004) AS t(n)"
    )
    monkeypatch.setitem(builds.TABLES, "dim_region", codes)
    house = Warehouse(home)
    published(house, RELEASE_ID, "live")
    assert run("--format", "csv", "--output", "out").exit_code == 0
    fields = {f["name"]: f for f in resource(tmp_path / "out", "dim_region")["schema"]["fields"]}
    assert {f["type"] for f in fields.values()} == {"string"}
    assert [name for name, f in fields.items() if "leading zeros" in f["description"]] == ["name"]
    # The key carries its prefix, so no program takes it for a number; and every code is whole in the file.
    assert (tmp_path / "out" / "dim_region.csv").read_text().splitlines()[1] == "county:01001,county,01001"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_every_table_is_written_and_described(release: Path, tmp_path: Path, form: str) -> None:
    result = run("--format", form)
    assert result.exit_code == 0, result.output
    folder = tmp_path / f"clusters-{RELEASE_ID}-{form}"
    described = package(folder)
    with duckdb.connect(release, read_only=True) as con:
        tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
    assert {r["name"] for r in described["resources"]} == {t if s == "main" else f"{s}/{t}" for s, t in tables}
    assert {r["path"] for r in described["resources"]} | {"datapackage.json"} == {
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    }
    for each in described["resources"]:
        content = (folder / each["path"]).read_bytes()
        assert (each["bytes"], each["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
        assert all(f["description"] and f["unit"] and f["type"] for f in each["schema"]["fields"])
    assert (described["name"], described["version"]) == ("cluster-warehouse", RELEASE_ID)
    assert described["licenses"] == [{"name": "other-pd", "title": "public domain"}]
    assert described["sources"][0]["path"] == "https://data.bls.gov/cew/2016.zip"
    schema = resource(folder, "cluster_specialisation")["schema"]
    assert schema["primaryKey"] == ["region_id", "cluster_id", "year"]
    assert [k["reference"]["resource"] for k in schema["foreignKeys"]] == ["dim_cluster", "dim_region"]
    profile = next(f for f in resource(folder, "meta/release")["schema"]["fields"] if f["name"] == "profile")
    assert profile["constraints"] == {"required": True, "enum": ["sample", "mirror", "live"]}


def value(cell: Any, kind: str) -> Any:
    """A cell as read back, in the form in which the release's own value is compared."""
    if kind == "object" and cell is not None:
        return json.loads(cell) if isinstance(cell, str) else dict(cell)
    if kind == "datetime" and isinstance(cell, str):
        return datetime.strptime(cell, export.MOMENT)
    if kind == "string" and isinstance(cell, str) and cell.startswith("'"):
        return cell[1:]
    return cell


def test_csv_reads_back_by_its_declared_types(release: Path, tmp_path: Path) -> None:
    assert run("--format", "csv", "--output", "out").exit_code == 0
    for each in package(tmp_path / "out")["resources"]:
        kinds = {f["name"]: f["type"] for f in each["schema"]["fields"]}
        columns = {name: READ_AS.get(kind, "VARCHAR") for name, kind in kinds.items()}
        sql = f"FROM read_csv(?, header = true, columns = {columns}, nullstr = '', allow_quoted_nulls = false)"
        with duckdb.connect() as con:
            found = con.execute(sql, [str(tmp_path / "out" / each["path"])]).fetchall()
        with duckdb.connect(release, read_only=True) as con:
            expected = con.execute(f"FROM {each['name'].replace('/', '.')}").fetchall()
        typed = [tuple(value(cell, kind) for cell, kind in zip(row, kinds.values(), strict=True)) for row in found]
        assert typed == [
            tuple(value(cell, kind) for cell, kind in zip(row, kinds.values(), strict=True)) for row in expected
        ], each["name"]
        for name, constraint in ((f["name"], f["constraints"]) for f in each["schema"]["fields"]):
            column = [row[list(kinds).index(name)] for row in typed]
            assert not (constraint["required"] and None in column)
            assert "enum" not in constraint or set(column) <= {*constraint["enum"], None}


def test_parquet_holds_the_same_with_meaning_and_unit_beside(release: Path, tmp_path: Path) -> None:
    assert run("--output", "out").exit_code == 0
    for each in package(tmp_path / "out")["resources"]:
        table = pq.read_table(tmp_path / "out" / each["path"])
        with duckdb.connect(release, read_only=True) as con:
            expected = con.execute(f"FROM {each['name'].replace('/', '.')}").to_arrow_table()
        assert table.equals(expected)
        for field in each["schema"]["fields"]:
            about = table.schema.field(field["name"]).metadata
            assert about[b"unit"].decode() == field["unit"]
            assert about[b"description"].decode() == field["description"]


def test_no_text_is_a_formula_and_numbers_stay_numbers(release: Path, tmp_path: Path) -> None:
    assert run("--format", "csv", "--output", "out").exit_code == 0
    with duckdb.connect() as con:
        names = con.execute(
            "SELECT name FROM read_csv(?, all_varchar = true, allow_quoted_nulls = false)",
            [str(tmp_path / "out" / "dim_region.csv")],
        ).fetchall()
    assert [name for (name,) in names] == [f"'{text}" for text in FORMULAS] + ['a, "b"\n c', ""]
    text = (
        CliRunner().invoke(app, ["query", "SELECT -1 AS n, -1.5 AS d, name FROM dim_region", "--format", "csv"]).stdout
    )
    for formula in FORMULAS:
        assert f"'{formula}" in text
    assert text.count("\n-1,-1.5,") == len(names)


def test_an_export_is_whole_or_not_there(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "describe", stop)
    run("--output", "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_an_export_replaces_an_export_only_when_told(release: Path, tmp_path: Path) -> None:
    assert run("--output", "out", "--format", "csv").exit_code == 0
    refused = run("--output", "out")
    assert (refused.exit_code, "--force" in refused.stderr) == (1, True)
    assert run("--output", "out", "--force").exit_code == 0
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".parquet", ".json", ""}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "out"]


@pytest.mark.parametrize("place", ["mine", "home", "home/warehouse/out", "home/tidy", "no/such/folder", "link"])
def test_an_export_never_takes_the_place_of_anything_else(release: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    (tmp_path / "link").symlink_to("mine")
    before = sorted(path for path in tmp_path.rglob("*"))
    assert run("--output", place, "--force").exit_code == 1
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_an_older_release_is_exported_by_its_id(release: Path, home: Settings, tmp_path: Path) -> None:
    house = Warehouse(home)
    published(house, "20261123T023000Z")
    assert run("--release", RELEASE_ID, "--output", "out").exit_code == 0
    assert package(tmp_path / "out")["version"] == RELEASE_ID
    unknown = run("--release", "20200101T000000Z", "--output", "other")
    assert (unknown.exit_code, "clusters releases" in unknown.stderr) == (1, True)


def test_synthetic_data_are_called_so(home: Settings, tmp_path: Path) -> None:
    house = Warehouse(home)
    published(house, RELEASE_ID, "sample")
    assert run("--output", "out").exit_code == 0
    assert package(tmp_path / "out")["title"].startswith("SYNTHETIC")
