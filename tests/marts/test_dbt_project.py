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
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration.assets.warehouse import PROJECT, Translator, manifest
from orchestration.contracts import contracts

DBT = str(Path(sys.executable).with_name("dbt"))


@pytest.fixture
def empty_home(tmp_path: Path) -> Path:
    """A home with the tidy tables' columns and types, as their contracts have them, and no row."""
    work = tmp_path / "work"
    (work / "spill").mkdir(parents=True)
    with duckdb.connect() as con:
        for name, contract in contracts().items():
            if name.startswith("stg_"):
                folder = work / "tidy" / name.removeprefix("stg_")
                folder.mkdir(parents=True)
                columns = ", ".join(f"NULL::{column.data_type} AS {column.name}" for column in contract.columns)
                con.execute(f"COPY (SELECT {columns} WHERE false) TO '{folder / 'empty.parquet'}' (FORMAT parquet)")
    return tmp_path


@pytest.mark.slow
def test_unit_tests_pass(empty_home: Path) -> None:
    """The nightly build leaves dbt's unit tests out, since they test code; here they run, over empty tables."""
    target = empty_home / "target"
    done = subprocess.run(
        [DBT, "build", "--exclude-resource-type", "test", "--project-dir", ".", "--profiles-dir", ".",
         "--target-path", str(target), "--log-path", str(empty_home / "logs")],
        cwd=PROJECT,
        env=os.environ | {"CLUSTERS_HOME": str(empty_home), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    unit_tests = {r["unique_id"]: r["status"] for r in results if r["unique_id"].startswith("unit_test.")}
    assert len(unit_tests) >= 7
    assert set(unit_tests.values()) == {"pass"}


@pytest.fixture(scope="module")
def parsed() -> Any:
    return json.loads(manifest().read_text(encoding="utf-8"))


def test_every_data_test_is_a_check_of_an_asset_and_says_what_it_checks(parsed: Any) -> None:
    tests = {name: node for name, node in parsed["nodes"].items() if node["resource_type"] == "test"}
    keys = {name: get_asset_check_key_for_test(parsed, Translator(), name, None) for name in tests}
    assert [name for name, key in keys.items() if key is None] == []
    singular = {name: node for name, node in tests.items() if "test_metadata" not in node}
    assert len(singular) >= 14
    for name, node in singular.items():
        assert node["description"], f"{name} has no description"
        named = node["config"]["meta"]["dagster"]["ref"]["name"]
        key = keys[name]
        assert key is not None
        assert key.asset_key.path[-1] == named
        assert f"model.cluster_warehouse.{named}" in node["depends_on"]["nodes"], f"{name} does not read {named}"
