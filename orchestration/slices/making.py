"""Making one slice: where it lies while dbt runs, what dbt is told, and how many are made side by side.

Belongs here: all that is equal whoever makes a slice, a refresh itself or a worker. Does not: which slices there are
(see `builder`), running dbt.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Literal

import duckdb
from filelock import FileLock, Timeout
from pydantic import ByteSize, TypeAdapter

from orchestration.layout import link_partitions
from orchestration.partitions import Partition
from orchestration.quality.verdict import CheckResult
from orchestration.settings import Settings
from orchestration.slices.findings import named
from orchestration.slices.ledger import Project
from orchestration.slices.phases import selected, year_marts

log = logging.getLogger("clusters.build")

FILE = "slice.duckdb"
# What a process that makes a national year takes, as a multiple of DuckDB's limit: numpy's arrays come on top of it.
MEMORY_OF_A_SLICE = 2.2


@dataclass(frozen=True)
class Slice:
    """Tables of a few years that are made in one go; `name` is a hash of their keys (see `shelf.name_of`)."""

    name: str
    years: Sequence[int]
    tables: Sequence[str]


@dataclass
class Step:
    """One run of dbt: what it is for in words, its target, what it selects (all if None), in which environment.

    `years` are the reference years that it makes tables of, none where it makes what has no years of its own. `found`
    is what the tests of the run found, to be filled by who runs dbt. Where `done_by` names somebody it has been run
    already, and `found` is what was found then.
    """

    name: str
    target: Literal["build", "slice"]
    select: Sequence[str] | None
    environment: Mapping[str, str]
    years: Sequence[int] = ()
    found: list[CheckResult] = field(default_factory=list)
    done_by: str = ""


def slice_step(one: Slice, folder: Path, project: Project, partitions: Sequence[Partition], settings: Settings) -> Step:
    """The run of dbt that makes a slice as `FILE` in an empty folder, where what it reads of the years is laid out."""
    tidy = link_partitions(partitions, settings, one.years, folder / "tidy")
    marts = year_marts(project.nodes)
    select = selected(project.nodes, ["year"], {marts[table] for table in one.tables})
    return Step(
        named(one.years), "slice", select, {"CLUSTERS_SLICE": str(folder), "CLUSTERS_TIDY": str(tidy)}, one.years
    )


def emptied(folder: Path) -> Path:
    """The folder, with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def place_of_ones_own(root: Path) -> Iterator[Path]:
    """A folder below `root` that no other process uses while the block runs: the first that is free.

    Whoever comes next finds in it what was left there, so that dbt need not parse the project for every slice.
    """
    root.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        try:
            acquired = FileLock(root / f"{number}.lock").acquire(blocking=False)
        except Timeout:
            continue
        with acquired:
            place = root / str(number)
            place.mkdir(exist_ok=True)
            yield place
        return


def makers(settings: Settings, memory: float | None = None) -> int:
    """How many slices are made side by side on this machine: as many as asked for, if its memory has room for them.

    Args:
        settings: `workers` are asked for.
        memory: bytes that all slices together may take; as DuckDB knows this machine or container if None.

    Example:
        >>> makers(Settings(workers=4, build_memory_limit="1GB"), memory=4e9)
        2
    """
    if settings.workers == 1:
        return 1
    each = MEMORY_OF_A_SLICE * TypeAdapter(ByteSize).validate_python(settings.build_memory_limit)
    room = _room() if memory is None else memory
    fit = max(1, int(room // each))
    if fit < settings.workers:
        log.info(
            "memory has room for %d of CLUSTERS_WORKERS=%d: a slice may take %.1f GB, all together %.1f GB",
            fit, settings.workers, each / 1e9, room / 1e9,
        )  # fmt: skip
    return min(fit, settings.workers)


def _room() -> int:
    """Bytes that DuckDB would take by itself: it knows the limits of a container."""
    with duckdb.connect() as con:
        [(said,)] = con.execute("SELECT current_setting('memory_limit')").fetchall()
    return TypeAdapter(ByteSize).validate_python(said)
