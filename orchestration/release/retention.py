"""What keeps a home bounded and free of what killed refreshes left: tidy files, Dagster's runs and their slots.

Belongs here: what may go and when, outside the warehouse's own folders. Does not: releases and the scratch folder (see
`publish`), landed files (nothing of those ever goes).

Everything here runs under the refresh lock, when a refresh begins: whatever another process still seems to be doing
then, it is not doing any more.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from orchestration.errors import SetupError
from orchestration.partitions import INDEX
from orchestration.settings import Settings

log = logging.getLogger("clusters.retention")

KEPT_RUNS = 30
KILLED = "the process of this refresh ended without a word (killed, or the machine stopped); the next one cleared up"


def clear_up(settings: Settings, instance: DagsterInstance, run_id: str) -> None:
    """Ends what killed runs left behind and lets go of what is too old; call it under the lock, in run `run_id`.

    Example:
        >>> clear_up(settings(), context.instance, context.run.run_id)  # doctest: +SKIP
    """
    end_killed_runs(instance, run_id)
    prune_runs(settings.dagster_home, instance)
    try:
        in_use = partitions_in_use(settings)
    except SetupError as error:
        log.warning("%s Until then no tidy file is deleted.", error)
        return
    prune_tidy(settings.tidy, in_use)


def end_killed_runs(instance: DagsterInstance, run_id: str) -> list[str]:
    """Reports every run but `run_id` that still counts as started as failed, frees its slots, and returns the ids.

    A killed run keeps its place in the pool `duckdb`: the next one would wait for it for ever.
    """
    started = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]))
    killed = [run for run in started if run.run_id != run_id]
    for run in killed:
        instance.report_run_failed(run, KILLED)
        log.warning("run %s: %s", run.run_id, KILLED)
    storage = instance.event_log_storage
    if storage.supports_global_concurrency_limits:
        for holder in storage.get_concurrency_run_ids() - {run_id}:
            storage.free_concurrency_slots_for_run(holder)
    return [run.run_id for run in killed]


def prune_runs(dagster_home: Path, instance: DagsterInstance, keep: int = KEPT_RUNS) -> None:
    """Deletes all but the newest `keep` runs, with their events, their logs and their own event files."""
    ids = [record.dagster_run.run_id for record in instance.get_run_records()]
    for old in ids[keep:]:
        instance.delete_run(old)
    # Dagster leaves both behind: the folder of a run's logs, and its event file, emptied.
    kept = set(ids[:keep])
    storage, events = dagster_home / "storage", dagster_home / "history" / "runs"
    for folder in storage.glob("*"):
        if _is_run(folder.name) and folder.name not in kept:
            shutil.rmtree(folder)
    for file in events.glob("*.db*"):
        name = file.name.split(".db")[0]
        if _is_run(name) and name not in kept:
            file.unlink()


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
