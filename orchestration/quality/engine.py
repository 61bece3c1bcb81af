"""What a gate reads: a closed DuckDB file or Parquet, as one DuckDB connection that cannot change it.

Belongs here: opening, and asking for a table's columns. Does not: what is checked, SQLAlchemy (see
`dialect`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

# DuckDB would draw its bar into the log of the night.
QUIET = "SET enable_progress_bar = false"
EVERY = "every_"
"""Before the name of a table, all of it, where the name alone means some of its years."""


@contextmanager
def open_file(
    path: Path, years: Mapping[str, Collection[int] | None] | None = None, **limits: Any
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A closed DuckDB file, opened so that nothing can change it: views of the tables of its schema `main`.

    Args:
        path: the file.
        years: of a table that is named here with some years, the view of its name shows these, and `every_<table>` all.
        limits: settings of DuckDB: `threads`, `memory_limit`, `temp_directory`.

    Raises:
        duckdb.Error: if the file is absent, not DuckDB's, or open for writing elsewhere.

    Example:
        >>> with open_file(Path("data/warehouse/current.duckdb")) as con:  # doctest: +SKIP
        ...     con.execute("SELECT count(*) FROM employment").fetchone()
    """
    with _opened(limits) as con:
        con.execute(f"ATTACH {literal(str(path))} AS file (READ_ONLY)")
        tables = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'file' AND schema_name = 'main'"
        for (table,) in con.execute(tables).fetchall():
            rows = f"FROM file.main.{quoted(table)}"
            if chosen := (years or {}).get(table):
                con.execute(f"CREATE VIEW {quoted(EVERY + table)} AS {rows}")
                rows += f" WHERE year IN ({', '.join(map(str, sorted(chosen)))})"
            con.execute(f"CREATE VIEW {quoted(table)} AS {rows}")
        yield con


@contextmanager
def open_parquet(
    tables: Mapping[str, Path | str] | Mapping[str, list[Path]], **limits: Any
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database with a view per tidy table, over a Parquet file, a pattern or a list of files.

    `limits` as in `open_file`.

    Raises:
        duckdb.Error: if a file is absent or not Parquet.

    Example:
        >>> with open_parquet({"qcew": "data/tidy/qcew/*.parquet"}) as con:  # doctest: +SKIP
        ...     con.execute("SELECT count(*) FROM qcew").fetchone()
    """
    with _opened(limits) as con:
        for name, files in tables.items():
            paths = [str(f) for f in files] if isinstance(files, list) else str(files)
            con.read_parquet(paths).create_view(name)
        yield con


@contextmanager
def _opened(limits: Mapping[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=dict(limits)) as con:
        con.execute(QUIET)
        yield con


def columns_of(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Column names and DuckDB types of a table or view, in order; empty if there is no such table.

    Example:
        >>> with duckdb.connect() as con:
        ...     _ = con.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        ...     columns_of(con, "t")
        {'a': 'INTEGER', 'b': 'VARCHAR'}
    """
    try:
        return {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {quoted(table)}").fetchall()}
    except duckdb.CatalogException:
        return {}


def quoted(name: str) -> str:
    """A name as a DuckDB identifier.

    Example:
        >>> quoted('a"b')
        '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal.

    Example:
        >>> literal("Queen Anne's County")
        "'Queen Anne''s County'"
    """
    return "'" + text.replace("'", "''") + "'"
