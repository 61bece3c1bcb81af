"""What keeps a home bounded and free of what killed refreshes left: tidy files, notes, Dagster's runs, their slots.

Belongs here: what may go and when, outside the warehouse's own folders. Does not: releases and the scratch folder (see
`publish`), landed files (nothing of those ever goes).

Everything here runs under the refresh lock, when a refresh or the service begins: whatever another process still seems
to be doing then, it is not doing any more.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

import sqlalchemy
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus, RunRecord, RunsFilter
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from orchestration.errors import SetupError
from orchestration.parsing import NOTES
from orchestration.partitions import INDEX
from orchestration.settings import Settings

log = logging.getLogger("clusters.retention")

KEPT_RUNS = 30
# Each edition makes or needs one note a refresh. So many times the editions that all sources declare leave those that
# are still needed in place, also after nights of bytes that are new each time.
KEPT_NOTES = 500
BEGINNING = 600
"""Seconds within which a run that finds the lock taken has long ended."""
IN_PROGRESS = (DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING)
"""What Dagster's queue counts against the one run at a time that it lets in."""
KILLED = "the process of this refresh died (killed, or the machine stopped); what was started next cleaned up"


def clear_up(settings: Settings, instance: DagsterInstance, run_id: str) -> list[str]:
    """Ends what killed runs left behind and lets go of what is too old; call it under the lock, in run `run_id`.

    Returns the ids of the killed runs.

    Example:
        >>> clear_up(settings(), context.instance, context.run.run_id)  # doctest: +SKIP
        []
    """
    killed = end_killed_runs(instance, run_id)
    prune_runs(settings.dagster_home, instance)
    prune_notes(settings.tidy)
    try:
        in_use = partitions_in_use(settings)
    except SetupError as error:
        log.warning("%s Until then no tidy file is deleted.", error)
    else:
        prune_tidy(settings.tidy, in_use)
    return killed


def end_killed_runs(instance: DagsterInstance, run_id: str = "") -> list[str]:
    """Reports every run but `run_id` that counts as in progress as failed, frees its slots, and returns the ids.

    A killed run keeps its place in the queue and in the pool `duckdb`: the next one would wait for it for ever. One
    that began when this one did, and has not asked for the lock yet, is left to find it taken: it says so better.
    """
    started = instance.get_run_records(RunsFilter(statuses=IN_PROGRESS))
    killed = [r.dagster_run for r in started if r.dagster_run.run_id != run_id and not _is_beginning(instance, r)]
    for run in killed:
        instance.report_run_failed(run, KILLED)
        log.warning("run %s: %s", run.run_id, KILLED)
    storage = instance.event_log_storage
    if storage.supports_global_concurrency_limits:
        for holder in storage.get_concurrency_run_ids() - {run_id}:
            storage.free_concurrency_slots_for_run(holder)
    return [run.run_id for run in killed]


def _is_beginning(instance: DagsterInstance, record: RunRecord) -> bool:
    """Whether a run has begun just now and the process that it named as its own lives."""
    # One that is being started has named its process before it counts as started.
    since = record.start_time or record.update_timestamp.timestamp()
    if time.time() - since > BEGINNING:
        return False
    found = instance.get_records_for_run(record.dagster_run.run_id, of_type=DagsterEventType.ENGINE_EVENT).records
    events = [event for entry in found if (event := entry.event_log_entry.dagster_event)]
    named = [event.engine_event_data.metadata.get("pid") for event in events]
    return any(_lives(str(pid.value)) for pid in named if pid)


def _lives(pid: str) -> bool:
    """Whether there is such a process, other than one that is dead and not yet buried."""
    try:
        state = (Path("/proc") / pid / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return state not in ("Z", "X")


def prune_runs(dagster_home: Path, instance: DagsterInstance, keep: int = KEPT_RUNS) -> None:
    """Deletes all but the newest `keep` runs, with their events, their logs and their own event files."""
    storage, events = dagster_home / "storage", dagster_home / "history" / "runs"
    # Looked for before the runs: one that begins meanwhile has its record before its files, which are not among these.
    folders, files = list(storage.glob("*")), list(events.glob("*.db*"))
    ids = [record.dagster_run.run_id for record in instance.get_run_records()]
    for old in ids[keep:]:
        instance.delete_run(old)
    _prune_checks(instance, ids[:keep])
    # Dagster leaves both behind: the folder of a run's logs, and its event file, emptied.
    kept = set(ids[:keep])
    for folder in folders:
        if _is_run(folder.name) and folder.name not in kept:
            shutil.rmtree(folder)
    for file in files:
        name = file.name.split(".db")[0]
        if _is_run(name) and name not in kept:
            file.unlink(missing_ok=True)


def _prune_checks(instance: DagsterInstance, kept: Collection[str]) -> None:
    """Deletes what Dagster notes of each check in each run, as it does not itself when a run is deleted.

    The newest answer of a check stays, whatever run gave it: the interface shows it until the check is asked again.
    """
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        return
    rows = AssetCheckExecutionsTable
    answered = sqlalchemy.select(sqlalchemy.func.max(rows.c.id))
    answered = answered.where(rows.c.execution_status != AssetCheckExecutionRecordStatus.PLANNED.value)
    newest = answered.group_by(rows.c.asset_key, rows.c.check_name)
    with storage.index_connection() as con:
        con.execute(rows.delete().where(rows.c.run_id.not_in(kept), rows.c.id.not_in(newest)))


def _is_run(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def partitions_in_use(settings: Settings) -> set[Path]:
    """The tidy files that an index or the manifest of a kept release names, relative to the tidy folder.

    Raises:
        SetupError: if one of them is damaged, so that nobody knows.
    """
    named: set[Path] = set()
    for index in settings.tidy.glob(INDEX.format(profile="*")):
        named |= _paths(index)
    for manifest in (settings.warehouse / "manifests").glob("*.json"):
        if (settings.releases / f"{manifest.stem}.duckdb").exists():
            named |= _paths(manifest)
    return named


def _paths(file: Path) -> set[Path]:
    """The tidy files that an index or a manifest names."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {Path(entry["path"]) for entry in (found["partitions"] if isinstance(found, dict) else found)}
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{file}: is damaged ({error}). Remedy: restore it from a backup.") from error


def prune_tidy(tidy: Path, keep: Collection[Path]) -> list[Path]:
    """Deletes the partitions below `tidy` that are not in `keep`, and half-written ones; returns those that went.

    `keep` holds paths relative to `tidy`. What goes can be parsed again: the landed bytes stay.

    Example:
        >>> prune_tidy(settings().tidy, {Path("qcew/2020/0f3a.parquet")})  # doctest: +SKIP
    """
    files = [file for pattern in ("*/*/*.parquet", "*/*/*.half") for file in tidy.glob(pattern)]
    gone = sorted(file for file in files if file.relative_to(tidy) not in keep)
    for file in gone:
        file.unlink()
    return gone


def prune_notes(tidy: Path, keep: int = KEPT_NOTES) -> list[Path]:
    """Deletes all but the `keep` notes needed last of bytes that brought down what read them, or do not hold their
    edition; returns those that went.

    What goes costs one more try, should its bytes come again.

    Example:
        >>> prune_notes(settings().tidy)                                        # doctest: +SKIP
        []
    """
    found = (note for ending in NOTES for note in tidy.glob(f"*/*/*{ending}"))
    notes = sorted(found, key=lambda note: note.stat().st_mtime, reverse=True)
    for note in notes[keep:]:
        note.unlink()
    return notes[keep:]
