"""The event log of a refresh: what it writes, Dagster's own class reads."""

from __future__ import annotations

import time
from pathlib import Path

from dagster import AssetKey
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.event_log import HeldEventLog, held_event_log
from orchestration.settings import settings


def planned(name: str, run_id: str) -> EventLogEntry:
    event = DagsterEvent.build_asset_materialization_planned_event(
        "nightly", "step", AssetMaterializationPlannedData(AssetKey(["marts", name]))
    )
    return EventLogEntry(None, "info", "", run_id, time.time(), job_name="nightly", dagster_event=event)


def keys(log: SqliteEventLogStorage, run_id: str) -> list[AssetKey | None]:
    return [entry.dagster_event.asset_key for entry in log.get_logs_for_run(run_id) if entry.dagster_event]


def test_what_it_writes_dagsters_own_reads_and_the_other_way_about(tmp_path: Path) -> None:
    own = SqliteEventLogStorage(str(tmp_path))
    own.store_event(planned("dim_region", "one"))
    held = HeldEventLog(str(tmp_path))
    held.store_event(planned("employment", "one"))
    held.store_event(planned("cluster_linkage", "two"))
    # While it is open, as the interface does.
    for log in (held, own, SqliteEventLogStorage(str(tmp_path))):
        assert keys(log, "one") == [AssetKey(["marts", "dim_region"]), AssetKey(["marts", "employment"])]
        assert keys(log, "two") == [AssetKey(["marts", "cluster_linkage"])]
    own.store_event(planned("dim_cluster", "two"))
    assert keys(held, "two")[-1] == AssetKey(["marts", "dim_cluster"])
    held.dispose()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.db", "one.db", "two.db"]
    assert len(own.all_asset_keys()) == 4


def test_its_events_do_not_wait_for_the_disk(tmp_path: Path) -> None:
    held = HeldEventLog(str(tmp_path))
    for connected in (held.index_connection(), held.run_connection("one")):
        with connected as con:
            modes = [con.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        # With any other journal a power cut could leave a torn file then.
        assert modes == ["wal", 1]
    held.dispose()


def test_it_is_not_used_where_runs_are_stored_elsewhere() -> None:
    assert held_event_log(settings().model_copy(update={"run_storage": "postgresql://elsewhere"})) == {}
    assert held_event_log(settings())["event_log_storage"]["class"] == "HeldEventLog"
