"""What Dagster loads, held against a written-down list, so that no asset, check or job changes its name unnoticed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from dagster import (
    AssetKey,
    AssetSpec,
    DagsterInstance,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    build_schedule_context,
)

from orchestration.automation import RANGE_END, RANGE_START, range_tags
from orchestration.contracts import contracts
from orchestration.definitions import defs
from orchestration.settings import PROJECT_ROOT

SNAPSHOT = Path(__file__).with_name("definitions.json")
REPOSITORY = defs.get_repository_def()
# Sorted: parallel test processes must find the same tests in the same order.
SPECS = {spec.key: spec for spec in sorted(defs.resolve_all_asset_specs(), key=lambda spec: spec.key.path)}
MADE = [spec for key, spec in SPECS.items() if key.path[0] != "seeds"]
DESCRIBED = [spec for spec in MADE if spec.key.path[0] in ("tidy", "marts")]


def name(spec: AssetSpec) -> str:
    return spec.key.to_user_string()


def loaded() -> dict[str, list[str]]:
    """Everything the code location offers, by kind."""
    checks = REPOSITORY.asset_graph.asset_check_keys
    return {
        "assets": sorted(key.to_user_string() for key in SPECS),
        "checks": sorted(f"{key.asset_key.to_user_string()}: {key.name}" for key in checks),
        "jobs": sorted(job.name for job in REPOSITORY.get_all_jobs() if not job.name.startswith("__")),
        "schedules": sorted(schedule.name for schedule in REPOSITORY.schedule_defs),
        "sensors": sorted(sensor.name for sensor in REPOSITORY.sensor_defs),
    }


def test_definitions_are_those_written_down() -> None:
    found = loaded()
    if os.environ.get("UPDATE_SNAPSHOT"):
        SNAPSHOT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    written = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert found == written, f"if that is meant: UPDATE_SNAPSHOT=1 pytest {Path(__file__).relative_to(PROJECT_ROOT)}"


@pytest.mark.parametrize("spec", SPECS.values(), ids=name)
def test_asset_says_whose_it_is_and_what(spec: AssetSpec) -> None:
    assert spec.owners
    assert spec.description
    assert spec.group_name
    assert spec.kinds


@pytest.mark.parametrize("spec", DESCRIBED, ids=name)
def test_columns_are_those_of_the_contract(spec: AssetSpec) -> None:
    folder, table = spec.key.path
    contract = contracts()[f"stg_{table}" if folder == "tidy" else table]
    schema = spec.metadata["dagster/column_schema"]
    assert [column.name for column in schema.columns] == [column.name for column in contract.columns]
    assert all(column.description for column in schema.columns)


def test_every_mart_is_checked_and_precedes_the_release() -> None:
    marts = {key for key in SPECS if key.path[0] == "marts"}
    checked = {key.asset_key for key in REPOSITORY.asset_graph.asset_check_keys}
    assert marts
    assert marts <= checked
    assert {key for key in SPECS if key.path[0] == "tidy"} <= checked
    of_meta = {key for key in SPECS if key.path[0] == "meta"}
    assert {dep.asset_key for dep in SPECS[AssetKey("release")].deps} == marts | of_meta


def test_only_qcew_has_years() -> None:
    years = {spec.key.path[-1]: spec.partitions_def for spec in SPECS.values() if spec.partitions_def}
    assert list(years) == ["qcew"]
    assert {"1990", "2016", "2024"} <= set(years["qcew"].get_partition_keys())


def test_years_become_a_range_of_partitions() -> None:
    assert range_tags(range(1990, 2025)) == {RANGE_START: "1990", RANGE_END: "2024"}
    assert range_tags([2016]) == {RANGE_START: "2016", RANGE_END: "2016"}


def test_every_night_at_half_past_two() -> None:
    schedule = REPOSITORY.get_schedule_def("nightly_at_half_past_two")
    assert schedule.cron_schedule == "30 2 * * *"
    assert schedule.default_status is DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "nightly"
    with DagsterInstance.ephemeral() as instance:
        asked = schedule.evaluate_tick(build_schedule_context(instance=instance)).run_requests
    assert [request.tags[RANGE_START] + "-" + request.tags[RANGE_END] for request in asked] == ["2015-2025"]


def test_failure_sensor_is_on() -> None:
    assert REPOSITORY.get_sensor_def("tell_of_failure").default_status is DefaultSensorStatus.RUNNING


@pytest.mark.slow
def test_time_zone_is_that_of_the_environment() -> None:
    code = "from orchestration.automation import nightly_at_half_past_two as s; print(s.execution_timezone)"
    environment = os.environ | {"CLUSTERS_TIMEZONE": "America/New_York", "PYTHONPATH": str(PROJECT_ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["America/New_York"]


@pytest.mark.slow
def test_workspace_loads(tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("dagster"), "definitions", "validate", "-w", "workspace.yaml"]
    environment = os.environ | {"DAGSTER_HOME": str(tmp_path), "PYTHONPATH": str(PROJECT_ROOT)}
    done = subprocess.run(command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validation successful" in done.stdout + done.stderr
