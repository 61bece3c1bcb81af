"""Tidy partitions: what each is and was made from, and which ones a build reads.

Belongs here: the partition, the index of partitions. Does not: making one (`ingest`), where dbt finds them (`layout`).

A partition carries its own provenance, so that it can be told where it came from after its source is declared
otherwise, or no longer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestration.checksums import REMEMBERED, known_checksum, version_of
from orchestration.durable import write_whole
from orchestration.errors import SetupError
from orchestration.landing.store import Landed, blob_path
from orchestration.settings import Settings
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import edition_name

# What every Parquet file ends with.
PARQUET = b"PAR1"


@dataclass(frozen=True)
class File:
    """A landed file that a partition was made from."""

    url: str
    sha256: str
    bytes: int
    etag: str | None
    last_modified: str | None
    fetched_at: str


@dataclass(frozen=True)
class Partition:
    """A tidy partition: an edition of a source as it was read, and where it lies below the tidy folder.

    `outcome` says what this refresh did: `new`, `changed`, `unchanged`, `kept` where the publisher no longer offers it,
    or `late` where the source failed tonight; in both cases what was landed before is used. `unread` is what today's
    parser cannot read, and is not used. `warning` is what a person should know of its files, None if nothing.
    Publisher, title, licence, homepage and `tried` are as declared then. `tidy_sha256` is the checksum of its Parquet
    file; entries made earlier lack it.
    """

    source_id: str
    table: str
    period: str
    vintage: str | None
    format: str
    path: str
    rows: int
    outcome: str
    files: tuple[File, ...]
    warning: str | None = None
    publisher: str = ""
    title: str = ""
    licence: str = ""
    homepage: str = ""
    tried: str | None = None
    offered_on: str | None = None
    tidy_sha256: str | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Partition:
        """A partition from what `asdict` made of it, as the index and the manifests of releases keep it.

        Manifests from before editions had vintages say `layout` for the format, and 0 for a source without years.
        """
        known = {name: entry[name] for name in cls.__dataclass_fields__ if name in entry}
        known["files"] = tuple(File(**file) for file in entry["files"])
        if "layout" in entry:
            known |= {"format": entry["layout"], "vintage": None, "period": str(entry["period"] or "series")}
        return cls(**known)

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Source, period and vintage: what one partition at a time stands for."""
        return self.source_id, self.period, self.vintage

    @property
    def edition(self) -> str:
        """Period and vintage in one word."""
        return edition_name(self.period, self.vintage)

    @property
    def name(self) -> str:
        """Source and edition, as the catalogue and the summary name a partition.

        Example: `bls_qcew:2016`, `census_population:2020s@2024`.
        """
        return f"{self.source_id}:{self.edition}"

    @property
    def landed_at(self) -> datetime:
        """When the newest of its files came."""
        return max(datetime.fromisoformat(file.fetched_at) for file in self.files)

    @property
    def landed_on(self) -> date:
        """The day on which the newest of its files came."""
        return self.landed_at.date()

    @property
    def known_until(self) -> date:
        """The day on which the place last had its files, which may be long after they came."""
        return date.fromisoformat(self.offered_on) if self.offered_on else self.landed_on


INDEX = "editions-{profile}.json"
# What this process has last read or written there: a night asks for the index some four times an edition.
_KNOWN: dict[Path, tuple[tuple[int, ...], list[Partition]]] = {}
# The outcome of what is in the index, and today's parser cannot read: no release is built from it.
UNREAD = "unread"


def is_whole(path: Path, sha256: str | None = None) -> bool:
    """Whether a partition's Parquet file is there and undamaged.

    By its checksum. Where none is known, by its end, which a cut or half-written file lacks.
    """
    try:
        if sha256 is not None:
            return known_checksum(path) == sha256
        with path.open("rb") as stream:
            stream.seek(-len(PARQUET), os.SEEK_END)
            return stream.read() == PARQUET
    except OSError:
        return False


class TidyIndex:
    """Which partition stands for which edition, per origin, in one small file that is replaced whole.

    A backfill adds editions; a nightly refresh replaces the ones it pulled. A release is built from `active` ones. What
    the gates stop goes again with `put_back`, so that no file stops the nights after the publisher has mended it.
    """

    def __init__(self, settings: Settings) -> None:
        self.root = settings.tidy
        self.path = settings.tidy / INDEX.format(profile=settings.profile)

    def all(self) -> list[Partition]:
        """Every partition, ordered by source, period and vintage.

        Raises:
            SetupError: if the index is damaged.
        """
        return sorted(read_index(self.path), key=lambda p: (p.source_id, p.period, p.vintage or ""))

    def active(self) -> list[Partition]:
        """The partitions that a release is built from: of each period the newest vintage, or all where the source keeps
        them; none of a source that is no longer declared."""
        return _in_use(p for p in self.all() if p.outcome != UNREAD)

    def in_use(self, source_id: str) -> list[Partition]:
        """The partitions of a source that a release should be built from, read by today's parser or not."""
        return _in_use(p for p in self.all() if p.source_id == source_id)

    def of_period(self, source_id: str, period: str) -> list[Partition]:
        """The partitions of a period, oldest vintage first."""
        return [p for p in self.all() if (p.source_id, p.period) == (source_id, period)]

    def put(self, partition: Partition) -> None:
        """Records a partition in place of the one that its edition had."""
        self._write([*(p for p in self.all() if p.key != partition.key), partition])

    def put_back(self, released: Sequence[Partition], source_id: str | None = None) -> list[Partition]:
        """Takes out what is in use and no release holds, of one source or of all; returns what went.

        `released` are the partitions of the release that the next one follows; they take back their places.
        """
        held, gone = {p.path for p in released}, []
        while new := [p for p in self.active() if p.path not in held and p.source_id == (source_id or p.source_id)]:
            gone += new
            self._write([p for p in self.all() if p not in new])
        there = {p.key for p in self.all()}
        self._write([*self.all(), *(p for p in released if p.key not in there)])
        return gone

    def complete(self, known: Iterable[Partition]) -> list[Partition]:
        """Puts in what it lacks, or holds only as it was before, and returns that.

        `known` are the partitions of releases. An index restored from an older backup lacks what came since; a release
        made from it would lose years, or go back to figures that the publisher has replaced.
        """
        there = {p.key: p for p in self.all()}
        missing: dict[tuple[str, str, str | None], Partition] = {}
        for partition in known:
            held = missing.get(partition.key, there.get(partition.key))
            if held is None or held.landed_at < partition.landed_at:
                missing[partition.key] = partition
        if missing:
            self._write(list((there | missing).values()))
        return list(missing.values())

    def set_aside_if_damaged(self) -> str | None:
        """Renames an index that cannot be read, and says what is wrong with it; None where it can be."""
        try:
            self.all()
        except SetupError as error:
            self.path.replace(self.path.with_name(f"{self.path.name}.damaged"))
            return str(error).split(". Remedy: ", 1)[0]
        return None

    def _write(self, partitions: Sequence[Partition]) -> None:
        write_whole(self.path, "[\n" + ",\n".join(map(_line, partitions)) + "\n]\n")
        _KNOWN[self.path] = version_of(self.path), list(partitions)


@lru_cache(maxsize=REMEMBERED)
def _line(partition: Partition) -> str:
    """The partition in JSON, made once: with each edition of a night all of them are written."""
    return json.dumps(asdict(partition))


def dated(partitions: Iterable[Partition]) -> list[Partition]:
    """Those whose period is known: manifests from before editions had vintages know it of sources by year only."""
    by_year = {name for name, source in SOURCES.items() if source.by_year}
    return [p for p in partitions if p.offered_on or p.source_id in by_year]


def read_index(path: Path) -> list[Partition]:
    """The partitions that an index names; none where there is no such file.

    Raises:
        SetupError: if it is damaged.
    """
    try:
        version = version_of(path)
        if path not in _KNOWN or _KNOWN[path][0] != version:
            read = [Partition.of(entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
            _KNOWN[path] = version, read
        return list(_KNOWN[path][1])
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(
            f"{path}: the index of editions is damaged ({error}). Remedy: `clusters refresh` makes it again from the "
            "manifests of the releases."
        ) from error


def _in_use(partitions: Iterable[Partition]) -> list[Partition]:
    newest: dict[tuple[str, str, str | None], Partition] = {}
    for partition in partitions:
        source = SOURCES.get(partition.source_id)
        if source is not None and source.table == partition.table:
            vintage = partition.vintage if source.keeps_vintages else None
            newest[partition.source_id, partition.period, vintage] = partition
    return list(newest.values())


def landed_files(partitions: Iterable[Partition], of: Settings, origin: str) -> list[Landed]:
    """The landed files that partitions were made from."""
    return [
        Landed(
            dataset=partition.source_id,
            origin=origin,
            url=file.url,
            outcome="unchanged",
            path=blob_path(of.landing, file.sha256),
            sha256=file.sha256,
            bytes=file.bytes,
            etag=file.etag,
            last_modified=file.last_modified,
            fetched_at=datetime.fromisoformat(file.fetched_at),
        )
        for partition in partitions
        for file in partition.files
    ]
