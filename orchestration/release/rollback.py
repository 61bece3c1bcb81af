"""Pointing `current.duckdb` back, and what that holds back: inputs that only the releases taken back were made from.

Belongs here: which release becomes current, the note of a rollback, when it forbids publishing. Does not: moving the
link (see `publish`).

Without the note the next refresh would publish the same release again. With it nothing is published until the inputs
in question, or the code if there was no other difference, have changed; that needs no person, because mostly it is the
publisher who puts things right. A warning says when it happens.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from orchestration.contracts import mart_contracts
from orchestration.durable import write_whole
from orchestration.errors import SetupError
from orchestration.release.contents import differing, table_contents
from orchestration.release.integrity import require_unaltered
from orchestration.release.manifest import manifest_path, read_manifest
from orchestration.release.publish import Release, Warehouse
from orchestration.release.reading import opened
from orchestration.release.records import read_release

NOTE = "held.json"
ANOTHER = "go back to another; `clusters releases` lists them"
ENDED = "hold_has_ended"


@dataclass(frozen=True)
class Hold:
    """A rollback from release `rolled_back` to release `to` at a time (ISO 8601, UTC).

    `partitions` are the paths of tidy partitions that only releases after `to` hold, `inputs_hashes` those releases',
    `files` the checksums of publishers' files that only they were made from: another parser gives a partition another
    path, and leaves the bytes what they are. Notes made earlier lack them.
    """

    rolled_back: str
    to: str
    at: str
    partitions: Sequence[str]
    inputs_hashes: Sequence[str]
    files: Sequence[str] = ()

    def blocks(self, partitions: Collection[str], inputs_hash: str, files: Collection[str] = ()) -> bool:
        """Whether a release of these inputs would bring back what was rolled back.

        Example:
            >>> hold = Hold("b", "a", "2026-11-22T09:00:00+00:00", ["qcew/2016/1f.parquet"], ["9a"])
            >>> hold.blocks({"qcew/2016/1f.parquet"}, "00"), hold.blocks({"qcew/2016/2e.parquet"}, "00")
            (True, False)
        """
        inputs = {*partitions, *files}
        return inputs_hash in self.inputs_hashes or not inputs.isdisjoint({*self.partitions, *self.files})

    def __str__(self) -> str:
        text = f"release {self.rolled_back} was rolled back to {self.to} at {self.at}"
        names = [path.rsplit("/", 1)[0] for path in self.partitions]
        return text + (f", because of {', '.join(names)} as it stood there" if names else "")


def roll_back(house: Warehouse, release_id: str | None = None) -> Hold | None:
    """Make an earlier release (by default the one that the current replaced) current again; a later one undoes that.

    Returns what is held back from now on; None if no later release is left, so that nothing is.

    Raises:
        SetupError: if there is no such release, or its file no longer holds what was published.
        LockedError: if a refresh is running.

    Example:
        >>> roll_back(Warehouse(settings()), "20261121T023000Z").rolled_back     # doctest: +SKIP
        '20261122T023000Z'
    """
    with house.lock():
        # What a crash left half-published is not to be taken for a release that was rolled back.
        house.sweep()
        releases, current = house.releases(), house.current()
        target = _target(house, releases, current, release_id)
        _require_whole(house, target)
        later = [release for release in releases if release.id > target.id]
        hold = _hold(house, target, later) if later else None
        # The note first: a crash between the two leaves the old release current and a note that blocks nothing new.
        write_hold(house.folder, hold)
        house.point_current_at(target.path)
        return hold


def read_hold(warehouse: Path) -> Hold | None:
    """The rollback in force, if there is one.

    Raises:
        SetupError: if the note is damaged; publishing blindly would undo what a person did.
    """
    path = warehouse / NOTE
    try:
        return Hold(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise SetupError(f"{path}: is damaged ({error}). Remedy: `clusters rollback --lift`.") from error


def write_hold(warehouse: Path, hold: Hold | None) -> None:
    """Put a rollback in force, or with None lift it."""
    path = warehouse / NOTE
    if hold is None:
        path.unlink(missing_ok=True)
        return
    write_whole(path, json.dumps(asdict(hold), indent=1))


def replaced_by(house: Warehouse, release: Release) -> Release:
    """The release that this one replaced when it was published, which need not be the one before it in time: that may
    have been rolled back.

    Raises:
        SetupError: if it replaced none, or that one is no longer kept.

    Example:
        >>> replaced_by(house, house.current()).id                                # doctest: +SKIP
        '20261121T023000Z'
    """
    row = read_manifest(manifest_path(house.folder, release.id)).release
    remedy = "`clusters releases` lists what there is; name one"
    if row.previous_release_id is None:
        raise SetupError(f"release {release.id} replaced no earlier release. {remedy}")
    found = next((other for other in house.releases() if other.id == row.previous_release_id), None)
    if found is None:
        raise SetupError(f"release {release.id} replaced {row.previous_release_id}, which is no longer kept. {remedy}")
    return found


def _target(house: Warehouse, releases: Sequence[Release], current: Release | None, release_id: str | None) -> Release:
    if release_id is None:
        if current is None:
            nothing = "nothing is published yet, so there is nothing to go back from; run `clusters refresh`"
            raise SetupError(house.lost_link() or nothing)
        return replaced_by(house, current)
    found = next((release for release in releases if release.id == release_id), None)
    if found is None:
        raise SetupError(f"there is no release {release_id}; `clusters releases` lists what there is")
    if current and found.id == current.id:
        raise SetupError(f"release {release_id} is the current one already")
    return found


def _require_whole(house: Warehouse, release: Release) -> None:
    """What people are pointed back to in a hurry had better be what it was; its manifest knows."""
    manifest = read_manifest(manifest_path(house.folder, release.id))
    if manifest.engine != duckdb.__version__:
        read_release(release.path)
        require_unaltered(house.folder, release.path, ANOTHER)
        return
    known = [content for content in manifest.contents if content.table_name in mart_contracts()]
    tables = [mart_contracts()[name] for name in {content.table_name for content in known}]
    try:
        with opened(release.path, house.memory_limit) as con:
            changed = differing(known, table_contents(con, tables))
    except duckdb.Error as error:
        raise SetupError(f"release {release.id} cannot be read ({error}); choose another") from error
    if changed:
        names = ", ".join(changed)
        raise SetupError(f"release {release.id} no longer holds what was published ({names}); choose another")
    require_unaltered(house.folder, release.path, ANOTHER)


def _hold(house: Warehouse, target: Release, later: Sequence[Release]) -> Hold:
    good = _made_from(house, target)
    suspect = [_made_from(house, release) for release in later]
    return Hold(
        rolled_back=later[0].id,
        to=target.id,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        partitions=sorted(set().union(*(made.partitions for made in suspect)) - good.partitions),
        inputs_hashes=sorted({made.inputs_hash for made in suspect if made.inputs_hash}),
        files=sorted(set().union(*(made.files for made in suspect)) - good.files),
    )


class _MadeFrom(NamedTuple):
    """Paths of a release's tidy partitions, checksums of the files they were read from, the hash of its inputs."""

    partitions: set[str]
    files: set[str]
    inputs_hash: str


def _made_from(house: Warehouse, release: Release) -> _MadeFrom:
    """What a release was made from, by its manifest."""
    manifest = read_manifest(manifest_path(house.folder, release.id))
    files = {file["sha256"] for partition in manifest.partitions for file in partition.get("files", ())}
    return _MadeFrom(manifest.paths, files, manifest.release.inputs_hash)
