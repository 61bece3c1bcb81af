"""What a person gets who clicks in Dagster's interface: a refresh by one button, and the truth about every other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    ExecuteInProcessResult,
    RunsFilter,
    build_run_status_sensor_context,
)

from orchestration.assets import tidy
from orchestration.assets.metadata import CONFIRMATION
from orchestration.assets.resources import Refresh
from orchestration.assets.whole import RELEASE, is_whole
from orchestration.automation import tell_of_failure, tell_of_success
from orchestration.definitions import defs
from orchestration.errors import SourceError
from orchestration.partitions import Partition
from orchestration.release.publish import Warehouse
from orchestration.settings import Settings, settings
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Source
from orchestration.telling.run_record import last_run, record_run
from tests.release.builds import RELEASE_ID, published

REPOSITORY = defs.get_repository_def()
EVERY = frozenset(REPOSITORY.asset_graph.executable_asset_keys)
SPECS = {spec.key: spec for spec in defs.resolve_all_asset_specs()}
TIDY = {key for key in EVERY if key.path[0] == "tidy"}
EMPLOYMENT = AssetKey(["marts", "employment"])
QCEW = AssetKey(["tidy", "qcew"])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A home with a release, whose publishers offer nothing and which asks for three years."""
    (tmp_path / "mirror").mkdir()
    for name, value in {
        "CLUSTERS_HOME": str(tmp_path / "home"),
        "CLUSTERS_PROFILE": "mirror",
        "CLUSTERS_MIRROR": str(tmp_path / "mirror"),
        "CLUSTERS_YEARS": "2019-2021",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CLUSTERS_WEBHOOK", raising=False)
    settings.cache_clear()
    house = Warehouse(settings())
    published(house, RELEASE_ID, "mirror", year=2020)
    yield settings()
    settings.cache_clear()


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def launch(instance: DagsterInstance, **selection: Any) -> ExecuteInProcessResult:
    """A run of `nightly` as the interface starts it: without a partition or settings of its own."""
    job = REPOSITORY.get_job("nightly")
    if "asset_check_selection" in selection:
        job, selection = job.get_subset(**selection), {}
    return job.execute_in_process(instance=instance, raise_on_error=False, **selection)


def said(result: ExecuteInProcessResult) -> str:
    """What the run's page shows of the steps that failed."""
    return " ".join(
        event.step_failure_data.error_display_string for event in result.all_events if event.is_step_failure
    )


def test_nightly_asks_for_the_years_of_the_settings(
    home: Settings, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, list[int]] = {}

    def pull(source: Source, years: Sequence[int], refresh: Refresh) -> list[Partition]:
        asked[source.source_id] = list(years)
        if source.source_id == "bls_qcew":
            raise SourceError(source.source_id, "a.csv", "is truncated", "pull again")
        return []

    monkeypatch.setattr(tidy, "pull", pull)
    result = launch(instance)
    assert asked["bls_qcew"] == [2019, 2020, 2021]
    assert all(years == ([2019, 2020, 2021] if SOURCES[name].by_year else []) for name, years in asked.items())
    assert "is truncated" in said(result)


def test_a_year_without_a_file_is_told_as_not_published(
    home: Settings, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Partition("bls_qcew", "qcew", "2020", None, "singlefile", "qcew/2020/x.parquet", 7, "new", ())
    monkeypatch.setattr(tidy, "pull", lambda *_: [held])
    monkeypatch.setattr(Refresh, "anything_new", lambda self: False)
    result = launch(instance, asset_selection=[QCEW])
    [made] = result.asset_materializations_for_node("tidy__qcew")
    assert result.success
    assert made.partition is None
    assert list(made.metadata["partitions"].value) == ["2020"]
    assert made.metadata["not published"].value == ["2019", "2021"]


def test_a_run_that_finds_the_lock_taken_is_told_as_that(home: Settings, instance: DagsterInstance) -> None:
    with Warehouse(home).lock():
        result = launch(instance)
    tell_of_failure(sensor_context(instance, result).for_run_failure())
    record, alert = last_run(home), json.loads((home.home / "alerts.jsonl").read_text())
    assert record is not None
    assert (record["exit_code"], alert["exit_code"]) == (4, 4)
    assert "another refresh is running" in alert["subject"]


CLICKS: dict[str, dict[str, Any]] = {
    "a table": {"asset_selection": [EMPLOYMENT]},
    "every table": {"asset_selection": sorted(EVERY - TIDY - {RELEASE})},
    "the release": {"asset_selection": [RELEASE]},
    "a check": {"asset_selection": set(), "asset_check_selection": {AssetCheckKey(EMPLOYMENT, "history")}},
}


@pytest.mark.parametrize("new", [True, False], ids=["news", "no news"])
@pytest.mark.parametrize("click", CLICKS)
def test_a_click_beside_a_part_of_a_refresh(
    home: Settings, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch, click: str, new: bool
) -> None:
    """It builds nothing, says what to click, and leaves how the refresh ended and what is told of it as they were."""
    monkeypatch.setattr(Refresh, "anything_new", lambda self: new)
    before = record_run(home, "failed", exit_code=3, message="a gate stopped it", failed_checks=["employment.rows"])
    result = launch(instance, **CLICKS[click])
    assert not result.success
    assert "Nothing was built" in said(result)
    assert "Click instead: Jobs, nightly, Materialize all" in said(result)
    tell_of_failure(sensor_context(instance, result).for_run_failure())
    assert last_run(home) == before
    assert not (home.home / "alerts.jsonl").exists()


def test_a_source_may_be_pulled_alone_and_that_is_no_refresh(
    home: Settings, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidy, "pull", lambda *_: [])
    monkeypatch.setattr(Refresh, "anything_new", lambda self: False)
    before, alerts = record_run(home, "failed", exit_code=3, message="a gate stopped it"), home.home / "alerts.jsonl"
    told = json.dumps({"at": before["finished_at"], "outcome": "failed", "findings": []})
    alerts.write_text(told, encoding="utf-8")
    result = launch(instance, asset_selection=[QCEW])
    assert result.success
    tell_of_success(sensor_context(instance, result))
    assert last_run(home) == before
    assert alerts.read_text(encoding="utf-8") == told


def sensor_context(instance: DagsterInstance, result: ExecuteInProcessResult) -> Any:
    """What the daemon hands to a sensor about a run that has ended."""
    [run] = instance.get_runs(RunsFilter(run_ids=[result.run_id]))
    ends = {DagsterEventType.RUN_SUCCESS, DagsterEventType.RUN_FAILURE}
    ended = next(event for event in result.all_events if event.event_type in ends)
    return build_run_status_sensor_context("a_sensor", ended, instance, run)


@pytest.mark.parametrize(
    ("run", "whole"),
    [
        (DagsterRun("nightly"), True),
        (DagsterRun("nightly", asset_selection=frozenset()), True),
        (DagsterRun("__ASSET_JOB", asset_selection=EVERY), True),
        (DagsterRun("nightly", asset_selection=EVERY - {RELEASE}), False),
        (DagsterRun("nightly", asset_selection=EVERY - {EMPLOYMENT}), False),
        (DagsterRun("nightly", asset_check_selection=frozenset({AssetCheckKey(EMPLOYMENT, "history")})), False),
        # what Dagster runs anew after a failure: nobody is asked then
        (DagsterRun("nightly", step_keys_to_execute=["warehouse", "marts_gate", "release"]), False),
    ],
)
def test_a_refresh_is_whole_or_none(run: DagsterRun, whole: bool) -> None:
    assert is_whole(run) is whole


def night(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch, **config: Any
) -> tuple[set[AssetKey], set[AssetKey]]:
    """The assets that a night with nothing to build materialises, and those that it observes."""
    monkeypatch.setattr(tidy, "pull", lambda *_: [])
    monkeypatch.setattr(Refresh, "anything_new", lambda self: False)
    result = launch(instance, run_config={"resources": {"refresh": {"config": config}}})
    assert result.success
    made = {event.asset_key for event in result.all_events if event.is_step_materialization}
    observed = {event.asset_key for event in result.all_events if event.is_asset_observation}
    return {key for key in made if key}, {key for key in observed if key}


def test_a_night_with_nothing_new_confirms_and_makes_nothing_look_new(
    home: Settings, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, observed = night(instance, monkeypatch)
    assert made == TIDY | {CONFIRMATION.key}
    assert observed == EVERY - TIDY
    assert (last_run(home) or {})["outcome"] == "nothing new"
    # Dagster counts freshness by materialisations alone: what no quiet night makes would turn red after the second.
    assert {key for key, spec in SPECS.items() if spec.freshness_policy} == made


def test_who_asks_one_publisher_confirms_nothing_of_the_others(
    home: Settings, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = night(instance, monkeypatch, only=["bls_qcew"])
    assert made == TIDY


def test_news_that_are_held_back_confirm_nothing(
    home: Settings, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Refresh, "held", lambda self: "release 20261122T023000Z was rolled back")
    assert night(instance, monkeypatch) == (TIDY, set())
    assert (last_run(home) or {})["outcome"] == "held"
