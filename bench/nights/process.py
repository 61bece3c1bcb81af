"""The processes of a night: copies of one that has loaded what they need, at the world's time, each with its end.

Belongs here: what is loaded once and shared, how a process begins, how one waits for its end. Does not: what it does
(`life`), what it finds in place of the real warehouse (`tiny`).

A command that somebody types starts Python and loads libraries for some seconds. A night has two or more of those,
and they load the same each time: here each begins where that is done.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
from functools import cache
from multiprocessing import forkserver

from alembic.script import ScriptDirectory
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from dagster._core.storage.sql import get_alembic_config

from orchestration.cage import Limits, caged

# Imported where they are needed, they would be in each process.
for _name in (
    "alembic.config", "anyio._backends._asyncio", "fsspec.implementations.local", "httpcore", "pandas", "upath",
    "dagster._core.execution.execute_in_process", "dagster._core.instance.factory",
    "dagster._core.storage.legacy_storage", "dagster._core.storage.noop_compute_log_manager",
    "orchestration.event_log", "orchestration.refresh", "orchestration.sample.publishers",
    "starlette.applications", "starlette.middleware.errors", "starlette.staticfiles", "uvicorn.protocols.http.auto",
):  # fmt: skip
    importlib.import_module(_name)

migrations = cache(ScriptDirectory.from_config)
"""Dagster's migrations, which it reads anew, some 90 files, for each database that it opens."""


@cache
def prepare() -> None:
    """Reads Dagster's migrations, and starts the process whose copies read publishers' files."""
    for storage in (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage):
        migrations(get_alembic_config(storage.__file__)).as_revision_number("head")
    caged(Limits(memory=1 << 30, seconds=60, output=1 << 20, processors=1), os.getpid)


def begin() -> None:
    """What a process does first that was forked from this one."""
    # A collection would look through all that was loaded, and so copy it.
    gc.freeze()
    # It runs, and is not this process's to ask whether it does.
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[method-assign]


def end(child: int, seconds: float) -> int:
    """The exit code of a child, or minus the signal it died of; it is killed where it has not ended after `seconds`."""
    handle = os.pidfd_open(child)
    try:
        if not select.select([handle], [], [], seconds)[0]:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(handle)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
