"""What Dagster loads: an asset a source and a mart, each checked, and the names by which people call things."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetKey,
    AssetSpec,
    DagsterInstance,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    ScheduleDefinition,
    build_schedule_context,
)

from orchestration import settings
from orchestration.assets.resources import Refresh
from orchestration.contracts import contracts, mart_contracts
from orchestration.definitions import defs
from orchestration.release.fitness import VIEWS
from orchestration.settings import PROJECT_ROOT
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Source

REPOSITORY = defs.get_repository_def()
# Sorted: parallel test processes must find the same tests in the same order.
SPECS = {spec.key: spec for spec in sorted(defs.resolve_all_asset_specs(), key=lambda spec: spec.key.path)}
MADE = [spec for key, spec in SPECS.items() if key.path[0] != "seeds"]
DESCRIBED = [spec for spec in MADE if spec.key.path[0] in ("tidy", "marts")]


def name(spec: AssetSpec) -> str:
    return spec.key.to_user_string()


def test_what_people_and_scripts_call_by_name_is_there() -> None:
    jobs = [job.name for job in REPOSITORY.get_all_jobs() if not job.name.startswith("__")]
    assert sorted(jobs) == ["nightly", "years"]
    assert [schedule.name for schedule in REPOSITORY.schedule_defs] == ["nightly_at_half_past_two"]
    assert sorted(sensor.name for sensor in REPOSITORY.sensor_defs) == ["tell_of_failure", "tell_of_success"]
    assert AssetKey("release") in SPECS


def test_every_source_has_an_asset_and_every_contract_of_a_mart() -> None:
    tidy = {key.path[1] for key in SPECS if key.path[0] == "tidy"}
    assert tidy == {source.table for source in SOURCES.values()}
    described = {name for name, contract in contracts().items() if contract.layer == "marts"}
    assert {key.path[1] for key in SPECS if key.path[0] == "marts"} == described


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.source_id)
def test_an_asset_of_a_source_is_as_declared(source: Source) -> None:
    spec = SPECS[AssetKey(["tidy", source.table])]
    assert {dep.asset_key.path[1] for dep in spec.deps} == {SOURCES[name].table for name in source.needs}
    assert {name: spec.metadata[name] for name in ("publisher", "licence", "tried", "required")} == {
        "publisher": source.publisher,
        "licence": source.licence,
        "tried": source.tried,
        "required": source.required,
    }


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
    stored = {AssetKey(["marts", name]) for name in mart_contracts()}
    assert marts - stored == {AssetKey(["marts", name]) for _, name in VIEWS}, "a view's rows are another table's"
    assert stored <= checked
    assert {key for key in SPECS if key.path[0] == "tidy"} <= checked
    of_meta = {key for key in SPECS if key.path[0] == "meta"}
    assert {dep.asset_key for dep in SPECS[AssetKey("release")].deps} == marts | of_meta


def test_no_run_has_to_choose_a_partition() -> None:
    """Then the interface starts a refresh at one click, and shows no year as made that has no file."""
    assert [name(spec) for spec in SPECS.values() if spec.partitions_def] == ["slices/bls_qcew"]
    assert AssetKey(["slices", "bls_qcew"]) not in REPOSITORY.asset_graph.materializable_asset_keys
    assert REPOSITORY.get_job("nightly").partitions_def is None


def test_a_year_is_made_again_by_its_partition() -> None:
    job = REPOSITORY.get_job("years")
    assert job.partitions_def is not None
    found = job.partitions_def.get_partition_keys()
    assert (found[0], found[-1]) == ("1990", str(datetime.now(UTC).year))
    config = job.partitioned_config.get_run_config_for_partition_key("2016")["resources"]["refresh"]["config"]
    assert (Refresh(**config).asked_years, Refresh(**config).remakes) == ([2016], True)
    assert job.asset_layer.selected_asset_keys == REPOSITORY.get_job("nightly").asset_layer.selected_asset_keys


def test_every_job_shares_one_process_and_its_lock() -> None:
    assert {job.executor_def.name for job in REPOSITORY.get_all_jobs()} == {"in_process"}


def test_every_night_at_half_past_two() -> None:
    schedule = REPOSITORY.get_schedule_def("nightly_at_half_past_two")
    assert schedule.cron_schedule == "30 2 * * *"
    assert schedule.default_status is DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "nightly"
    assert asked_tonight(schedule) == [f"2015-{datetime.now(UTC).year}"]


def test_the_night_after_new_year_asks_for_the_new_year(monkeypatch: pytest.MonkeyPatch) -> None:
    class NewYear(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2028, 1, 1, 2, 30, tzinfo=tz)

    monkeypatch.setattr(settings, "datetime", NewYear)
    assert asked_tonight(REPOSITORY.get_schedule_def("nightly_at_half_past_two")) == ["2015-2028"]


def asked_tonight(schedule: ScheduleDefinition) -> list[str]:
    with DagsterInstance.ephemeral() as instance:
        context = build_schedule_context(instance=instance, scheduled_execution_time=datetime.now(UTC))
        requests = schedule.evaluate_tick(context).run_requests or ()
    given = [request.run_config.get("resources", {}).get("refresh", {}).get("config", {}) for request in requests]
    asked = [Refresh(**config).asked_years for config in given]
    return [f"{years[0]}-{years[-1]}" for years in asked]


def test_failure_sensor_is_on() -> None:
    assert REPOSITORY.get_sensor_def("tell_of_failure").default_status is DefaultSensorStatus.RUNNING


def test_time_zone_is_that_of_the_environment() -> None:
    code = "from orchestration.automation import nightly_at_half_past_two as s; print(s.execution_timezone)"
    environment = os.environ | {"CLUSTERS_TIMEZONE": "America/New_York", "PYTHONPATH": str(PROJECT_ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["America/New_York"]


def test_workspace_loads(tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("dagster"), "definitions", "validate", "-w", "workspace.yaml"]
    environment = os.environ | {"DAGSTER_HOME": str(tmp_path), "PYTHONPATH": str(PROJECT_ROOT)}
    done = subprocess.run(command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validation successful" in done.stdout + done.stderr
