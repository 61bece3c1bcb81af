"""Publishing: from a private build file to the release that `current.duckdb` points at, in one atomic step.

Belongs here: release ids, the refresh lock, the checks of a file as a file, moving it, the link, retention
and what a crash left behind. Does not: what the tables mean (see `catalogue`), whether their numbers are
right (`quality`).

The order of steps is what makes a crash harmless at any point: the file is checked and synced under its
private name, then renamed, and only then the link is replaced. A marker names the release whose link is still
to come, so that the next refresh can tell a half-published file from a release somebody rolled back from.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from orchestration.errors import GateError, LockedError, SetupError
from orchestration.release.integrity import alteration, checksum
from orchestration.release.manifest import Manifest, manifest_path, write_manifest
from orchestration.release.places import require_fit
from orchestration.release.records import ReleaseRow, read_release
from orchestration.settings import Settings

RELEASE_ID = "%Y%m%dT%H%M%SZ"
OLDEST_READER = (1, 2, 0)
# These stay, however old and large: the current release, and one to go back to.
SPARED = 2
UNREADABLE = "unreadable"
MACROS = {("main", "cluster_dynamics_between")}
"""Macros that may stand in a release, by schema and name: they read nothing but its tables."""
VIEWS = {("main", "industry_specialisation")}
"""Views that may, likewise."""
# What every reader knows, through ODBC and SQLAlchemy too; they stop at a table with a map, a list or a struct in it.
PLAIN = r"(BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|FLOAT|DOUBLE|DECIMAL\(.*\)|VARCHAR|DATE|TIMESTAMP)"


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
        """The id of a release made at `now` (an aware time); the next free second where that one is taken.

        Example:
            >>> warehouse.new_release_id(datetime(2026, 11, 22, 2, 30, tzinfo=UTC))  # doctest: +SKIP
            '20261122T023000Z'
        """
        moment = now.astimezone(UTC)
        while self._release_path(release_id := moment.strftime(RELEASE_ID)).exists():
            moment += timedelta(seconds=1)
        return release_id

    def build_path(self, release_id: str) -> Path:
        """Where the private build file of a release is written; its folder exists afterwards."""
        self._settings.work.mkdir(parents=True, exist_ok=True)
        return self._settings.work / f"{release_id}.duckdb"

    @property
    def folder(self) -> Path:
        """Where releases, their manifests and the link are."""
        return self._settings.warehouse

    def publish(self, build: Path, release_id: str, keep: int | None = None, manifest: Manifest | None = None) -> Path:
        """Make the closed build file the current release and return its new path; `build` is gone then.

        The file must hold schemas `main` and `meta` only, no view but `VIEWS`, no macro but `MACROS`, no empty table,
        plain types, one row in `meta.release` that names this release, and a storage version that DuckDB 1.2 reads. Old
        releases go (see `retain`); their manifests stay.

        Raises:
            GateError: if the file is not fit to be a release.
            SetupError: if the id is taken, or synthetic data would replace real data.
        """
        target = self._release_path(release_id)
        if target.exists():
            raise SetupError(f"release {release_id} exists already; ask new_release_id for another id")
        row = verify(build, release_id)
        self.refuse_sample_over_real(row.profile)
        build.chmod(0o444)
        _sync(build)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._pending.write_text(release_id, encoding="utf-8")
        _sync(self._pending)
        if manifest is not None:
            sealed = replace(manifest, file_sha256=checksum(build))
            write_manifest(sealed, manifest_path(self.folder, release_id))
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

        Backups that follow links restore a copy in its place. Taken for a home in which nothing was ever published, it
        would lose its history: nothing is compared, nothing is held back, and the sample may take its place.
        """
        half_published = self._pending.read_text(encoding="utf-8").strip() if self._pending.exists() else None
        files = [path for path in self._release_files() if path.stem != half_published]
        if not files or self._current_path():
            return None
        return (
            f"{self._settings.current} leads to no release, although {len(files)} are there. "
            f"Remedy: `clusters rollback {files[0].stem}` makes the newest of them current"
        )

    def releases(self) -> list[Release]:
        """All releases, newest first."""
        current = self._current_path()
        return [self._release(path, current) for path in self._release_files()]

    def retain(self, keep: int | None = None) -> list[str]:
        """Delete the releases beyond the limits of the settings, never the current one; returns the ids that went.

        Beyond them is a release after the `keep` newest (the settings' number without it), one more than the settings'
        days older than the newest, and one that with all newer ones is larger than the settings' bytes; of the last
        two kinds the two newest stay. Readers that hold a deleted file open keep reading it.
        """
        of, current, files = self._settings, self._current_path(), self._release_files()
        sizes = accumulate(path.stat().st_size for path in files)
        # By the newest and not by today: where nothing new comes, nothing goes.
        ages = [_days_between(path, files[0]) for path in files]
        old = [
            path
            for place, (path, size, age) in enumerate(zip(files, sizes, ages, strict=True))
            if path != current
            and (
                place >= (of.keep_releases if keep is None else keep)
                or (place >= SPARED and (age > of.keep_days or size > of.keep_bytes))
            )
        ]
        for path in old:
            path.unlink()
        return [path.stem for path in old]

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

    def _current_path(self) -> Path | None:
        link = self._settings.current
        target = link.resolve()
        return target if link.is_symlink() and target.is_file() else None

    def _release_path(self, release_id: str) -> Path:
        return self._settings.releases / f"{release_id}.duckdb"

    def _release_files(self) -> list[Path]:
        return sorted(self._settings.releases.glob("*.duckdb"), reverse=True)

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


def _days_between(earlier: Path, later: Path) -> int:
    """Days between two releases, by their ids; 0 where one is no release of ours."""
    with suppress(ValueError):
        one, other = (datetime.strptime(path.stem, RELEASE_ID) for path in (earlier, later))
        return (other - one).days
    return 0


def verify(build: Path, release_id: str) -> ReleaseRow:
    """Checkpoint a build file and check that it is fit to be a release; returns its row of `meta.release`.

    Raises:
        GateError: naming the file and what is wrong with it.
    """
    if not build.is_file():
        raise GateError(f"{build.name}: the build file is missing; run the refresh again")
    try:
        with duckdb.connect(build) as con:
            con.execute("CHECKPOINT")
        if build.with_name(f"{build.name}.wal").exists():
            raise GateError(f"{build.name}: a write-ahead log is left after CHECKPOINT; close every writer")
        with duckdb.connect(build, read_only=True) as con:
            _verify_storage(con, build.name)
            _verify_contents(con, build.name)
    except duckdb.Error as error:
        raise GateError(f"{build.name}: DuckDB cannot open the build file as a release: {error}") from error
    try:
        row = read_release(build)
    except SetupError as error:
        raise GateError(str(error)) from error
    if row.release_id != release_id:
        raise GateError(f"{build.name}: meta.release names release {row.release_id}, not {release_id}")
    return row


def _verify_storage(con: duckdb.DuckDBPyConnection, name: str) -> None:
    found = con.sql("SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal").fetchone()
    tag = str(found[0]) if found else ""
    version = tuple(int(number) for number in re.findall(r"\d+", tag))
    if not version or version > OLDEST_READER:
        oldest = ".".join(map(str, OLDEST_READER))
        raise GateError(
            f"{name}: storage version is {tag or 'unknown'}, which DuckDB {oldest} cannot read; "
            f"attach the build file with STORAGE_VERSION 'v{oldest}'"
        )


def _verify_contents(con: duckdb.DuckDBPyConnection, name: str) -> None:
    schemas = {
        row[0]
        for row in con.execute(
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database() AND NOT internal"
        ).fetchall()
    }
    if others := sorted(schemas - {"main", "meta"}):
        raise GateError(f"{name}: a release holds schemas main and meta only, found also {', '.join(others)}")
    views = con.sql("SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL").fetchall()
    if others := [".".join(view) for view in views if view not in VIEWS]:
        raise GateError(f"{name}: a release holds no view but its own, found {', '.join(others)}")
    for schema, view in views:
        # Analysts attach the file by any name: what a view reads has to be found in the file it stands in.
        con.execute(f'FROM {schema}."{view}" LIMIT 0')
    macros = con.sql(
        "SELECT DISTINCT schema_name, function_name FROM duckdb_functions() "
        "WHERE database_name = current_database() AND NOT internal ORDER BY ALL"
    ).fetchall()
    if others := [".".join(macro) for macro in macros if macro not in MACROS]:
        raise GateError(f"{name}: a release holds no macro but its own, found {', '.join(others)}")
    columns = con.execute(
        "SELECT concat_ws('.', schema_name, table_name, column_name), data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND NOT internal AND NOT regexp_full_match(data_type, ?) ORDER BY 1",
        [PLAIN],
    ).fetchall()
    if columns:
        odd = ", ".join(f"{column} ({kind})" for column, kind in columns)
        raise GateError(f"{name}: a release holds plain types only, found {odd}; see the table's contract")
    tables = con.sql("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
    if not any(schema == "main" for schema, _ in tables):
        raise GateError(f"{name}: schema main holds no table; did dbt build?")
    # A gate may have found that a table is rightly empty, for want of a second year to compare, say.
    rightly = (
        "SELECT table_name FROM meta.check_result WHERE check_name = 'row_count' AND passed AND observed = '0 rows'"
    )
    may_be_empty = {("main", row[0]) for row in con.sql(rightly).fetchall()}
    for schema, table in tables:
        if (schema, table) not in may_be_empty and not con.table(f'{schema}."{table}"').limit(1).fetchone():
            raise GateError(f"{name}: table {schema}.{table} is empty; see which source gave no rows")


def _sync(path: Path) -> None:
    """Wait until a file or a folder's entries are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
