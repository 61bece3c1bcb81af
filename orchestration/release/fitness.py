"""Whether a build file is fit to be a release: what it holds, and which DuckDB can read it.

Belongs here: looking at a file as a file. Does not: whether its numbers are right (`quality`), moving it (`publish`).
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from orchestration.errors import GateError, SetupError
from orchestration.release.records import ReleaseRow, read_release

OLDEST_READER = (1, 2, 0)
MACROS = {("main", "cluster_dynamics_between")}
"""Macros that may stand in a release, by schema and name: they read nothing but its tables."""
VIEWS = {
    ("main", name)
    for name in (
        "cluster_profile",
        "indicator_value",
        "industry_profile",
        "industry_specialisation",
        "opportunity_profile",
    )
}
"""Views that may, likewise."""
# What every reader knows, through ODBC and SQLAlchemy too; they stop at a table with a map, a list or a struct in it.
PLAIN = r"(BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|FLOAT|DOUBLE|DECIMAL\(.*\)|VARCHAR|DATE|TIMESTAMP)"


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
