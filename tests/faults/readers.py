"""Processes that read `current.duckdb` without pause while releases are published, and tell of any mix or error.

Belongs here: the readers, stamped releases to read, what a run of both amounts to. Does not: how many of them and for
how long (see `test_readers.py` and `bench/readers.py`).

Every table of a release carries the release's id as its stamp, so that a connection which saw two releases would show.
"""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb

from orchestration.release.publish import Warehouse
from orchestration.settings import Settings
from tests.release.builds import make_build, manifest_of

TABLES = ("dim_region", "dim_cluster", "cluster_specialisation", "numbers")
ROWS = 20_000
FIRST = datetime(2026, 11, 22, tzinfo=UTC)
# Fewer than a warehouse keeps, so that releases are deleted while they are read.
KEPT = 3
HOLD_SECONDS = 4.0
Sightings = tuple[list[float], set[str], list[str]]


@dataclass
class Reading:
    """What all readers saw: seconds from opening to closing a connection, the releases, and what was wrong."""

    seconds: list[float] = field(default_factory=list)
    releases: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def percentile(self, percent: int) -> float:
        """Seconds within which that share of the connections was done."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, len(self.seconds) * percent // 100)]


def made(settings: Settings, number: int) -> tuple[Path, str]:
    """A stamped build file, ready to be published, and the id of the release it is to be."""
    warehouse = Warehouse(settings)
    release_id = warehouse.new_release_id(FIRST + timedelta(minutes=number))
    build = make_build(warehouse.build_path(release_id), release_id)
    with duckdb.connect(str(build)) as con:
        con.execute(f"CREATE TABLE numbers AS SELECT range AS number FROM range({ROWS})")
        for table in TABLES:
            con.execute(f"ALTER TABLE {table} ADD COLUMN stamp VARCHAR DEFAULT '{release_id}'")
    return build, release_id


def publish(settings: Settings, build: Path, release_id: str) -> None:
    """Publishes a build file through the warehouse, as a refresh does."""
    warehouse = Warehouse(settings)
    with warehouse.lock():
        warehouse.publish(build, release_id, manifest_of(release_id), keep=KEPT)


def look(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Every release id that this connection shows anywhere: one, unless releases are mixed."""
    seen = {row[0] for row in con.execute("SELECT release_id FROM meta.release").fetchall()}
    for table in TABLES:
        seen |= {row[0] for row in con.execute(f"SELECT DISTINCT stamp FROM {table}").fetchall()}
    rows = con.execute("SELECT count(*), sum(number) FROM numbers").fetchone()
    return seen if rows == (ROWS, ROWS * (ROWS - 1) // 2) else seen | {f"numbers: {rows}"}


def read(current: Path, until: Event, holds: bool, out: multiprocessing.Queue[Sightings]) -> None:
    """One reader's life: opens, looks twice (or, if it `holds`, for seconds), closes, and begins again."""
    seconds: list[float] = []
    releases: set[str] = set()
    wrong: list[str] = []
    parent = multiprocessing.parent_process()
    while not until.is_set() and parent is not None and parent.is_alive():
        began = time.perf_counter()
        try:
            with duckdb.connect(str(current), read_only=True, config={"threads": 1}) as con:
                seen = look(con) | look(con)
                while holds and not until.is_set() and time.perf_counter() - began < HOLD_SECONDS:
                    seen |= look(con)
        except duckdb.Error as error:
            wrong.append(f"error: {error}")
            continue
        if not holds:
            seconds.append(time.perf_counter() - began)
        if len(seen) != 1:
            wrong.append(f"one connection saw {sorted(seen)}")
        releases |= seen
    out.put((seconds, releases, wrong))


def run(settings: Settings, processes: int, publishes: int, seconds: float, first: int = 1) -> Reading:
    """Lets the processes (every fourth holds its connections) read for `seconds`, and publishes evenly meanwhile."""
    context = multiprocessing.get_context("spawn")
    until, out = context.Event(), context.Queue()
    # Beforehand: building is not what readers are to be shielded from.
    builds = [made(settings, first + number) for number in range(publishes)]
    readers = [
        context.Process(target=read, args=(settings.current, until, number % 4 == 3, out))
        for number in range(processes)
    ]
    for reader in readers:
        reader.start()
    # Not before the last of them has begun: until then there is time to start, not to read.
    time.sleep(1 + processes / 8)
    began = time.monotonic()
    for number, build in enumerate(builds):
        publish(settings, *build)
        time.sleep(max(0.0, began + (number + 1) * seconds / publishes - time.monotonic()))
    time.sleep(max(0.0, began + seconds - time.monotonic()))
    until.set()
    result = Reading()
    for _ in readers:
        took, releases, wrong = out.get(timeout=120)
        result.seconds += took
        result.releases |= releases
        result.wrong += wrong
    for reader in readers:
        reader.join(timeout=60)
    return result
