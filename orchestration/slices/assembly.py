"""Assembly: the build file of a release from the last release's tables and from slices, files with some years' tables.

Belongs here: which rows stay, which come. Does not: what must be made (see `ledger`), making it (dbt), publishing.

The last release's file is copied and what changed in it is deleted, which costs the same for any number of years that
did not change. DuckDB gives deleted space back only to later rows, so a file that has grown hollow is written anew.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.quality.engine import literal, quoted

# The oldest DuckDB that analysts may use reads this.
STORAGE = "v1.2.0"
# Share of a file that may be empty before it is written anew.
HOLLOW = 0.3
BUILD = "build"
# Memory of DuckDB in each step.
LIMIT = "2GB"


@contextmanager
def opened(build: Path, memory_limit: str = LIMIT) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose current database is the build file; it is made if it is not there."""
    with duckdb.connect(config={"memory_limit": memory_limit, "preserve_insertion_order": False}) as con:
        con.execute(f"ATTACH {literal(str(build))} AS {BUILD} (STORAGE_VERSION '{STORAGE}')")
        con.execute(f"USE {BUILD}")
        yield con
        con.execute("CHECKPOINT")


def start_from(release: Path, build: Path, kept: Mapping[str, Collection[int] | None]) -> None:
    """Lays out a build file with what stays of a release: of each table the rows of these years, and no other table.

    Views and macros go as well: they are made of the whole.

    Args:
        release: the file of the release before.
        build: where the build file will be; not there yet.
        kept: years by name of table; None for all of its rows.
    """
    shutil.copyfile(release, build)
    build.chmod(0o644)
    with opened(build) as con:
        for schema, table in con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()"
        ).fetchall():
            name = f"{quoted(schema)}.{quoted(table)}"
            chosen = kept.get(table, ()) if schema == "main" else ()
            if chosen is None:
                continue
            years = ", ".join(str(year) for year in sorted(chosen))
            if years:
                con.execute(f"DELETE FROM {name} WHERE year NOT IN ({years})")
            else:
                con.execute(f"DROP TABLE {name}")
        for kind, schema, name in con.execute(
            "SELECT 'VIEW', schema_name, view_name FROM duckdb_views() "
            "WHERE database_name = current_database() AND NOT internal UNION ALL "
            "SELECT DISTINCT 'MACRO TABLE', schema_name, function_name FROM duckdb_functions() "
            "WHERE database_name = current_database() AND NOT internal"
        ).fetchall():
            con.execute(f"DROP {kind} {quoted(schema)}.{quoted(name)}")


def take_in(build: Path, part: Path, made: Mapping[str, Collection[int]]) -> None:
    """Adds tables of a slice to the build file, in place of the rows that those years had.

    A table that has other columns in the slice begins anew: the code that makes it has changed, so all of its years are
    made again.

    Args:
        build: the build file.
        part: the file of the slice.
        made: years by name of table.
    """
    with opened(build) as con:
        con.execute(f"ATTACH {literal(str(part))} AS part (READ_ONLY)")
        for table, years in made.items():
            name, chosen = quoted(table), ", ".join(str(year) for year in sorted(years))
            rows = f"SELECT * FROM part.main.{name} WHERE year IN ({chosen})"
            if _columns(con, BUILD, table) == _columns(con, "part", table):
                con.execute(f"DELETE FROM {name} WHERE year IN ({chosen})")
                con.execute(f"INSERT INTO {name} BY NAME {rows}")
            else:
                con.execute(f"CREATE OR REPLACE TABLE {name} AS {rows}")
        con.execute("DETACH part")


def _columns(con: duckdb.DuckDBPyConnection, database: str, table: str) -> list[tuple[str, str]]:
    """Names and types, in alphabetical order; none of a table that is not there."""
    found = con.execute(
        "SELECT column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = 'main' AND table_name = ? ORDER BY ALL",
        [database, table],
    )
    return found.fetchall()


def copy_without(build: Path, to: Path, left_out: Collection[str]) -> None:
    """Writes what a build file holds into another file, but for some of its tables."""
    to.unlink(missing_ok=True)
    # Not by `opened`: rows stay in their order.
    with duckdb.connect(str(to), config={"memory_limit": LIMIT}) as con:
        con.execute(f"ATTACH {literal(str(build))} AS {BUILD} (READ_ONLY)")
        for schema, table in con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY ALL", [BUILD]
        ).fetchall():
            if table not in left_out:
                name = f"{quoted(schema)}.{quoted(table)}"
                con.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
                con.execute(f"CREATE TABLE {name} AS FROM {BUILD}.{name}")


def delete_spans(build: Path, table: str, years: Collection[int]) -> None:
    """Takes the spans out of a table of spans of years that begin, end or lie around one of these years.

    Without a span left, the table goes too: where the code that makes it has changed, it may get other columns.
    """
    with opened(build) as con:
        if years and con.execute("FROM duckdb_tables() WHERE table_name = ?", [table]).fetchone():
            around = " OR ".join(f"{year} BETWEEN from_year AND to_year" for year in sorted(years))
            con.execute(f"DELETE FROM {quoted(table)} WHERE {around}")
            if not con.execute(f"FROM {quoted(table)} LIMIT 1").fetchone():
                con.execute(f"DROP TABLE {quoted(table)}")


def compact(build: Path) -> bool:
    """Writes a build file anew that deleted rows have left hollow; returns whether it did."""
    with opened(build) as con:
        con.execute("CHECKPOINT")
        row = con.execute(
            "SELECT total_blocks, free_blocks FROM pragma_database_size() WHERE database_name = 'build'"
        ).fetchone()
        total, free = row or (0, 0)
        if free <= HOLLOW * total:
            return False
        dense = build.with_suffix(".dense")
        dense.unlink(missing_ok=True)
        con.execute(f"ATTACH {literal(str(dense))} AS dense (STORAGE_VERSION '{STORAGE}')")
        con.execute("COPY FROM DATABASE build TO dense")
        con.execute("DETACH dense")
    dense.replace(build)
    return True
