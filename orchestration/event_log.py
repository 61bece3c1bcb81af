"""Dagster's event log in SQLite, over one connection to each of its files for as long as a run lasts.

Dagster's own makes an engine and a connection for every event and takes both down again, and the last connection to
leave a file writes its log to disk. That is some 8 ms of processor time and several waits for the disk for each of the
thousand events of a refresh. What stands in the files is the same, so its own classes read them in the interface.

Nor does each event wait for the disk: a killed process loses none of them, and what a power cut takes are the last of a
run that it has ended too. SQLite's files stay whole all the same.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy.pool import StaticPool

from orchestration.settings import Settings


def held_event_log(settings: Settings) -> dict[str, Any]:
    """What a Dagster instance is told so that it uses `HeldEventLog`; nothing where runs are stored elsewhere.

    Example:
        >>> InstanceRef.from_dir(str(home), overrides=held_event_log(settings()))       # doctest: +SKIP
    """
    if settings.run_storage:
        return {}
    folder = settings.dagster_home / "history" / "runs"
    log = {"module": __name__, "class": HeldEventLog.__name__, "config": {"base_dir": str(folder)}}
    return {"event_log_storage": log}


class HeldEventLog(SqliteEventLogStorage):
    """Dagster's event log, whose connections stay open until `dispose`."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._held: dict[str, sqlalchemy.Engine] = {}
        self._holding = threading.RLock()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> HeldEventLog:
        return cls(inst_data=inst_data, **config_value)

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[sqlalchemy.Connection]:
        return self._over(str(run_id))

    def index_connection(self) -> AbstractContextManager[sqlalchemy.Connection]:
        return self._over(INDEX_SHARD_NAME)

    def dispose(self) -> None:
        super().dispose()
        with self._holding:
            while self._held:
                self._held.popitem()[1].dispose()

    @contextmanager
    def _over(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._holding:
            if shard not in self._held:
                # Makes the file and its tables where they are not there yet.
                with super().run_connection(shard):
                    pass
                self._held[shard] = sqlalchemy.create_engine(
                    self.conn_string_for_shard(shard),
                    poolclass=StaticPool,
                    connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
                )
                with self._held[shard].connect() as con:
                    con.execute(sqlalchemy.text("PRAGMA synchronous = NORMAL"))
            with self._held[shard].begin() as con:
                yield con
