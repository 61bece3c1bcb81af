"""From a dataset's declaration to a tidy partition: which layout the place offers, its files landed, parsed once.

Belongs here: the order of those steps, and the index of which partition stands for which period. Does not: HTTP
(`landing`), what the bytes mean (`sources`), Dagster (`assets`).
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from orchestration.errors import NotPublished, SetupError, SourceError
from orchestration.landing.content import content_problem
from orchestration.landing.fetch import Fetcher
from orchestration.landing.origin import Origin, file_name
from orchestration.landing.store import Landed, Store
from orchestration.landing.unpack import unpacked
from orchestration.settings import Settings
from orchestration.sources.dataset import Dataset, Kind, Layout, Resource
from orchestration.sources.tidy import connect, count_rows, partition_name, write_partition

log = logging.getLogger("clusters.ingest")
KINDS: dict[str, Kind] = {".csv": "text", ".txt": "text", ".xlsx": "xlsx"}


class Place(Protocol):
    """Where files come from: publishers (`landing.fetch.Fetcher`), or the landed files of an old release."""

    def get(self, url: str, kind: Kind, dataset: str) -> Landed:
        """The landed file of a URL; `NotPublished` if there is none."""
        ...

    def mended(self, landed: Landed, url: str, kind: Kind) -> Landed:
        """The same file, its bytes looked through; `SourceError` if they are damaged and nobody has them again."""
        ...

    def reject(self, landed: Landed, problem: str) -> None:
        """Remembers that the file could not be understood."""
        ...


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
    """A tidy partition: what it is, what it was made from, and where it lies below the tidy folder.

    `outcome` says what this refresh did: `new`, `changed`, `unchanged`, or `kept` where the publisher no longer
    offers what was landed before. `warning` is what a person should know of its files, None if nothing.
    """

    source_id: str
    table: str
    period: int
    layout: str
    path: str
    rows: int
    outcome: str
    files: tuple[File, ...]
    warning: str | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Partition:
        """A partition from what `asdict` made of it, as the index and the manifests of releases keep it."""
        return cls(**{**entry, "files": tuple(File(**file) for file in entry["files"])})


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


class TidyIndex:
    """Which partition stands for which source and period, per origin, in one small file that is replaced whole.

    A backfill adds periods; a nightly refresh replaces the ones it pulled. A release is built from all of them.
    """

    def __init__(self, settings: Settings) -> None:
        self.root = settings.tidy
        self.path = settings.tidy / f"index-{settings.profile}.json"

    def all(self) -> list[Partition]:
        """Every partition, ordered by source and period."""
        if not self.path.exists():
            return []
        found = [Partition.of(entry) for entry in json.loads(self.path.read_text(encoding="utf-8"))]
        return sorted(found, key=lambda p: (p.source_id, p.period))

    def get(self, source_id: str, period: int) -> Partition | None:
        """The partition of a period, if it is there and its Parquet file too."""
        for partition in self.all():
            if (partition.source_id, partition.period) == (source_id, period):
                return partition if (self.root / partition.path).exists() else None
        return None

    def put(self, partition: Partition) -> None:
        """Records a partition in place of the one its period had."""
        key = (partition.source_id, partition.period)
        kept = [p for p in self.all() if (p.source_id, p.period) != key]
        self.root.mkdir(parents=True, exist_ok=True)
        half = self.path.with_suffix(".half")
        half.write_text(json.dumps([asdict(p) for p in [*kept, partition]], indent=1), encoding="utf-8")
        half.replace(self.path)


def ingest(
    dataset: Dataset, period: int, fetcher: Place, settings: Settings, areas: Sequence[str] = ()
) -> Partition | None:
    """Lands the files of a dataset's period and parses them, unless the same bytes were parsed before.

    Returns None if the place offers the period in no layout and never did: not published yet.

    Raises:
        SourceError: if a file cannot be pulled or understood. Nothing that was there before is touched.
    """
    index = TidyIndex(settings)
    before = index.get(dataset.source_id, period)
    layouts = dataset.layouts(period, areas)
    if before is not None:
        # A coarser layout is no substitute for a better one landed before, which then stays in use.
        names = [layout.name for layout in layouts]
        layouts = layouts[: names.index(before.layout) + 1] if before.layout in names else layouts
    for layout, landed in _offered(dataset, layouts, fetcher):
        path = _place(dataset, layout, period, landed)
        if not (settings.tidy / path).exists():
            # What a disk has damaged is found here, where it would do harm, and not by reading everything nightly.
            landed = [(r, fetcher.mended(item, r.url, r.kind)) for r, item in landed]
            path = _place(dataset, layout, period, landed)
            try:
                _parse(dataset, layout, period, landed, settings, settings.tidy / path)
            except NotPublished as error:
                # A year still under way is not an error of the nightly: it waits for the rest of it.
                log.warning("%s", error)
                continue
            except SourceError as error:
                for _, item in landed:
                    fetcher.reject(item, error.problem)
                raise
        same = before is not None and before.path == str(path)
        partition = Partition(
            source_id=dataset.source_id,
            table=dataset.table,
            period=period,
            layout=layout.name,
            path=str(path),
            rows=before.rows if before is not None and same else count_rows(settings.tidy / path),
            outcome="unchanged" if same else "new" if before is None else "changed",
            files=tuple(_file(item) for _, item in landed),
            warning="; ".join(f"{file_name(item.url)}: {item.doubt}" for _, item in landed if item.doubt) or None,
        )
        index.put(partition)
        return partition
    return _kept(index, before)


def _place(dataset: Dataset, layout: Layout, period: int, landed: Sequence[tuple[Resource, Landed]]) -> Path:
    """Where the partition made from these files lies below the tidy folder."""
    checksums = [item.sha256 for _, item in landed]
    name = partition_name(dataset.source_id, layout.name, dataset.parser_version, checksums)
    return Path(dataset.table) / str(period) / f"{name}.parquet"


def _file(item: Landed) -> File:
    return File(item.url, item.sha256, item.bytes, item.etag, item.last_modified, item.fetched_at.isoformat())


def _kept(index: TidyIndex, before: Partition | None) -> Partition | None:
    """What was landed before stays in use where the publisher no longer offers it; old years do go away."""
    if before is None:
        return None
    kept = replace(before, outcome="kept")
    index.put(kept)
    log.warning("%s %s: no longer offered, the copy landed earlier is used", before.source_id, before.period or "")
    return kept


def _offered(
    dataset: Dataset, layouts: Sequence[Layout], fetcher: Place
) -> Iterator[tuple[Layout, list[tuple[Resource, Landed]]]]:
    """The layouts that the place offers, best first, each landed when it is asked for."""
    for layout in layouts:
        first = layout.resources[0]
        try:
            landed = [(first, fetcher.get(first.url, first.kind, dataset.source_id))]
        except NotPublished:
            continue
        for resource in layout.resources[1:]:
            try:
                landed.append((resource, fetcher.get(resource.url, resource.kind, dataset.source_id)))
            except NotPublished:
                if not resource.optional:
                    raise
        yield layout, landed


def _parse(
    dataset: Dataset,
    layout: Layout,
    period: int,
    landed: Sequence[tuple[Resource, Landed]],
    settings: Settings,
    target: Path,
) -> None:
    settings.work.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="parse-", dir=settings.work))
    try:
        files: list[Path] = []
        for number, (resource, item) in enumerate(landed):
            name = file_name(resource.url)
            into = scratch / f"{number:04d}"
            if resource.kind == "zip":
                members = unpacked(item.path, resource.kind, into, dataset.source_id, settings.max_unpacked_bytes, name)
                _look_at(members, dataset.source_id)
                files += members
            else:
                # Under its own name, so that an error names the publisher's file and not a checksum.
                into.mkdir()
                (into / name).symlink_to(item.path)
                files.append(into / name)
        if not files:
            raise SourceError(
                dataset.source_id, file_name(landed[0][0].url), "the archive is empty", "pull again later"
            )
        with connect(settings.memory_limit, settings.threads, scratch / "spill") as con:
            relation = layout.parse(con, files, period)
            write_partition(relation, target, dataset.source_id, files[0].name, year=period if dataset.yearly else None)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _look_at(members: Sequence[Path], dataset: str) -> None:
    """Refuses texts and workbooks out of an archive that are none, as they are refused where they come without one."""
    for member in members:
        kind = KINDS.get(member.suffix.lower())
        if kind and (problem := content_problem(member, kind)):
            raise SourceError(dataset, member.name, f"in the archive the publisher {problem}", "pull again later")


def link_partitions(partitions: Sequence[Partition], settings: Settings) -> Path:
    """Lays out the partitions of a build as `<work>/tidy/<table>/<period>.parquet`, where dbt's sources look.

    Links, not copies: the tidy folder stays the only place with the bytes.
    """
    folder = settings.work / "tidy"
    shutil.rmtree(folder, ignore_errors=True)
    for partition in partitions:
        link = folder / partition.table / f"{partition.period}.parquet"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(settings.tidy / partition.path)
    return folder
