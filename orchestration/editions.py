"""One edition of a source, from what a place offers to a tidy partition: its best format landed, parsed once, recorded.

Belongs here: the formats of an edition, its vintage where the publisher names none, its place in the tidy folder. Does
not: which edition of a period is used, and what follows where one fails (`ingest`), HTTP (`landing`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from orchestration.checksums import known_checksum
from orchestration.errors import NotPublished, SourceError
from orchestration.landing.origin import file_name
from orchestration.landing.store import Landed
from orchestration.parsing import parse
from orchestration.partitions import File, Partition, TidyIndex, is_whole
from orchestration.settings import Settings
from orchestration.sources.source import LANDED, Edition, Format, Kind, Resource, Source
from orchestration.sources.tidy import count_rows, partition_name

log = logging.getLogger("clusters.ingest")


class Place(Protocol):
    """Where files come from: publishers (`landing.fetch.Fetcher`), or the landed files of an old release."""

    def get(self, url: str, kind: Kind, dataset: str, *, mirror: str | None = None) -> Landed:
        """The landed file of a URL; `NotPublished` if there is none."""
        ...

    def verified(self, landed: Landed, url: str, kind: Kind, *, mirror: str | None = None) -> Landed:
        """The same file, its bytes looked through; `SourceError` if they are damaged and nobody has them again."""
        ...

    def reject(self, landed: Landed, problem: str) -> None:
        """Remembers that the file could not be understood."""
        ...


def of_vintage(partitions: Sequence[Partition], edition: Edition) -> list[Partition]:
    """Those of the edition's vintage; all, where its vintage is the day on which it came."""
    return [p for p in partitions if edition.vintage in (p.vintage, LANDED)]


def ingest_edition(
    source: Source,
    edition: Edition,
    before: Sequence[Partition],
    fetcher: Place,
    settings: Settings,
    waiting: list[NotPublished],
) -> Partition | None:
    """The partition of an edition in the best format that the place offers whole; None if it offers none.

    `before` are the partitions of the same period. What is there and not yet whole is added to `waiting`.
    """
    formats = edition.formats
    if same_edition := of_vintage(before, edition):
        # A coarser format is no substitute for a better one landed before, which then stays in use.
        names = [each.name for each in formats]
        last = same_edition[-1].format
        formats = formats[: names.index(last) + 1] if last in names else formats
    for each, landed in _offered(source, formats, fetcher, is_held=bool(same_edition)):
        exact = _dated(edition, landed, before)
        path = _path(source, each, exact, landed)
        known = next((p for p in before if p.path == str(path)), None)
        if not is_whole(settings.tidy / path, known.tidy_sha256 if known else None):
            # What a disk has damaged is found here, where it would do harm, and not by reading everything nightly.
            landed = [(r, fetcher.verified(item, r.url, r.kind, mirror=r.mirror)) for r, item in landed]
            path = _path(source, each, exact, landed)
            try:
                parse(source, each, exact, landed, settings, settings.tidy / path)
            except NotPublished as error:
                # A year still under way is not an error of the nightly: it waits for the rest of it.
                log.warning("%s", error)
                waiting.append(error)
                continue
            except SourceError as error:
                for _, item in landed:
                    fetcher.reject(item, error.problem)
                raise
        return _recorded(source, each, exact, landed, path, before, settings)
    return None


def _recorded(
    source: Source,
    form: Format,
    edition: Edition,
    landed: Sequence[tuple[Resource, Landed]],
    path: Path,
    before: Sequence[Partition],
    settings: Settings,
) -> Partition:
    replaced = next((p for p in before if p.vintage == edition.vintage), None)
    same = replaced if replaced is not None and replaced.path == str(path) else None
    partition = Partition(
        source_id=source.source_id,
        table=source.table,
        period=edition.period,
        vintage=edition.vintage,
        format=form.name,
        path=str(path),
        rows=same.rows if same else count_rows(settings.tidy / path),
        outcome="unchanged" if same else "changed" if before else "new",
        files=tuple(_file(item) for _, item in landed),
        warning="; ".join(f"{file_name(item.url)}: {item.doubt}" for _, item in landed if item.doubt) or None,
        publisher=source.publisher,
        title=source.title,
        licence=source.licence,
        homepage=source.homepage,
        tried=source.tried,
        offered_on=datetime.now(UTC).date().isoformat(),
        tidy_sha256=known_checksum(settings.tidy / path),
    )
    TidyIndex(settings).put(partition)
    return partition


def _dated(edition: Edition, landed: Sequence[tuple[Resource, Landed]], before: Sequence[Partition]) -> Edition:
    """The edition, with the day its bytes came as vintage where the publisher names none.

    With the time of day too where other bytes came that day, which would be lost otherwise.
    """
    if edition.vintage != LANDED:
        return edition
    came, bytes_now = max(item.fetched_at for _, item in landed), {item.sha256 for _, item in landed}
    day = came.date().isoformat()
    others = [p for p in before if {file.sha256 for file in p.files} != bytes_now]
    if before and before[-1] not in others:
        return replace(edition, vintage=before[-1].vintage)
    taken = any((p.vintage or "").startswith(day) for p in others)
    return replace(edition, vintage=f"{came:%Y-%m-%dT%H%M%SZ}" if taken else day)


def _path(source: Source, form: Format, edition: Edition, landed: Sequence[tuple[Resource, Landed]]) -> Path:
    return partition_path(source, form.name, edition.name, [item.sha256 for _, item in landed])


def partition_path(source: Source, form: str, edition: str, checksums: Sequence[str]) -> Path:
    """Where the partition of an edition, read from files with these checksums, lies below the tidy folder."""
    name = partition_name(source.source_id, form, source.fingerprint, checksums)
    return Path(source.table) / edition / f"{name}.parquet"


def _file(item: Landed) -> File:
    return File(item.url, item.sha256, item.bytes, item.etag, item.last_modified, item.fetched_at.isoformat())


def _offered(
    source: Source, formats: Sequence[Format], fetcher: Place, *, is_held: bool
) -> Iterator[tuple[Format, list[tuple[Resource, Landed]]]]:
    """The formats that the place offers, best first, each landed when it is asked for.

    One that lacks a file is not offered where the edition is held already (`is_held`): publishers withdraw files one by
    one, and what was landed together stays together.

    Raises:
        NotPublished: if a format lacks a file, and nothing of the edition is held.
    """

    def get(resource: Resource) -> Landed:
        return fetcher.get(resource.url, resource.kind, source.source_id, mirror=resource.mirror)

    for form in formats:
        first = form.resources[0]
        try:
            landed = [(first, get(first))]
        except NotPublished:
            continue
        for resource in form.resources[1:]:
            try:
                landed.append((resource, get(resource)))
            except NotPublished as error:
                if resource.optional:
                    continue
                if not is_held:
                    raise
                log.warning("%s: %s is no longer offered beside the other files", source.source_id, error.file)
                break
        else:
            yield form, landed
