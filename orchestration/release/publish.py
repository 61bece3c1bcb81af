"""Publishing: from a private build file to the release that `current.duckdb` points at, in one atomic step.

Belongs here: release ids, the refresh lock, moving a file, the link, retention and what a crash left behind. Does
not: whether the file is fit (see `fitness`), what its tables mean (see `meta`).

A release is a file in `releases/` that a manifest names. Any other file there is reported and never taken for one.
Ids grow from release to release, whatever the clock says, so their order is that in which they were published; which
one a release replaced stands in its manifest.

The order of steps is what makes a crash harmless at any point: the file is checked and synced under its
private name, then renamed, and only then the link is replaced. A marker names the release whose link is still
to come, so that the next refresh can tell a half-published file from a release somebody rolled back from.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.checksums import checksum
from orchestration.errors import LockedError, SetupError
from orchestration.release.fitness import verify
from orchestration.release.integrity import alteration
from orchestration.release.manifest import Manifest, manifest_path, write_manifest
from orchestration.release.places import require_fit
from orchestration.release.records import read_release
from orchestration.settings import Settings

RELEASE_ID = "%Y%m%dT%H%M%SZ"
# Clocks of a time server and a machine differ by less.
AHEAD = timedelta(hours=1)
# These stay, however old and large: the newest release, and one to go back to.
SPARED = 2
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Release:
    """One published file. `profile` is `UNREADABLE` where the file no longer tells."""

    id: str
    path: Path
    profile: str
    published_at: datetime
    bytes: int
    is_current: bool


class Warehouse:
    """The releases below `settings.home` and the one lock that guards them.

    Example:
        >>> with Warehouse(settings()).lock():                              # doctest: +SKIP
        ...     release_id = warehouse.new_release_id(datetime.now(UTC))
        ...     build = warehouse.build_path(release_id)                    # dbt and the catalogue fill it
        ...     warehouse.publish(build, release_id)
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._holder = settings.home / "refresh.holder.json"
        self._pending = settings.warehouse / "publishing"

    @property
    def memory_limit(self) -> str:
        """How much DuckDB may take to read a release."""
        return self._settings.memory_limit

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the refresh lock; the operating system frees it however the process ends.

        Raises:
            LockedError: if another process (or another handle of this one) holds it.
        """
        self._settings.home.mkdir(parents=True, exist_ok=True)
        try:
            acquired = FileLock(self._settings.home / "refresh.lock").acquire(blocking=False)
        except Timeout as error:
            holder_text = self._holder_text()
            raise LockedError(f"another refresh is running{holder_text}; wait for it to end") from error
        with acquired:
            holder = {"pid": os.getpid(), "started_at": datetime.now(UTC).isoformat(timespec="seconds")}
            self._holder.write_text(json.dumps(holder), encoding="utf-8")
            try:
                yield
            finally:
                self._holder.unlink(missing_ok=True)

    def new_release_id(self, now: datetime) -> str:
        """The id of a release made at `now` (an aware time), or a second after the newest there ever was.

        So it is later than all others also where the clock has been set back.

        Example:
            >>> warehouse.new_release_id(datetime(2026, 11, 22, 2, 30, tzinfo=UTC))  # doctest: +SKIP
            '20261122T023000Z'
        """
        moment, newest = now.astimezone(UTC), self._newest()
        if newest is not None:
            moment = max(moment, newest + timedelta(seconds=1))
        return moment.strftime(RELEASE_ID)

    def ahead(self, now: datetime) -> str | None:
        """That the newest release is dated later than `now` (an aware time); None if it is not.

        Example:
            >>> warehouse.ahead(datetime(2026, 11, 22, tzinfo=UTC))             # doctest: +SKIP
            'release 20271122T023000Z is dated 365 days after the clock of this machine, ...'
        """
        newest = self._newest()
        if newest is None or newest <= now + AHEAD:
            return None
        return (
            f"release {newest.strftime(RELEASE_ID)} is dated {(newest - now).days} days after the clock of this "
            "machine, which is wrong now or was wrong then"
        )

    def build_path(self, release_id: str) -> Path:
        """Where the private build file of a release is written; its folder exists afterwards."""
        self._settings.work.mkdir(parents=True, exist_ok=True)
        return self._settings.work / f"{release_id}.duckdb"

    @property
    def folder(self) -> Path:
        """Where releases, their manifests and the link are."""
        return self._settings.warehouse

    def publish(self, build: Path, release_id: str, manifest: Manifest, keep: int | None = None) -> Path:
        """Make the closed build file the current release and return its new path; `build` is gone then.

        The file must be fit (see `fitness.verify`). Old releases go (see `retain`); their manifests stay.

        Raises:
            GateError: if the file is not fit to be a release.
            SetupError: if the id is taken, or synthetic data would replace real data.
        """
        target, note = self._release_path(release_id), manifest_path(self.folder, release_id)
        if target.exists():
            raise SetupError(f"release {release_id} exists already; ask new_release_id for another id")
        row = verify(build, release_id)
        self.refuse_sample_over_real(row.profile)
        build.chmod(0o444)
        _sync(build)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._pending.write_text(release_id, encoding="utf-8")
        _sync(self._pending)
        write_manifest(replace(manifest, file_sha256=checksum(build)), note)
        with self._opened():
            build.replace(target)
            _sync(target.parent)
        self.point_current_at(target)
        self._pending.unlink()
        self.retain(keep)
        return target

    def refuse_sample_over_real(self, profile: str) -> None:
        """Stop before synthetic data take the place of a release made from publishers' files.

        Raises:
            SetupError: if `profile` is `sample` and the current release is of another profile, or it is not known which
                release is current.
        """
        current = self.current()
        if problem := self.lost_link():
            raise SetupError(problem)
        if profile == "sample" and current is not None and current.profile != "sample":
            raise SetupError(
                f"synthetic sample data would replace release {current.id} (profile {current.profile}) in "
                f"{self._settings.warehouse}; set CLUSTERS_HOME to another folder for the sample"
            )

    def current(self) -> Release | None:
        """The release that `current.duckdb` points at, or None where nothing is published."""
        path = self._current_path()
        return self._release(path, path) if path else None

    def comparable(self, profile: str) -> Release | None:
        """The current release, where a new one of this profile can be compared with it.

        It is not where it is of another profile, or its file is no longer what was published.

        Raises:
            SetupError: if its manifest is damaged.
        """
        current = self.current()
        if current is None or current.profile != profile or alteration(self.folder, current.path):
            return None
        return current

    def lost_link(self) -> str | None:
        """That releases are there and the link leads to none of them, with the remedy; None where all is well.

        Backups that follow links restore a copy in its place, and one of the releases alone brings no manifest. Taken
        for a home in which nothing was ever published, it would lose its history: nothing is compared, nothing is held
        back, and the sample may take its place.
        """
        if self._current_path():
            return None
        link = self._settings.current
        half_published = self._pending.read_text(encoding="utf-8").strip() if self._pending.exists() else None
        if files := [path for path in self._release_files() if path.stem != half_published]:
            return (
                f"{link} leads to no release, although {len(files)} are there. "
                f"Remedy: `clusters rollback {files[0].stem}` makes the newest of them current"
            )
        if link.exists() and link.resolve().stem != half_published:
            return (
                f"{link} leads to a file that no manifest in {self.folder / 'manifests'} names. Remedy: restore the "
                f"whole folder {self.folder} from one backup; to begin anew, move it away"
            )
        return None

    def strangers(self) -> list[Path]:
        """What stands among the releases and no manifest names, in order of names."""
        known = set(self._release_files())
        return sorted(path for path in self._settings.releases.glob("*") if path not in known)

    def releases(self) -> list[Release]:
        """All releases, newest first."""
        current = self._current_path()
        return [self._release(path, current) for path in self._release_files()]

    def retain(self, keep: int | None = None) -> list[str]:
        """Delete the releases beyond the limits of the settings, never the current one; returns the ids that went.

        Beyond them is a release after the `keep` newest (the settings' number without it), one that with all newer ones
        is larger than the settings' bytes, and the oldest if it is more than the settings' days older than the newest:
        one a time, for a clock that is wrong for a night makes all of them old, and none while the newest is dated
        ahead of the clock. Of the last two kinds the two newest that are whole stay. Readers that hold a deleted file
        open keep reading it.
        """
        of, current, files = self._settings, self._current_path(), self._release_files()
        sizes = accumulate(path.stat().st_size for path in files)
        beyond = [path for path, size in zip(files, sizes, strict=True) if size > of.keep_bytes]
        # By the newest and not by today: where nothing new comes, nothing goes.
        if files and _days_between(files[-1], files[0]) > of.keep_days and not self.ahead(datetime.now(UTC)):
            beyond.append(files[-1])
        spared = self._whole(files) if beyond else []
        old = files[of.keep_releases if keep is None else keep :] + [path for path in beyond if path not in spared]
        gone = [path for path in files if path in old and path != current]
        with self._opened() if gone else nullcontext():
            for path in gone:
                path.unlink()
        return [path.stem for path in gone]

    def sweep(self) -> list[Path]:
        """Remove what crashed refreshes left (call it under `lock`); returns the paths that went.

        That is all of the scratch folder, temporary links, a release renamed but never linked to, and half a sample.

        Raises:
            SetupError: if a folder leads elsewhere (see `places`); nothing is removed then.
        """
        settings = self._settings
        require_fit(settings)
        left = [*settings.work.glob("*"), *settings.warehouse.glob(".current-*"), *settings.home.glob(".sample.*")]
        if self._pending.exists():
            half_published = self._release_path(self._pending.read_text(encoding="utf-8").strip())
            if half_published != self._current_path():
                manifest = manifest_path(self.folder, half_published.stem)
                left += [path for path in (half_published, manifest) if path.is_file()]
            left.append(self._pending)
        with self._opened() if settings.releases.exists() else nullcontext():
            for path in left:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        return left

    def point_current_at(self, target: Path) -> None:
        """Replace the link `current.duckdb`, in one step, by one to a release (call it under `lock`)."""
        link = self._settings.current
        temporary = link.with_name(f".current-{target.stem}")
        temporary.unlink(missing_ok=True)
        # Relative, so that the whole home folder can be moved or mounted elsewhere.
        temporary.symlink_to(target.relative_to(link.parent))
        temporary.replace(link)
        _sync(link.parent)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """Lets files come and go among the releases; at all other times nobody but root may put one beside them."""
        folder = self._settings.releases
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        try:
            yield
        finally:
            folder.chmod(0o555)

    def _current_path(self) -> Path | None:
        link = self._settings.current
        target = link.resolve() if link.is_symlink() else None
        return next((path for path in self._release_files() if path.resolve() == target), None)

    def _release_path(self, release_id: str) -> Path:
        return self._settings.releases / f"{release_id}.duckdb"

    def _release_files(self) -> list[Path]:
        """Files that a manifest names, newest first."""
        found = sorted(self._settings.releases.glob("*.duckdb"), reverse=True)
        return [path for path in found if path.is_file() and manifest_path(self.folder, path.stem).exists()]

    def _newest(self) -> datetime | None:
        """When the newest release there ever was is dated; deleted ones have left their manifests."""
        moments = [_moment(path) for path in manifest_path(self.folder, "any").parent.glob("*.json")]
        return max((moment for moment in moments if moment), default=None)

    def _whole(self, files: Sequence[Path]) -> list[Path]:
        """The newest files that are what was published, as many as are spared."""

        def is_whole(path: Path) -> bool:
            with suppress(SetupError):  # of its manifest, which is damaged
                return alteration(self.folder, path) is None
            return False

        return list(islice(filter(is_whole, files), SPARED))

    def _release(self, path: Path, current: Path | None) -> Release:
        size = path.stat().st_size
        try:
            row = read_release(path)
        except SetupError:
            made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            return Release(path.stem, path, UNREADABLE, made, size, path == current)
        return Release(path.stem, path, row.profile, row.published_at, size, path == current)

    def _holder_text(self) -> str:
        with suppress(OSError, ValueError, KeyError):
            holder = json.loads(self._holder.read_text(encoding="utf-8"))
            return f" (process {holder['pid']}, since {holder['started_at']})"
        return ""


def _moment(path: Path) -> datetime | None:
    """When a release is dated, by its name; None where that is no id of ours."""
    with suppress(ValueError):
        return datetime.strptime(path.stem, RELEASE_ID).replace(tzinfo=UTC)
    return None


def _days_between(earlier: Path, later: Path) -> int:
    """Days between two releases, by their ids; 0 where one is no release of ours."""
    one, other = _moment(earlier), _moment(later)
    return (other - one).days if one and other else 0


def _sync(path: Path) -> None:
    """Wait until a file or a folder's entries are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
