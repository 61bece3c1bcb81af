"""The dbt project by itself: its unit tests, and that every test in it reaches the gate.

Belongs here: what needs no data. Does not: anything about a release's content.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dagster_dbt.asset_utils import get_asset_check_key_for_test
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.environments.local import LocalEnvironment
from jinja2 import Template

from orchestration.assets.dbt_project import PROJECT, Translator, manifest
from orchestration.contracts import contracts
from orchestration.layout import AFTER, RECENT

DBT = str(Path(sys.executable).with_name("dbt"))
# Tables that are read from a folder of other years beside their own.
BESIDE = (("qcew", AFTER), ("cbp_county", RECENT))


@pytest.fixture
def empty_home(tmp_path: Path) -> Path:
    """A home with the tidy tables' columns and types, as their contracts have them, and no row."""
    work = tmp_path / "work"
    (work / "spill").mkdir(parents=True)
    with duckdb.connect() as con:
        tables = {name.removeprefix("stg_"): c for name, c in contracts().items() if name.startswith("stg_")}
        for table, contract in [*tables.items(), *((f"{name}{end}", tables[name]) for name, end in BESIDE)]:
            folder = work / "tidy" / table
            folder.mkdir(parents=True)
            columns = ", ".join(f"NULL::{column.data_type} AS {column.name}" for column in contract.columns)
            con.execute(f"COPY (SELECT {columns} WHERE false) TO '{folder / 'empty.parquet'}' (FORMAT parquet)")
    return tmp_path


def test_unit_tests_pass(empty_home: Path) -> None:
    """The nightly build leaves dbt's unit tests out, since they test code; here they run, over empty tables."""
    target = empty_home / "target"
    done = subprocess.run(
        [DBT, "build", "--exclude-resource-type", "test", "--project-dir", ".", "--profiles-dir", ".",
         "--target-path", str(target), "--log-path", str(empty_home / "logs")],
        cwd=PROJECT,
        env=os.environ
        | {
            "CLUSTERS_HOME": str(empty_home),
            "CLUSTERS_TIDY": str(empty_home / "work" / "tidy"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    unit_tests = {r["unique_id"]: r["status"] for r in results if r["unique_id"].startswith("unit_test.")}
    assert set(unit_tests.values()) == {"pass"}


@pytest.fixture(scope="module")
def parsed() -> Any:
    return json.loads(manifest().read_text(encoding="utf-8"))


def test_every_data_test_is_a_check_of_an_asset_and_says_what_it_checks(parsed: Any) -> None:
    tests = {name: node for name, node in parsed["nodes"].items() if node["resource_type"] == "test"}
    keys = {name: get_asset_check_key_for_test(parsed, Translator(), name, None) for name in tests}
    assert [name for name, key in keys.items() if key is None] == []
    singular = {name: node for name, node in tests.items() if "test_metadata" not in node}
    for name, node in singular.items():
        assert node["description"], f"{name} has no description"
        named = node["config"]["meta"]["dagster"]["ref"]["name"]
        key = keys[name]
        assert key is not None
        assert key.asset_key.path[-1] == named
        assert f"model.cluster_warehouse.{named}" in node["depends_on"]["nodes"], f"{name} does not read {named}"


def profile(home: Path, memory_limit: str) -> dict[str, Any]:
    """The project's dbt profile as dbt reads it in a home."""
    values = {"CLUSTERS_HOME": str(home), "CLUSTERS_BUILD_MEMORY_LIMIT": memory_limit}
    template = Template((PROJECT / "profiles.yml").read_text(encoding="utf-8"))
    text = template.render(env_var=lambda name, default: values.get(name, default))
    return yaml.safe_load(text)["cluster_warehouse"]["outputs"]["build"]


def test_a_connection_made_after_a_spill_works(tmp_path: Path) -> None:
    """Every thread of a build makes connections of its own, and each of them applies the profile's settings."""
    (tmp_path / "work" / "spill").mkdir(parents=True)
    of = profile(tmp_path, "60MB")
    environment = LocalEnvironment(DuckDBCredentials.from_dict({"database": "build", **of}))
    try:
        first = environment.handle().cursor()
        first.execute("CREATE TABLE scratch.spilt AS SELECT random() AS x, range AS n FROM range(6_000_000)")
        first.execute("SELECT * FROM scratch.spilt ORDER BY x LIMIT 1 OFFSET 5_999_999")
        assert list((tmp_path / "work" / "spill").iterdir()), "nothing was spilled, so nothing is tested"
        second = environment.handle().cursor()
        second.execute("SELECT current_setting('temp_directory'), count(*) FROM scratch.spilt")
        assert second.fetchone() == (str(tmp_path / "work" / "spill"), 6_000_000)
    finally:
        environment.close()


@pytest.mark.parametrize(
    ("known", "bounds", "estimated", "expected"),
    [
        ("5", "5, 5", "7, 6, 9", (5, 5, 5)),
        ("NULL", "2, 8", "9, 1, 12", (8, 2, 8)),
        ("NULL", "2, NULL", "9, 1, 12", (9, 2, 12)),
        ("5", "5, 5", "NULL, NULL, NULL", (5, 5, 5)),
        # Of nothing and a bound DuckDB would give the bound.
        ("NULL", "2, 8", "NULL, NULL, NULL", (None, None, None)),
    ],
)
def test_an_estimate_lies_within_its_bounds_and_is_the_figure_where_that_is_known(
    known: str, bounds: str, estimated: str, expected: tuple[float | None, ...]
) -> None:
    macros = (PROJECT / "macros" / "estimates.sql").read_text(encoding="utf-8")
    columns = Template(macros + "{{ fenced('e.x', 'k.x') }}").render()
    query = (
        f"SELECT {columns} FROM (VALUES ({known}::DOUBLE, {bounds})) AS k (x, x_lower, x_upper), "
        f"(VALUES ({estimated})) AS e (x_estimate, x_p10, x_p90)"
    )
    with duckdb.connect() as con:
        assert con.execute(query).fetchall() == [expected]
