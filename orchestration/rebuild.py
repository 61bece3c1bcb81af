"""Making a release again from its manifest alone, and looking whether it came out the same.

Belongs here: the private home it happens in, and the comparison. Does not: any step of the refresh itself, which runs
there as on any night, only that it gets its files from the landing folder and not from publishers.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from orchestration.contracts import mart_contracts
from orchestration.errors import LockedError, SetupError
from orchestration.partitions import Partition, TidyIndex
from orchestration.refresh import Progress, run_nightly
from orchestration.release.contents import TableContent, differing, table_contents
from orchestration.release.inputs import read_code
from orchestration.release.manifest import Manifest, manifest_path, read_manifest
from orchestration.release.publish import Warehouse
from orchestration.release.reading import opened
from orchestration.settings import Settings, settings
from orchestration.slices.phases import rows_by_year

FOLDER = "rebuild"


@dataclass(frozen=True)
class Rebuilt:
    """A release made again: the file, and by table the years in which it does not hold what its manifest says.

    Differences mean something only where code and DuckDB's version are the ones it was made by.
    """

    manifest: Manifest
    path: Path
    contents: list[TableContent]
    differing: dict[str, list[int]]
    same_code: bool
    same_engine: bool


@contextmanager
def rebuilt(of: Settings, release_id: str, progress: Progress) -> Iterator[Rebuilt]:
    """A release made again in a private home, which is gone when the block ends.

    It needs the manifest and the landing folder. The release before it, where that is still kept, is what its revisions
    are counted against. The nightly refresh is not in the way and is not disturbed.

    Raises:
        ClustersError: if there is no manifest, a landed file is gone or damaged, or a gate stops it now.
        LockedError: if another rebuild is running.

    Example:
        >>> with rebuilt(settings(), "20261122T023000Z", print) as release:      # doctest: +SKIP
        ...     release.differing
        {}
    """
    source = manifest_path(of.warehouse, release_id)
    manifest = read_manifest(source)
    years = sorted(rows_by_year(map(Partition.of, manifest.partitions)))
    if not years:
        raise SetupError(f"release {release_id}: its manifest names no year of any dataset; nothing to build")
    with _only_one(of.home / FOLDER), _private_home(of, of.home / FOLDER / release_id, manifest) as private:
        error = run_nightly(private, years, {}, progress, manifest.accepted, str(source))
        if error is not None:
            raise error
        path = private.current.resolve()
        with opened(path, of.memory_limit) as con:
            contents = table_contents(con, mart_contracts().values())
        yield Rebuilt(
            manifest=manifest,
            path=path,
            contents=contents,
            differing=differing(manifest.contents, contents),
            same_code=manifest.code_hash == read_code().hash,
            same_engine=manifest.engine == duckdb.__version__,
        )


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """The folder of rebuilds for this process alone, without what a crashed one left."""
    try:
        acquired = FileLock(folder.with_suffix(".lock")).acquire(blocking=False)
    except Timeout as error:
        raise LockedError("another rebuild is running; wait for it to end") from error
    with acquired:
        shutil.rmtree(folder, ignore_errors=True)
        yield


@contextmanager
def _private_home(of: Settings, home: Path, manifest: Manifest) -> Iterator[Settings]:
    """A home with the landing folder and the release before, both by links, in this process's environment."""
    home.mkdir(parents=True)
    (home / "landing").symlink_to(of.landing)
    environment = {"CLUSTERS_HOME": str(home), "CLUSTERS_PROFILE": manifest.release.profile}
    before = dict(os.environ)
    try:
        os.environ.update(environment)
        settings.cache_clear()
        private = settings()
        _link_release_before(of, private, manifest)
        _link_earlier_lists(of, private, manifest)
        yield private
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()
        shutil.rmtree(home, ignore_errors=True)


def _link_release_before(of: Settings, private: Settings, manifest: Manifest) -> None:
    """What the release was compared with, as far as it is still kept: its file, manifest and tidy partitions."""
    before = manifest.release.previous_release_id
    if before is None:
        return
    file, note = of.releases / f"{before}.duckdb", manifest_path(of.warehouse, before)
    if not (file.exists() and note.exists()):
        return
    private.releases.mkdir(parents=True)
    copy = private.releases / file.name
    copy.symlink_to(file)
    Warehouse(private).point_current_at(copy)
    link = manifest_path(private.warehouse, before)
    link.parent.mkdir()
    link.symlink_to(note)
    # Those that others have replaced since: all the rest is made from bytes, which is what a rebuild is about.
    for path in read_manifest(note).paths - manifest.paths:
        if (of.tidy / path).exists():
            (private.tidy / path).parent.mkdir(parents=True, exist_ok=True)
            (private.tidy / path).symlink_to(of.tidy / path)


def _link_earlier_lists(of: Settings, private: Settings, manifest: Manifest) -> None:
    """Earlier vintages of a period, which a release held beside the newest: one address gives the newest bytes only."""
    of_release = sorted(map(Partition.of, manifest.partitions), key=lambda p: (p.source_id, p.period, p.vintage or ""))
    for _, group in groupby(of_release, key=lambda p: (p.source_id, p.period)):
        for partition in list(group)[:-1]:
            link = private.tidy / partition.path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(of.tidy / partition.path)
            TidyIndex(private).put(partition)
