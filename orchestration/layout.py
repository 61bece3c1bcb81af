"""The folder of links by which dbt finds the tidy partitions of a build.

Belongs here: which partitions are laid out under which table for which years, and empty files where there are none.
Does not: what a partition is (`partitions`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

import duckdb

from orchestration.naics import patterns_years_back
from orchestration.partitions import Partition
from orchestration.settings import Settings
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Source
from orchestration.sources.tidy import literal, quoted

# What stands behind the name of a table for the rows of the years after those that are built, and for those of the
# same years and of a few before them.
AFTER, RECENT = "_after", "_recent"


def link_partitions(
    partitions: Sequence[Partition], settings: Settings, years: Iterable[int] | None = None, folder: Path | None = None
) -> Path:
    """Lays out the partitions of a build as `<table>/<edition>.parquet` in a folder where dbt's sources look.

    Of sources by year those of `years`, all if None; as `<table>_after` those of the year after each, and as
    `<table>_recent` those that are recent in one of them. The folder is `<work>/tidy` if none is named. Links, not
    copies: the tidy folder stays the only place with the bytes. A table of which nothing is landed gets an empty file
    with its columns, so that what reads it is empty too.
    """
    folder = folder or settings.work / "tidy"
    shutil.rmtree(folder, ignore_errors=True)
    for partition in partitions:
        for table in _places(partition, None if years is None else set(years)):
            link = folder / table / f"{partition.edition}.parquet"
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(settings.tidy / partition.path)
    for source in SOURCES.values():
        for ending in ("", AFTER, RECENT) if source.by_year else ("",):
            if not (folder / f"{source.table}{ending}").exists():
                _write_none(source, folder / f"{source.table}{ending}")
    return folder


def _places(partition: Partition, years: Set[int] | None) -> list[str]:
    """The names of the folders that a partition is read from in a build of these years."""
    table = partition.table
    if not SOURCES[partition.source_id].by_year:
        return [table]
    if years is None:
        return [table, f"{table}{AFTER}", f"{table}{RECENT}"]
    own = int(partition.period)
    found = {"": own in years, AFTER: own - 1 in years, RECENT: any(is_recent(partition, year) for year in years)}
    return [f"{table}{ending}" for ending, is_read in found.items() if is_read]


def is_recent(partition: Partition, year: int) -> bool:
    """Whether a partition is of the year, or of one of those before it that its estimates heed."""
    return year - patterns_years_back() <= int(partition.period) <= year


def write_empty(tables: Iterable[str], folder: Path) -> dict[str, Path]:
    """An empty Parquet file with the contract's columns for every declared table that is not among `tables`."""
    there = set(tables)
    return {
        source.table: _write_none(source, folder / source.table)
        for source in SOURCES.values()
        if source.table not in there
    }


def _write_none(source: Source, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "none.parquet"
    with duckdb.connect() as con:
        con.execute(f"COPY ({_no_rows(source)}) TO {literal(str(path))} (FORMAT parquet)")
    return path


def _no_rows(source: Source) -> str:
    columns = ", ".join(f"NULL::{c.data_type} AS {quoted(c.name)}" for c in source.contract.columns)
    return f"SELECT {columns} WHERE FALSE"
