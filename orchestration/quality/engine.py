"""What a gate reads: a closed DuckDB file or Parquet, as one DuckDB connection that cannot change it.

Belongs here: opening, and asking for a table's columns. Does not: what is checked, SQLAlchemy (see
`dialect`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

# DuckDB would draw its bar into the log of the night.
QUIET = "SET enable_progress_bar = false"


@contextmanager
def open_file(path: Path, *, threads: int = 2, memory_limit: str = "4GB") -> Iterator[duckdb.DuckDBPyConnection]:
    """A closed DuckDB file, opened so that nothing can change it; its schema `main` is the search path.

    Raises:
        duckdb.Error: if the file is absent, not DuckDB's, or open for writing elsewhere.

    Example:
        >>> with open_file(Path("data/warehouse/current.duckdb")) as con:  # doctest: +SKIP
        ...     con.execute("SELECT count(*) FROM employment").fetchone()
    """
    con = duckdb.connect(str(path), read_only=True, config={"threads": threads, "memory_limit": memory_limit})
    con.execute(QUIET)
    try:
        yield con
    finally:
        con.close()


@contextmanager
def open_parquet(
    tables: Mapping[str, Path | str | list[Path]], *, threads: int = 2, memory_limit: str = "4GB"
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database with a view per tidy table, over a Parquet file, a pattern or a list of files.

    Raises:
        duckdb.Error: if a file is absent or not Parquet.

    Example:
        >>> with open_parquet({"qcew": "data/tidy/qcew/*.parquet"}) as con:  # doctest: +SKIP
        ...     con.execute("SELECT count(*) FROM qcew").fetchone()
    """
    con = duckdb.connect(config={"threads": threads, "memory_limit": memory_limit})
    con.execute(QUIET)
    try:
        for name, files in tables.items():
            paths = [str(f) for f in files] if isinstance(files, list) else str(files)
            con.read_parquet(paths).create_view(name)
        yield con
    finally:
        con.close()


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
