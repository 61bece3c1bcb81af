"""Analysts who query `current.duckdb` while a release is made: how long they wait, and what they see.

Belongs here: the readers, their queries, what they saw in all. Does not: refreshes (`steps`), stamped releases that
follow each other within seconds (`bench/readers.py`).

The queries are twenty of those in the documentation. A reader opens the file, asks one of them, and closes, as a
command or a notebook does. Whatever it got must be whole: no error; a release that is published under its name; and
every answer the same as any other answer of that release to that query, however near to its publishing.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from tests.doc_queries import doc_queries

TWENTY = 20
# Seconds between an answer and the next question: without any, two readers are two cores that the refresh lacks.
PAUSE = 0.25
WHICH = "SELECT release_id FROM meta.release"
Sighting = tuple[int, float, str, str]  # query, seconds, release, hash of the answer
Told = tuple[list[Sighting], list[str]]
Account = dict[str, Any]
Done = TypeVar("Done")


@dataclass
class Reading:
    """What all readers saw in one stretch of time."""

    sightings: list[Sighting] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def releases(self) -> list[str]:
        """The releases that were read, oldest first."""
        return sorted({release for _, _, release, _ in self.sightings})

    def percentile(self, percent: int) -> float:
        """Milliseconds within which that share of the queries was answered; 0 if none was."""
        taken = sorted(seconds for _, seconds, _, _ in self.sightings)
        return round(1000 * taken[min(len(taken) - 1, len(taken) * percent // 100)], 1) if taken else 0.0

    def account(self) -> Account:
        """How many queries, and how long they took from opening to closing."""
        return {"queries": len(self.sightings), "p50_ms": self.percentile(50), "p95_ms": self.percentile(95),
                "max_ms": self.percentile(100), "releases": self.releases, "wrong": self.wrong[:20]}  # fmt: skip


def queries() -> list[str]:
    """Twenty queries, spread over the pages of analysts and of indicators.

    Example:
        >>> len(queries())
        20
    """
    pages = [query.sql for query in doc_queries() if query.page != "README.md"]
    return [pages[n * len(pages) // TWENTY] for n in range(TWENTY)]


def ask(current: Path, sql: str) -> tuple[str, str]:
    """A query's answer on a connection of its own: the release, and a hash of the rows in whatever order.

    Raises:
        ValueError: if no published file bears the release's name.
    """
    with duckdb.connect(str(current), read_only=True, config={"threads": 1}) as con:
        # It would be drawn on the report.
        con.execute("SET enable_progress_bar = false")
        rows = sorted(map(repr, con.execute(sql).fetchall()))
        (release,) = con.execute(WHICH).fetchone() or ("",)
    if not (current.parent / "releases" / f"{release}.duckdb").is_file():
        raise ValueError(f"release {release!r} was never published")
    return release, hashlib.sha256("\n".join(rows).encode()).hexdigest()


def read(
    current: Path, sqls: Sequence[str], first: int, until: Event, begun: Event, out: multiprocessing.Queue[Told]
) -> None:
    """One reader's life: each query in turn, from `first` on, again and again, with a pause after each."""
    seen = Reading()
    parent, number = multiprocessing.parent_process(), first
    while not until.is_set() and parent is not None and parent.is_alive():
        began = time.perf_counter()
        try:
            release, answer = ask(current, sqls[number])
            seen.sightings.append((number, time.perf_counter() - began, release, answer))
        except (duckdb.Error, OSError, ValueError) as error:
            seen.wrong.append(f"query {number}: {error}")
        number = (number + 1) % len(sqls)
        begun.set()
        until.wait(PAUSE)
    out.put((seen.sightings, seen.wrong))


@contextmanager
def reading(current: Path, processes: int) -> Iterator[Reading]:
    """Readers that read as long as the block runs; what they saw is there when it has ended."""
    context, sqls, seen = multiprocessing.get_context("spawn"), queries(), Reading()
    until, out = context.Event(), context.Queue()
    begun = [context.Event() for _ in range(processes)]
    readers = [
        context.Process(target=read, args=(current, sqls, n * len(sqls) // processes, until, begun[n], out))
        for n in range(processes)
    ]
    for reader in readers:
        reader.start()
    try:
        for event in begun:
            event.wait(timeout=60)
        yield seen
    finally:
        until.set()
        for _ in readers:
            sightings, wrong = out.get(timeout=120)
            seen.sightings += sightings
            seen.wrong += wrong
        for reader in readers:
            reader.join(timeout=60)


def differing(*readings: Reading) -> list[str]:
    """Queries to which one release gave more than one answer."""
    answers: dict[tuple[str, int], set[str]] = {}
    for number, _, release, answer in (sighting for one in readings for sighting in one.sightings):
        answers.setdefault((release, number), set()).add(answer)
    return [f"{release} answered query {number} in {len(found)} ways"
            for (release, number), found in sorted(answers.items()) if len(found) > 1]  # fmt: skip


def meanwhile(current: Path, processes: int, seconds: float, refresh: Callable[[], Done]) -> tuple[Done, Account]:
    """Reads for some seconds, then as long as a refresh runs; what the refresh returns, and the account of both."""
    with reading(current, processes) as quiet:
        time.sleep(seconds)
    with reading(current, processes) as busy:
        done = refresh()
    return done, account(processes, quiet, busy)


def account(processes: int, quiet: Reading, busy: Reading) -> Account:
    """Both stretches, the ratios of their percentiles, and all that was wrong."""
    return {
        "processes": processes,
        "quiet": quiet.account(),
        "refreshing": busy.account(),
        "p50_ratio": round(busy.percentile(50) / max(quiet.percentile(50), 0.1), 2),
        "p95_ratio": round(busy.percentile(95) / max(quiet.percentile(95), 0.1), 2),
        "wrong": len(quiet.wrong) + len(busy.wrong),
        "differing": differing(quiet, busy),
    }


def is_sound(found: Account) -> bool:
    """Whether no query failed, none saw what was not whole, and a release was published among the reading."""
    seen = {*found["quiet"]["releases"], *found["refreshing"]["releases"]}
    return not found["wrong"] and not found["differing"] and len(seen) > 1
