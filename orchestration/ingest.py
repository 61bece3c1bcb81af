"""From a source's declaration to tidy partitions: which editions are used, and what follows where one fails.

Belongs here: the newest edition of each period, and what was landed before in its place. Does not: landing and parsing
one (`editions`), HTTP (`landing`), what the bytes mean (`sources`), what a partition is (`partitions`), Dagster
(`assets`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from itertools import groupby
from pathlib import Path

from orchestration.editions import Place, ingest_edition, of_vintage, partition_path
from orchestration.errors import NotPublished, SetupError, SourceError
from orchestration.landing.archive import Archive
from orchestration.landing.fetch import Fetcher
from orchestration.landing.origin import Origin, file_name, public
from orchestration.landing.store import Store
from orchestration.partitions import UNREAD, Partition, TidyIndex, is_whole, landed_files
from orchestration.settings import Settings
from orchestration.sources.source import Asked, Edition, Format, Resource, Source

log = logging.getLogger("clusters.ingest")

WAIT = "wait for the publisher's correction, which a later refresh pulls; or adapt the declaration or check it broke"


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
        path = partition_path(source, partition.format, partition.edition, [file.sha256 for file in partition.files])
        if partition.path == str(path) and is_whole(settings.tidy / path, partition.tidy_sha256):
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
        if edition.period == partition.period and of_vintage([partition], edition):
            exactly = tuple(
                replace(f, resources=_among(f, urls)) for f in edition.formats if len(_among(f, urls)) == len(urls)
            )
            place = Archive(landed_files([partition], settings, settings.profile))
            if made := ingest_edition(source, replace(edition, formats=exactly), [partition], place, settings, []):
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
        if (partition := ingest_edition(source, edition, before, fetcher, settings, waiting)) is not None:
            return partition
        if same := of_vintage(before, edition):
            return _kept(same[-1], settings)
    return _kept(before[-1], settings) if before else None


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
