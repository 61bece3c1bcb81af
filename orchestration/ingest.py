"""From a source's declaration to tidy partitions: which edition and format the place offers, landed, parsed once.

Belongs here: the order of those steps, and what follows where one of them fails. Does not: HTTP (`landing`), what the
bytes mean (`sources`), what a partition is (`partitions`), Dagster (`assets`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import Protocol

from orchestration.errors import NotPublished, SetupError, SourceError
from orchestration.landing.archive import Archive
from orchestration.landing.fetch import Fetcher
from orchestration.landing.origin import Origin, file_name, public
from orchestration.landing.store import Landed, Store
from orchestration.parsing import parse
from orchestration.partitions import UNREAD, File, Partition, TidyIndex, is_whole, landed_files
from orchestration.settings import Settings
from orchestration.sources.source import LANDED, Asked, Edition, Format, Kind, Resource, Source
from orchestration.sources.tidy import count_rows, partition_name

log = logging.getLogger("clusters.ingest")

WAIT = "wait for the publisher's correction, which a later refresh pulls; or adapt the declaration or check it broke"


class Place(Protocol):
    """Where files come from: publishers (`landing.fetch.Fetcher`), or the landed files of an old release."""

    def get(self, url: str, kind: Kind, dataset: str, *, mirror: str | None = None) -> Landed:
        """The landed file of a URL; `NotPublished` if there is none."""
        ...

    def mended(self, landed: Landed, url: str, kind: Kind, *, mirror: str | None = None) -> Landed:
        """The same file, its bytes looked through; `SourceError` if they are damaged and nobody has them again."""
        ...

    def reject(self, landed: Landed, problem: str) -> None:
        """Remembers that the file could not be understood."""
        ...


@contextmanager
def publishers(settings: Settings) -> Iterator[Fetcher]:
    """A fetcher for the profile's publishers; for `mirror` and `sample` a loopback server runs meanwhile.

    Raises:
        SetupError: if the profile is `mirror` and no folder is named, or `live` and no contact.
    """
    with ExitStack() as stack:
        root: Path | None = None
        if settings.profile == "sample":
            from orchestration.sample.write import write_sample

            root = write_sample(settings.home / "sample")
        elif settings.profile == "mirror":
            if settings.mirror is None or not settings.mirror.is_dir():
                raise SetupError("profile mirror needs a folder of publishers' files: --mirror DIR or CLUSTERS_MIRROR")
            root = settings.mirror
        elif not settings.contact:
            raise SetupError("profile live needs an e-mail address for publishers to write to: set CLUSTERS_CONTACT")
        base_url = None
        if root is not None:
            from orchestration.sample.publishers import serve

            base_url = stack.enter_context(serve(root))
        store = stack.enter_context(Store(settings.landing))
        yield stack.enter_context(Fetcher(store, Origin(settings.profile, base_url), settings))


def ingest(source: Source, asked: Asked, fetcher: Place, settings: Settings) -> tuple[list[Partition], list[str]]:
    """Lands and parses the editions of a source that the place offers, unless the same bytes were parsed before.

    Returns the partitions, and in words what failed and was done without (always empty for a required source). A period
    that the place offers in no format, and never did, has no partition: it is not published yet.

    Raises:
        SourceError: if a file of a required source cannot be pulled or understood, what another one falls back on is
            too old, or a required source has nothing but what is still under way. Nothing that was there before is
            touched.
    """
    found: list[Partition] = []
    failures: list[str] = []
    waiting: list[NotPublished] = []
    for period, editions in groupby(source.editions(asked), key=lambda edition: edition.period):
        try:
            partition = _newest(source, list(editions), fetcher, settings, waiting)
        except SourceError as error:
            if source.required:
                raise
            partition = _late(source, period, error, asked.today, settings)
            failures.append(str(error))
        if partition is not None:
            found.append(partition)
    if waiting and not found and source.required:
        raise waiting[0]
    failures += read_anew(source, asked, settings)
    now = {p.key: p for p in TidyIndex(settings).in_use(source.source_id)}
    return [now.get(p.key, p) for p in found if now.get(p.key, p).outcome != UNREAD], failures


def do_without(source: Source, released: Sequence[Partition], found: str, today: date, settings: Settings) -> list[str]:
    """Puts what the release holds of a source in place of what was read tonight and does not pass the gate.

    `found` says what is wrong. Returns it for each file that is set aside; nothing where tonight's are the release's.

    Raises:
        SourceError: if what the release holds is older than the source may be.
    """
    failures = []
    for partition in TidyIndex(settings).put_back(released, source.source_id):
        file = file_name(partition.files[0].url)
        error = SourceError(source.source_id, file, f"{partition.edition} was not taken: {found}", WAIT)
        _late(source, partition.period, error, today, settings)
        failures.append(str(error))
    return failures


def read_anew(source: Source, asked: Asked, settings: Settings) -> list[str]:
    """Makes again, from landed files, what is in use and today's parser has not read, or whose Parquet file is gone.

    Lists kept side by side, editions no longer offered and years not asked for stay in use without being pulled: read
    by another parser they would not fit beside the rest. Returns in words what could not be read, and is left out.

    Raises:
        SourceError: if that is of a required source.
    """
    failures = []
    for partition in TidyIndex(settings).in_use(source.source_id):
        path = _place(source, partition.format, partition.edition, [file.sha256 for file in partition.files])
        if partition.path == str(path) and is_whole(settings.tidy / path):
            continue
        try:
            _read_anew(source, partition, asked, settings)
        except SourceError as error:
            if source.required:
                raise
            TidyIndex(settings).put(replace(partition, outcome=UNREAD))
            failures.append(str(error))
    return failures


def _read_anew(source: Source, partition: Partition, asked: Asked, settings: Settings) -> None:
    if source.by_year:
        asked = replace(asked, years=[int(partition.period)])
    urls = {file.url for file in partition.files}
    for edition in source.editions(asked):
        if edition.period == partition.period and _of_vintage([partition], edition):
            exactly = [
                replace(f, resources=_among(f, urls)) for f in edition.formats if len(_among(f, urls)) == len(urls)
            ]
            place = Archive(landed_files([partition], settings, settings.profile))
            if made := _ingest(source, replace(edition, formats=tuple(exactly)), [], place, settings, []):
                outcome = "kept" if partition.outcome == UNREAD else partition.outcome
                TidyIndex(settings).put(replace(made, outcome=outcome, warning=partition.warning))
                log.info("%s: read anew from the copy landed earlier", partition.name)
                return
    raise SourceError(
        source.source_id,
        file_name(partition.files[0].url),
        f"{partition.edition} was read by an earlier parser, and is declared no longer",
        f"declare its address and format again in the source.yml of {source.table}",
    )


def _among(form: Format, urls: set[str]) -> tuple[Resource, ...]:
    return tuple(resource for resource in form.resources if public(resource.url) in urls)


def _newest(
    source: Source, editions: Sequence[Edition], fetcher: Place, settings: Settings, waiting: list[NotPublished]
) -> Partition | None:
    """The partition of a period: of its newest vintage that the place offers, else what was landed before.

    What is there and not yet whole is added to `waiting`.
    """
    before = TidyIndex(settings).of_period(source.source_id, editions[0].period)
    for edition in editions:
        if (partition := _ingest(source, edition, before, fetcher, settings, waiting)) is not None:
            return partition
        if same := _of_vintage(before, edition):
            return _kept(same[-1], settings)
    return _kept(before[-1], settings) if before else None


def _of_vintage(partitions: Sequence[Partition], edition: Edition) -> list[Partition]:
    return [p for p in partitions if edition.vintage in (p.vintage, LANDED)]


def _ingest(
    source: Source,
    edition: Edition,
    before: Sequence[Partition],
    fetcher: Place,
    settings: Settings,
    waiting: list[NotPublished],
) -> Partition | None:
    formats = edition.formats
    if same_edition := _of_vintage(before, edition):
        # A coarser format is no substitute for a better one landed before, which then stays in use.
        names = [each.name for each in formats]
        last = same_edition[-1].format
        formats = formats[: names.index(last) + 1] if last in names else formats
    for each, landed in _offered(source, formats, fetcher):
        exact = _dated(edition, landed, before)
        path = _path(source, each, exact, landed)
        if not is_whole(settings.tidy / path):
            # What a disk has damaged is found here, where it would do harm, and not by reading everything nightly.
            landed = [(r, fetcher.mended(item, r.url, r.kind, mirror=r.mirror)) for r, item in landed]
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
    """Where the partition made from these files lies below the tidy folder."""
    return _place(source, form.name, edition.name, [item.sha256 for _, item in landed])


def _place(source: Source, form: str, edition: str, checksums: Sequence[str]) -> Path:
    name = partition_name(source.source_id, form, source.fingerprint, checksums)
    return Path(source.table) / edition / f"{name}.parquet"


def _file(item: Landed) -> File:
    return File(item.url, item.sha256, item.bytes, item.etag, item.last_modified, item.fetched_at.isoformat())


def _kept(before: Partition, settings: Settings) -> Partition:
    """What was landed before stays in use where the publisher no longer offers it; old years do go away."""
    kept = replace(before, outcome="kept")
    TidyIndex(settings).put(kept)
    log.warning("%s: no longer offered, the copy landed earlier is used", before.name)
    return kept


def _late(source: Source, period: str, error: SourceError, today: date, settings: Settings) -> Partition | None:
    """What a source that may fail falls back on: the period as landed before, None if it never was.

    Raises:
        SourceError: if that is older than the source may be.
    """
    before = TidyIndex(settings).of_period(source.source_id, period)
    if not before:
        log.warning("%s; nothing of %s was landed before, so it is done without", error, period)
        return None
    # A file of years ago that was offered last night is not old.
    last, age = before[-1], (today - before[-1].known_until).days
    if source.max_age_days is not None and age > source.max_age_days:
        raise SourceError(
            source.source_id,
            error.file,
            f"{error.problem}, and the copy, last offered {age} days ago, is older than the {source.max_age_days} days "
            "allowed",
            f"{error.remedy}; or raise max_age_days of {source.table} in its source.yml",
        ) from error
    late = replace(last, outcome="late")
    TidyIndex(settings).put(late)
    log.warning("%s; the copy last offered %d days ago is used", error, age)
    return late


def _offered(
    source: Source, formats: Sequence[Format], fetcher: Place
) -> Iterator[tuple[Format, list[tuple[Resource, Landed]]]]:
    """The formats that the place offers, best first, each landed when it is asked for."""

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
            except NotPublished:
                if not resource.optional:
                    raise
        yield form, landed
