"""What may go goes, what is named stays, and a killed run frees what it held."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetKey,
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    asset,
    asset_check,
    job,
    materialize,
    op,
)
from dagster._core.events import EngineEventData
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from orchestration.errors import SetupError
from orchestration.parsing import DIED, NOT_YET
from orchestration.release.retention import (
    KEPT_NOTES,
    KILLED,
    clear_up,
    end_killed_runs,
    partitions_in_use,
    prune_notes,
    prune_runs,
    prune_tidy,
)
from orchestration.settings import Settings
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Asked

POOL = "duckdb"


@op(pool=POOL)
def step() -> None:
    """An op that needs the pool's only place."""


@job
def pooled() -> None:
    """A job of one such op."""
    step()


@pytest.fixture
def instance(home: Settings) -> Iterator[DagsterInstance]:
    """Dagster on files, with one place in each pool."""
    home.dagster_home.mkdir(parents=True)
    (home.dagster_home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with DagsterInstance.from_config(str(home.dagster_home)) as made:
        made.event_log_storage.set_concurrency_slots(POOL, 1)
        yield made


def killed_run(instance: DagsterInstance) -> str:
    """A run that has started and taken the pool's place, and of which nothing is heard any more."""
    run_id = str(uuid.uuid4())
    instance.create_run_for_job(pooled, run_id=run_id, status=DagsterRunStatus.STARTED)
    instance.event_log_storage.claim_concurrency_slot(POOL, run_id, "step")
    return run_id


def test_a_killed_run_is_ended_and_its_place_is_free(instance: DagsterInstance) -> None:
    dead, own = killed_run(instance), str(uuid.uuid4())
    instance.create_run_for_job(pooled, run_id=own, status=DagsterRunStatus.STARTED)
    storage = instance.event_log_storage
    assert not storage.claim_concurrency_slot(POOL, own, "step").is_claimed
    assert end_killed_runs(instance, own) == [dead]
    assert storage.claim_concurrency_slot(POOL, own, "step").is_claimed
    assert [instance.get_run_by_id(i).status for i in (dead, own)] == [  # type: ignore[union-attr]
        DagsterRunStatus.FAILURE,
        DagsterRunStatus.STARTED,
    ]
    assert any(KILLED in record.message for record in instance.all_logs(dead))
    assert end_killed_runs(instance, own) == []
    assert not storage.claim_concurrency_slot(POOL, str(uuid.uuid4()), "step").is_claimed


def note_process(instance: DagsterInstance, run_id: str, pid: int) -> None:
    """The run says in which process its steps are, as Dagster's executor does before it asks for resources."""
    run = instance.get_run_by_id(run_id)
    assert run is not None
    instance.report_engine_event("Executing steps in process", run, EngineEventData.in_process(pid))


@pytest.mark.parametrize("ended", [False, True])
def test_a_run_that_began_just_now_is_left_to_find_the_lock_taken(instance: DagsterInstance, ended: bool) -> None:
    other, own = killed_run(instance), str(uuid.uuid4())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        if ended:
            process.kill()
            # Dead, and nobody has asked how it ended.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        note_process(instance, other, process.pid)
        began = DagsterEvent(DagsterEventType.RUN_START.value, pooled.name)
        instance.report_dagster_event(began, other)
        assert end_killed_runs(instance, own) == ([other] if ended else [])
        process.kill()
    assert end_killed_runs(instance, own) == ([] if ended else [other])


def test_a_run_that_is_being_started_is_left_where_its_process_lives(instance: DagsterInstance) -> None:
    starting = [str(uuid.uuid4()) for _ in range(2)]
    for run_id in starting:
        instance.create_run_for_job(pooled, run_id=run_id, status=DagsterRunStatus.STARTING)
    note_process(instance, starting[0], os.getpid())
    assert end_killed_runs(instance) == starting[1:]


def test_what_was_noted_of_checks_goes_with_their_runs(instance: DagsterInstance, home: Settings) -> None:
    """And the newest answer of each stays, however many runs ago it was given."""

    @asset
    def table() -> None:
        pass

    @asset_check(asset=table)
    def asked() -> AssetCheckResult:
        return AssetCheckResult(passed=True)

    @asset_check(asset=table)
    def asked_once() -> AssetCheckResult:
        return AssetCheckResult(passed=True)

    for checks in ([asked, asked_once], *([asked] for _ in range(5))):
        materialize([table, *checks], instance=instance)
    assert noted(instance) == {"asked": 6, "asked_once": 1}
    for _ in range(2):
        prune_runs(home.dagster_home, instance, keep=2)
        assert noted(instance) == {"asked": 2, "asked_once": 1}
    key = AssetCheckKey(AssetKey("table"), "asked_once")
    assert instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key].status.value == "SUCCEEDED"


def noted(instance: DagsterInstance) -> dict[str, int]:
    """Rows that Dagster keeps of each check."""
    storage = instance.event_log_storage
    assert isinstance(storage, SqlEventLogStorage)
    with storage.index_connection() as con:
        counted = sqlalchemy.text("SELECT check_name, count(*) FROM asset_check_executions GROUP BY 1")
        return {name: count for name, count in con.execute(counted).all()}


def test_old_runs_go_with_all_their_files(instance: DagsterInstance, home: Settings) -> None:
    ids = [pooled.execute_in_process(instance=instance).run_id for _ in range(4)]
    stray = str(uuid.uuid4())
    for run_id in [*ids, stray]:
        (home.dagster_home / "storage" / run_id / "compute_logs").mkdir(parents=True, exist_ok=True)
    (home.dagster_home / "storage" / "kept by hand").mkdir()
    prune_runs(home.dagster_home, instance, keep=2)
    assert {record.dagster_run.run_id for record in instance.get_run_records()} == set(ids[2:])
    assert {path.name for path in (home.dagster_home / "storage").iterdir()} == {*ids[2:], "kept by hand"}
    events = {path.name.split(".db")[0] for path in (home.dagster_home / "history" / "runs").iterdir()}
    assert events == {*ids[2:], "index"}
    assert instance.all_logs(ids[3])


def test_the_files_of_a_run_that_begins_meanwhile_stay(
    instance: DagsterInstance, home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that finds the lock taken has begun before it asks: without its file it would end by an error of the disk."""
    old = [pooled.execute_in_process(instance=instance).run_id for _ in range(3)]
    listed, began = instance.get_run_records, []

    def meanwhile(*asked: Any, **how: Any) -> Any:
        found = listed(*asked, **how)
        if not began:
            began.append(pooled.execute_in_process(instance=instance).run_id)
            (home.dagster_home / "storage" / began[0]).mkdir(parents=True, exist_ok=True)
        return found

    monkeypatch.setattr(instance, "get_run_records", meanwhile)
    prune_runs(home.dagster_home, instance, keep=1)
    events = {path.name.split(".db")[0] for path in (home.dagster_home / "history" / "runs").iterdir()}
    assert events == {old[-1], *began, "index"}
    assert (home.dagster_home / "storage" / began[0]).exists()
    assert instance.all_logs(began[0])


def test_tidy_files_go_unless_an_index_or_a_kept_release_names_them(home: Settings) -> None:
    names = ("indexed", "of_other_profile", "of_kept_release", "of_lost_release", "of_nothing")
    for name in names:
        path = home.tidy / "qcew" / "2020" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"PAR1")
    half = home.tidy / "qcew" / "2020" / "indexed.4711.half"
    half.write_bytes(b"PAR")
    put(home.tidy / "editions-mirror.json", [{"path": "qcew/2020/indexed.parquet"}])
    put(home.tidy / "editions-sample.json", [{"path": "qcew/2020/of_other_profile.parquet"}])
    for release in ("kept", "lost"):
        manifest = {"partitions": [{"path": f"qcew/2020/of_{release}_release.parquet"}]}
        put(home.warehouse / "manifests" / f"{release}.json", manifest)
    home.releases.mkdir(parents=True)
    (home.releases / "kept.duckdb").touch()
    gone = prune_tidy(home.tidy, partitions_in_use(home))
    assert sorted(path.stem for path in gone) == ["indexed.4711", "of_lost_release", "of_nothing"]
    assert sorted(path.stem for path in home.tidy.glob("*/*/*")) == ["indexed", "of_kept_release", "of_other_profile"]


@pytest.mark.parametrize("damaged", ["tidy/editions-mirror.json", "warehouse/manifests/kept.json"])
def test_no_tidy_file_goes_while_nobody_knows_what_is_in_use(
    instance: DagsterInstance, home: Settings, damaged: str
) -> None:
    """An index of no bytes is what a power cut may leave."""
    file = home.tidy / "qcew" / "2020" / "of_nothing.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"PAR1")
    home.releases.mkdir(parents=True)
    (home.releases / "kept.duckdb").touch()
    note = home.home / damaged
    note.parent.mkdir(parents=True, exist_ok=True)
    note.touch()
    with pytest.raises(SetupError, match=rf"{note.name}: is damaged .* Remedy: "):
        partitions_in_use(home)
    clear_up(home, instance, str(uuid.uuid4()))
    assert file.exists()


def test_nothing_is_pruned_of_an_empty_home(home: Settings) -> None:
    assert partitions_in_use(home) == set()
    assert prune_tidy(home.tidy, set()) == []


def test_notes_of_hostile_bytes_are_bounded_and_those_needed_last_stay(
    instance: DagsterInstance, home: Settings
) -> None:
    """A publisher whose files are hostile, and others every night; an index that is damaged saves no note."""
    put(home.tidy / "editions-live.json", "damaged")
    for number in range(KEPT_NOTES + 20):
        note = home.tidy / "qcew" / str(1990 + number % 40) / f"{number}{(DIED, NOT_YET)[number % 2]}"
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()
        os.utime(note, (number, number))
    # Its bytes came again last night.
    (home.tidy / "qcew" / "1990" / f"0{DIED}").touch()
    clear_up(home, instance, str(uuid.uuid4()))
    left = {int(note.stem) for ending in (DIED, NOT_YET) for note in home.tidy.rglob(f"*{ending}")}
    assert left == {0, *range(21, KEPT_NOTES + 20)}
    assert prune_notes(home.tidy) == []


def test_as_many_notes_are_kept_as_some_refreshes_can_need() -> None:
    """Else those of one night would push each other out, and be tried again every night."""
    today = datetime.now(UTC).date()
    asked = Asked(range(1990, today.year + 1), today, {name: [] for name in SOURCES})
    assert sum(len(list(source.editions(asked))) for source in SOURCES.values()) <= KEPT_NOTES / 3


def put(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
