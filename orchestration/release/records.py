"""The rows of schema `meta`, and how to read them from a release.

Belongs here: the shape of what a release says about itself. Does not: filling it in (see `meta`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from orchestration.checksums import REMEMBERED, version_of
from orchestration.errors import SetupError
from orchestration.quality.profiles import TableProfile
from orchestration.quality.verdict import CheckResult

Row = TypeVar("Row")


@dataclass(frozen=True)
class ReleaseRow:
    """The row of `meta.release`; times are aware. What stands below `inputs_hash` releases made earlier lack."""

    release_id: str
    built_at: datetime
    published_at: datetime
    code_version: str
    previous_release_id: str | None
    profile: str
    inputs_hash: str
    sources_asked_at: datetime | None = None
    oldest_source_fetched_at: datetime | None = None
    sources_kept: int | None = None


@dataclass(frozen=True)
class SourceSnapshot:
    """One edition of a dataset as it stood, such as `bls_qcew:2016`; `bytes` and `rows` are sums over files.

    `url`, `etag`, `last_modified` and `sha256` are those of its first file; see `SourceFile` for each.
    `outcome` is what the refresh did, `tried` on what the parser was tried; releases made earlier lack them.
    """

    source_id: str
    publisher: str
    dataset: str
    reference_period: str
    url: str
    fetched_at: datetime
    etag: str | None
    last_modified: str | None
    bytes: int
    sha256: str
    licence: str
    rows: int
    outcome: str | None = None
    tried: str | None = None


@dataclass(frozen=True)
class SourceFile:
    """One landed file of a snapshot."""

    source_id: str
    url: str
    fetched_at: datetime
    etag: str | None
    last_modified: str | None
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ColumnEntry:
    """One column of the data dictionary; `position` counts from 1."""

    schema_name: str
    table_name: str
    column_name: str
    position: int
    data_type: str
    unit: str
    meaning: str
    nullable: bool
    citation: str


@dataclass(frozen=True)
class IndicatorEntry:
    """How one computed column is defined."""

    table_name: str
    column_name: str
    formula: str
    unit: str
    citation: str
    threshold: str | None
    authority: str | None


@dataclass(frozen=True)
class Catalogue:
    """What a refresh knows about the release it has built."""

    release: ReleaseRow
    snapshots: Sequence[SourceSnapshot]
    files: Sequence[SourceFile]
    checks: Sequence[CheckResult]
    profiles: Sequence[TableProfile]


def read_release(path: Path) -> ReleaseRow:
    """The row of `meta.release` of a release or build file, read once a process as long as nothing touches the file.

    Raises:
        SetupError: if the file is not a release of this warehouse.
    """
    try:
        return _release_row(path, version_of(path))
    except OSError as error:
        raise SetupError(f"{path.name}: not a release of this warehouse: {error}") from error


# A night asks some eight times what it compares with, and each time DuckDB opens the file anew.
@lru_cache(maxsize=REMEMBERED)
def _release_row(path: Path, _version: tuple[int, ...]) -> ReleaseRow:
    rows = _read(path, "release", ReleaseRow)
    if len(rows) != 1:
        raise SetupError(f"{path.name}: meta.release has {len(rows)} rows instead of one; publish again")
    return rows[0]


def read_snapshots(path: Path) -> list[SourceSnapshot]:
    """What a release was made from, by source_id; raises SetupError as `read_release` does."""
    return _read(path, "source_snapshot", SourceSnapshot)


def read_files(path: Path) -> list[SourceFile]:
    """Every landed file a release was made from; raises SetupError as `read_release` does."""
    return _read(path, "source_file", SourceFile)


def read_checks(path: Path) -> list[CheckResult]:
    """Every gate's finding on a release; raises SetupError as `read_release` does."""
    return _read(path, "check_result", CheckResult)


def read_profiles(path: Path) -> list[TableProfile]:
    """How large each table of a release is, time by time; raises SetupError as `read_release` does.

    Of a release whose profiles were not parted by type of region, what they say of each type: that it was there, and
    how many regions it had.
    """
    return [part for profile in _read(path, "table_profile", TableProfile) for part in _parted(profile)]


def _parted(profile: TableProfile) -> list[TableProfile]:
    counts: Any = profile.regions
    if not isinstance(counts, Mapping):
        return [profile]
    whole = replace(profile, regions=None)
    unknown = replace(whole, rows=None, employment=None, suppressed_share=None)
    return [replace(unknown, region_type=kind, regions=n) for kind, n in counts.items()] or [whole]


def read_dictionary(path: Path) -> list[ColumnEntry]:
    """The data dictionary of a release, in order of columns; raises SetupError as `read_release` does."""
    return sorted(
        _read(path, "column_dictionary", ColumnEntry), key=lambda c: (c.schema_name, c.table_name, c.position)
    )


def _read(path: Path, table: str, kind: type[Row]) -> list[Row]:
    try:
        with duckdb.connect(path, read_only=True) as con:
            present = {row[0] for row in con.execute(f"DESCRIBE meta.{table}").fetchall()}
            # Releases made before a column was added stay readable.
            wanted = [f.name for f in fields(kind) if f.name in present or f.default is MISSING]  # type: ignore[arg-type]
            columns = ", ".join(f'"{name}"' for name in wanted)
            rows = con.execute(f"SELECT {columns} FROM meta.{table} ORDER BY ALL").fetchall()
    except duckdb.Error as error:
        if "lock on file" in str(error):
            raise SetupError(
                f"{path.name}: another program has it open for writing, which keeps all readers out ({error}). "
                "Remedy: end that program; for containers, mount the warehouse's folder read-only."
            ) from error
        raise SetupError(f"{path.name}: not a release of this warehouse: {error}") from error
    return [kind(**dict(zip(wanted, map(_loaded, row), strict=True))) for row in rows]


def _loaded(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
