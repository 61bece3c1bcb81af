"""What a release changes in figures that an earlier one held: the rows of `meta.revision`, and of `clusters diff`.

Belongs here: which tables and years of two releases are compared. Does not: the comparison itself
(`orchestration.quality.comparison`), what is too much (`orchestration.quality.revision`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contracts import TableContract, mart_contracts
from orchestration.quality.comparison import ALL, Revision, compare
from orchestration.quality.engine import columns_of, literal, quoted
from orchestration.release.contents import TableContent, differing, table_contents
from orchestration.release.reading import opened
from orchestration.release.records import read_snapshots

SHOWN_DIGITS = 12


def revisions(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, TableContract],
    contents: Sequence[TableContent],
    before: Path | None,
    contents_before: Sequence[TableContent] | None = None,
) -> list[Revision]:
    """Compare the tables of an open build or release, whose `contents` are given, with those of the release `before`.

    What that one holds is looked up in its tables where `contents_before` does not tell. Only the years whose hashes
    differ are read row by row. A table or year that only one of the two holds, and everything if there is no release
    before, gets a row for the whole table that says that no cell was compared.

    Example:
        >>> with duckdb.connect(later, read_only=True) as con:                   # doctest: +SKIP
        ...     revisions(con, mart_contracts(), table_contents(con, mart_contracts().values()), earlier)
    """
    found = _compared(con, tables, contents, before, contents_before) if before else []
    compared = {(r.table_name, r.year, r.column_name) for r in found if r.entity_id == ALL}
    return found + [
        Revision(content.table_name, ALL, content.year, column, 0, 0, 0, 0, None, None, None)
        for content in contents
        for column in columns_of(con, content.table_name)
        if column not in tables[content.table_name].grain and (content.table_name, content.year, column) not in compared
    ]


@dataclass(frozen=True)
class Difference:
    """How a later release differs from an earlier one, as `clusters diff` shows it.

    `tables` are in both. `sources` are (source_id, checksum before, checksum now) where they differ, `rows` (table,
    year, rows before, rows now) and `columns` (table, column, type before, type now) of what is in both likewise; an
    empty text stands for what is not there.
    """

    tables: list[str]
    sources: list[tuple[str, str, str]]
    rows: list[tuple[str, str, str, str]]
    columns: list[tuple[str, str, str, str]]
    revisions: list[Revision]


def difference(before: Path, now: Path, memory_limit: str) -> Difference:
    """Compare two release files, by the contracts of today.

    Raises:
        SetupError: if one of them is not a release.

    Example:
        >>> difference(earlier.path, later.path, "1GB").revisions[0].column_name        # doctest: +SKIP
        'employment'
    """
    tables = mart_contracts()
    with opened(before, memory_limit) as con:
        contents_before, types_before = table_contents(con, tables.values()), _types(con)
    with opened(now, memory_limit) as con:
        contents, types = table_contents(con, tables.values()), _types(con)
        found = _compared(con, tables, contents, before, contents_before) if before != now else []
    sums = [{s.source_id: s.sha256[:SHOWN_DIGITS] for s in read_snapshots(path)} for path in (before, now)]
    rows = [{(c.table_name, c.year): c.rows for c in held} for held in (contents_before, contents)]
    return Difference(
        tables=sorted({c.table_name for c in contents_before} & {c.table_name for c in contents}),
        sources=[(key, *both) for key, both in _unequal(*sums)],
        rows=[(key[0], str(key[1] or ""), *both) for key, both in _unequal(*rows)],
        columns=[(*key, *both) for key, both in _unequal(*_of_both(types_before, types))],
        revisions=found,
    )


def _types(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """The type of each column of the tables and views that analysts query."""
    rows = con.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal"
    ).fetchall()
    return {(table, column): kind for table, column, kind in rows}


def _of_both(
    before: Mapping[tuple[str, str], str], now: Mapping[tuple[str, str], str]
) -> list[dict[tuple[str, str], str]]:
    """Both without the columns of tables that came or went as a whole."""
    tables = {table for table, _ in before} & {table for table, _ in now}
    return [{key: kind for key, kind in side.items() if key[0] in tables} for side in (before, now)]


def _unequal(before: Mapping[Any, Any], now: Mapping[Any, Any]) -> list[tuple[Any, tuple[str, str]]]:
    """The keys whose values differ, with both as text."""
    keys = sorted(before.keys() | now.keys())
    return [(k, (_shown(before.get(k)), _shown(now.get(k)))) for k in keys if before.get(k) != now.get(k)]


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _compared(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, TableContract],
    contents: Sequence[TableContent],
    before: Path,
    contents_before: Sequence[TableContent] | None = None,
) -> list[Revision]:
    if contents_before is None:
        [(limit,)] = con.execute("SELECT current_setting('memory_limit')").fetchall()
        with opened(before, limit) as earlier:
            contents_before = table_contents(earlier, tables.values())
    changed = differing(contents_before, contents)
    found: list[Revision] = []
    con.execute(f"ATTACH {literal(str(before))} AS earlier_release (READ_ONLY)")
    try:
        for name in {c.table_name for c in contents_before} & {c.table_name for c in contents}:
            equal = {c.year for c in contents if c.table_name == name} - set(changed.get(name, []))
            table = f"main.{quoted(name)}"
            found += compare(con, tables[name], f"earlier_release.{table}", table, equal_years=equal)
    finally:
        con.execute("DETACH earlier_release")
    return found
