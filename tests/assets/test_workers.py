"""What a worker makes, refuses and leaves for the refresh, and what the refresh makes of it; dbt is played."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from dagster import (
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    ExecuteInProcessResult,
    in_process_executor,
)
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.events import EngineEventData
from fsspec.implementations.memory import MemoryFileSystem

from orchestration import dagster_home
from orchestration.assets import desk, slice_job, workers
from orchestration.assets.dbt_project import DBT_CLI
from orchestration.assets.dbt_runs import BUILDS
from orchestration.assets.resources import RUN_ID, ByCommand, Refresh, asked_by_command, findings_folder
from orchestration.assets.slice_job import slices
from orchestration.assets.whole import is_whole
from orchestration.assets.workers import MAKES, NAMES, SLICES_JOB, Workers
from orchestration.errors import GateError, SetupError
from orchestration.partitions import TidyIndex
from orchestration.quality.verdict import CheckResult
from orchestration.settings import PROJECT_ROOT, Settings, settings
from orchestration.slices.making import FILE, Slice, Step
from orchestration.slices.shelf import Shelf
from orchestration.slices.store import Store

ASKED_BY = "the refresh"
SLICES = [Slice("a", [2016], ["employment"]), Slice("b", [2017, 2018], ["employment"])]
WARNED = CheckResult("rows_fit", "employment", "dbt", "warning", False, "1 row that does not fit", "none")
BROKEN = CheckResult("build_employment", "employment", "dbt", "error", False, "no such column", BUILDS)

Dbt = Callable[[Step, Path], None]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An empty home, in which a refresh has begun that asks for two workers."""
    for name, value in {"HOME": str(tmp_path / "home"), "PROFILE": "mirror", "WORKERS": "2"}.items():
        monkeypatch.setenv(f"CLUSTERS_{name}", value)
    for name in ("SPILL", "SLICE", "TIDY"):
        # set and unset, so that what a worker sets is taken back
        monkeypatch.setenv(f"CLUSTERS_{name}", "1")
        monkeypatch.delenv(f"CLUSTERS_{name}")
    monkeypatch.setenv("CLUSTERS_BUILD_MEMORY_LIMIT", "100MB")
    settings.cache_clear()
    mark = findings_folder(settings()) / RUN_ID
    mark.parent.mkdir(parents=True)
    mark.write_text(ASKED_BY, encoding="utf-8")
    yield settings()
    settings.cache_clear()


def made(step: Step, target: Path) -> None:
    (target.parent / "slice" / FILE).write_text(step.name)
    step.found = [WARNED]


def not_built(step: Step, target: Path) -> None:
    step.found = [WARNED, BROKEN]


def broken_off(step: Step, target: Path) -> None:
    raise SetupError("dbt broke off (exit code -9)")


@pytest.fixture
def worked(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ExecuteInProcessResult]:
    """Carries out the job in this process, with somebody who plays dbt."""

    def work(dbt: Dbt, **said: str) -> ExecuteInProcessResult:
        monkeypatch.setattr(slice_job, "run_dbt", lambda _dbt, step, target, *_: dbt(step, target))
        asked = {"refresh": ASKED_BY, "inputs": Refresh().inputs_hash, "prints_to": ""} | said
        wanted = [{"name": one.name, "years": one.years, "tables": one.tables} for one in SLICES]
        job = slices.to_job(resource_defs={"dbt": DBT_CLI}, executor_def=in_process_executor)
        config = {"ops": {name: {"config": asked | {"slices": wanted}} for name in (NAMES, MAKES)}}
        return job.execute_in_process(config, raise_on_error=False)

    return work


def found(of: Settings) -> list[list[CheckResult] | None]:
    return [Shelf(of.slices).findings(one.name) for one in SLICES]


def test_slices_are_put_on_the_shelf_with_what_was_found(
    home: Settings, worked: Callable[..., ExecuteInProcessResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slice_job, "rows_by_year", lambda _: dict.fromkeys([2016, 2017, 2018], 9))
    result = worked(made)
    assert result.success
    assert found(home) == [[WARNED], [WARNED]]
    assert Shelf(home.slices).path("b").read_text() == "2017 to 2018"
    events = [event for event in result.all_events if event.is_step_materialization]
    assert [event.partition for event in events] == ["2016", "2017", "2018"]


def test_after_one_that_cannot_be_made_no_other_is_begun(
    home: Settings, worked: Callable[..., ExecuteInProcessResult]
) -> None:
    begun: list[str] = []

    def fails(step: Step, target: Path) -> None:
        begun.append(step.name)
        not_built(step, target)

    assert not worked(fails).success
    assert (begun, found(home)) == (["2016"], [None, None])


@pytest.mark.parametrize(
    ("said", "because"),
    [({"inputs": "other"}, "other code, settings, libraries"), ({"refresh": "one before"}, "has ended")],
)
def test_for_another_refresh_than_todays_nothing_is_put_on_the_shelf(
    home: Settings, worked: Callable[..., ExecuteInProcessResult], said: dict[str, str], because: str
) -> None:
    result = worked(made, **said)
    failed = [event for event in result.all_events if event.is_step_failure]
    assert all(because in event.step_failure_data.error_display_string for event in failed)
    assert (len(failed), found(home)) == (2, [None, None])


@pytest.mark.parametrize(
    ("dbt", "error", "message", "noted"),
    [
        (not_built, GateError, str(BROKEN), [WARNED, BROKEN]),
        (broken_off, SetupError, "dbt broke off (exit code -9)", []),
    ],
)
def test_a_refresh_ends_as_if_it_had_made_the_slice_itself(
    home: Settings,
    worked: Callable[..., ExecuteInProcessResult],
    monkeypatch: pytest.MonkeyPatch,
    dbt: Dbt,
    error: type[Exception],
    message: str,
    noted: list[CheckResult],
) -> None:
    recorded: list[CheckResult] = []
    monkeypatch.setattr(workers, "execute_run_iterator", lambda *_: (event for event in worked(dbt).all_events))
    monkeypatch.setattr(Refresh, "record_checks", lambda _, gate, results: recorded.extend(results))
    with pytest.raises(error) as raised:
        asking().make_all(SLICES)
    assert (str(raised.value), recorded) == (message, noted)


def asking() -> Workers:
    """A refresh that asks for slices."""
    runs: Any = SimpleNamespace(found=[], parsed={"nodes": {}})
    runs.note = lambda step: runs.found.extend(step.found)
    runs.found_so_far = lambda: [runs.found.pop(0) for _ in list(runs.found)]
    context: Any = SimpleNamespace(instance=DagsterInstance.ephemeral(), run=SimpleNamespace(run_id=ASKED_BY))
    return Workers(context, Refresh(), runs)


def test_without_room_for_two_nobody_is_asked(
    home: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CLUSTERS_BUILD_MEMORY_LIMIT", "1000TB")
    settings.cache_clear()
    monkeypatch.setattr(workers, "execute_run_iterator", lambda *_: pytest.fail("asked"))
    with caplog.at_level(logging.INFO, logger="clusters.build"):
        asking().make_all(SLICES)
    assert "memory has room for 1 of CLUSTERS_WORKERS=2" in caplog.text


@pytest.fixture
def several_machines(home: Settings, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Settings of several machines, with Celery played; the list says how many workers answer."""
    monkeypatch.setenv("CLUSTERS_BROKER", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("CLUSTERS_RUN_STORAGE", "postgresql+psycopg2://127.0.0.1:1/x")
    answering = [2]
    played: Any = SimpleNamespace(answering=lambda _: answering[0])
    monkeypatch.setitem(sys.modules, "orchestration.celery_app", played)
    monkeypatch.setattr(slice_job, "_celery", lambda: in_process_executor)
    monkeypatch.setattr(workers, "CELERY", {})
    settings.cache_clear()
    return answering


def test_where_no_worker_answers_the_refresh_makes_slices_by_itself(
    several_machines: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    several_machines[0] = 0
    monkeypatch.setattr(workers, "execute_run_iterator", lambda *_: pytest.fail("asked"))
    asking().make_all(SLICES)
    assert "no worker answers at CLUSTERS_BROKER" in caplog.text


@pytest.fixture
def store(several_machines: list[int], home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store in memory that the settings name, and what lies in the home of the refresh that will use it."""
    MemoryFileSystem.store.clear()
    found = Store(f"memory://{tmp_path.name}")
    monkeypatch.setattr(desk, "Store", lambda _: found)
    monkeypatch.setenv("CLUSTERS_STORE", "s3://clusters/nightly")
    monkeypatch.setenv("CLUSTERS_WORKER_SCRATCH", str(tmp_path / "scratch"))
    settings.cache_clear()
    for name in ("common", "build"):
        with duckdb.connect(str(home.work / f"{name}.duckdb")) as con:
            con.execute(f"CREATE TABLE made_of_{name} AS SELECT 1 AS one")
    TidyIndex(home).put_back([])
    return found


def in_the_store() -> set[str]:
    return {path.split("/", 2)[2] for path in MemoryFileSystem.store}


def test_through_a_store_a_worker_sees_another_home(
    store: Store, home: Settings, worked: Callable[..., ExecuteInProcessResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dbt(step: Step, target: Path) -> None:
        found = Path(os.environ["CLUSTERS_HOME"])
        with duckdb.connect(str(found / "work" / "build.duckdb"), read_only=True) as con:
            assert con.execute("FROM made_of_build").fetchall() == [(1,)]
        assert found == home.home.parent / "scratch" / "fetched"
        assert home.home not in Path(step.environment["CLUSTERS_TIDY"]).parents
        made(step, target)

    monkeypatch.setattr(slice_job, "rows_by_year", lambda _: dict.fromkeys([2016, 2017, 2018], 9))
    monkeypatch.setattr(workers, "execute_run_iterator", lambda *_: (event for event in worked(dbt).all_events))
    asking().make_all(SLICES)
    assert found(home) == [[WARNED], [WARNED]]
    assert {name.split("/")[0] for name in in_the_store()} == {"objects"}


def test_slices_that_an_earlier_refresh_left_in_the_store_are_taken(
    store: Store, home: Settings, monkeypatch: pytest.MonkeyPatch, several_machines: list[int], tmp_path: Path
) -> None:
    several_machines[0] = 0
    (tmp_path / "file").write_text("made by a worker")
    store.put("a", tmp_path / "file", [WARNED])
    monkeypatch.setattr(workers, "execute_run_iterator", lambda *_: pytest.fail("asked"))
    asking().make_all(SLICES)
    assert found(home) == [[WARNED], None]


def test_what_failed_comes_through_the_store(
    store: Store, home: Settings, worked: Callable[..., ExecuteInProcessResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[CheckResult] = []
    monkeypatch.setattr(workers, "execute_run_iterator", lambda *_: (event for event in worked(not_built).all_events))
    monkeypatch.setattr(Refresh, "record_checks", lambda _, gate, results: recorded.extend(results))
    with pytest.raises(GateError, match="no such column"):
        asking().make_all(SLICES)
    assert recorded == [WARNED, BROKEN]
    assert {name.split("/")[0] for name in in_the_store()} == {"objects"}


def test_no_worker_answers_through_the_store_for_a_refresh_that_has_ended(
    store: Store, home: Settings, worked: Callable[..., ExecuteInProcessResult]
) -> None:
    store.offer("another refresh", {})
    [failed, _] = [event for event in worked(made).all_events if event.is_step_failure]
    assert "has ended" in failed.step_failure_data.error_display_string
    assert in_the_store() == {"asked.json"}


def test_a_release_that_is_made_again_asks_no_other_machine(
    several_machines: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "execute_run_iterator", lambda *_: pytest.fail("asked"))
    with asked_by_command(ByCommand(rebuild="manifest.json")):
        asking().make_all(SLICES)


def test_a_refresh_that_is_stopped_waits_for_no_other_machine(
    several_machines: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []

    def events(*_: Any) -> Iterator[DagsterEvent]:
        try:
            said = "Celery executor: received termination signal - revoking active tasks from workers"
            data = EngineEventData()
            yield DagsterEvent(DagsterEventType.ENGINE_EVENT.value, SLICES_JOB, message=said, event_specific_data=data)
            pytest.fail("waited for")
        finally:
            ended.append("closed")

    monkeypatch.setattr(workers, "execute_run_iterator", events)
    with pytest.raises(DagsterExecutionInterruptedError):
        asking().make_all(SLICES)
    assert ended == ["closed"]


def test_what_several_machines_need_is_named(several_machines: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dagster_home, "find_spec", lambda _: None)
    with pytest.raises(SetupError, match="needs dagster_celery and dagster_postgres"):
        dagster_home.prepare_dagster(settings())


def test_what_a_store_needs_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dagster_home, "find_spec", lambda name: None if name == "s3fs" else True)
    with pytest.raises(SetupError, match=r"CLUSTERS_STORE needs s3fs\. Remedy: make workers"):
        dagster_home.prepare_dagster(settings())


def test_the_address_of_runs_stays_in_the_environment(
    several_machines: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dagster_home, "find_spec", lambda _: True)
    monkeypatch.setenv("DAGSTER_HOME", "")
    dagster_home.prepare_dagster(settings())
    written = (settings().dagster_home / "dagster.yaml").read_text()
    assert "env: CLUSTERS_RUN_STORAGE" in written
    assert "127.0.0.1" not in written


def test_the_workers_run_is_no_refresh() -> None:
    assert not is_whole(DagsterRun(SLICES_JOB))
    assert is_whole(DagsterRun("nightly"))


def test_nobody_else_writes_what_a_worker_makes() -> None:
    """Some services start with a umask that takes nothing away. In a process of its own, as it changes that."""
    for needed in ("celery", "dagster_celery", "redis"):
        pytest.importorskip(needed, reason=f"{needed} is missing: make workers")
    program = (
        "import os; os.umask(0)\n"
        "from orchestration.celery_app import app\n"
        "from celery.apps.worker import Worker\n"
        "Worker(app=app, hostname='one@here', pool='solo'); print(oct(os.umask(0)))"
    )
    told = {"CLUSTERS_BROKER": "redis://127.0.0.1:1/0", "CLUSTERS_RUN_STORAGE": "postgresql+psycopg2://a:b@127.0.0.1/x"}
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | told, cwd=PROJECT_ROOT, capture_output=True)
    assert done.stdout.decode().endswith("0o22\n"), done.stderr.decode()
