"""The catalogue inside a release: schema `meta`, made from the contracts beside this module, and comments.

Belongs here: filling `meta`, comments. Does not: the shape of the rows and reading them back (see `records`), what a
release is made from (see `inputs`), publishing the file (see `publish`), running checks (`quality`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contracts import TableContract, contracts
from orchestration.errors import GateError
from orchestration.release.contents import TableContent, table_contents
from orchestration.release.records import Catalogue, ColumnEntry, IndicatorEntry
from orchestration.release.revisions import revisions

CONTRACTS = Path(__file__).parent / "contracts"
SCHEMAS = {"marts": "main", "meta": "meta"}
# Rows that are handed over at a time: where eleven years change, there are 700,000 revisions.
TOGETHER = 50_000


def meta_contracts() -> dict[str, TableContract]:
    """The contracts of the tables of schema `meta` that are filled here, by table name."""
    return contracts(CONTRACTS)


def write_catalogue(
    con: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    built: Mapping[str, TableContract],
    before: Path | None = None,
    *,
    contents_before: Sequence[TableContent] | None = None,
    taken_over: Sequence[TableContent] = (),
) -> list[TableContent]:
    """Create and fill schema `meta` of an open build file and comment every table and column in it.

    `built` are the contracts of the tables that are there already (see `orchestration.contracts.published_contracts`),
    `before` is the release that revisions are counted against, `contents_before` what it holds, if that is known, and
    `taken_over` what came from it as it was. Returns what the tables of schema `main` hold.

    Raises:
        GateError: if a table breaks its grain, or tables and contracts do not match.

    Example:
        >>> with duckdb.connect(build) as con:                              # doctest: +SKIP
        ...     write_catalogue(con, catalogue, published_contracts())
    """
    described = {**built, **meta_contracts()}
    marts = {name: contract for name, contract in built.items() if contract.layer == "marts" and not contract.is_view}
    con.execute("CREATE SCHEMA IF NOT EXISTS meta")
    for contract in meta_contracts().values():
        columns = ", ".join(
            f"{_identifier(c.name)} {c.data_type}" + ("" if c.nullable else " NOT NULL") for c in contract.columns
        )
        con.execute(f"CREATE OR REPLACE TABLE meta.{_identifier(contract.name)} ({columns})")
    _insert(con, "release", [catalogue.release])
    _insert(con, "source_snapshot", catalogue.snapshots)
    _insert(con, "source_file", catalogue.files)
    _insert(con, "check_result", catalogue.checks)
    _insert(con, "table_profile", catalogue.profiles)
    _insert(con, "indicator", indicators(described))
    _insert(con, "column_dictionary", dictionary(described))
    contents = table_contents(con, marts.values(), taken_over)
    _insert(con, "table_content", contents)
    _insert(con, "revision", revisions(con, marts, contents, before, contents_before))
    comment_everything(con, described)
    return contents


def comment_everything(con: duckdb.DuckDBPyConnection, described: Mapping[str, TableContract]) -> None:
    """Comment every table and column of schemas `main` and `meta` from the contracts.

    Raises:
        GateError: if a table or column has no contract, or a contract promises one that is not there.
    """
    promised = {
        (SCHEMAS[contract.layer], contract.name, column.name)
        for contract in described.values()
        if contract.layer in SCHEMAS
        for column in contract.columns
    }
    present = set(
        con.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
            "WHERE database_name = current_database() AND NOT internal"
        ).fetchall()
    )
    if undescribed := sorted(present - promised):
        raise GateError(f"no contract describes {_names(undescribed)}; add it to the YAML beside the model")
    if absent := sorted(promised - present):
        raise GateError(f"the build lacks {_names(absent)}, which a contract promises; see the model's SQL")
    for contract in described.values():
        if contract.layer not in SCHEMAS:
            continue
        table = f"{SCHEMAS[contract.layer]}.{_identifier(contract.name)}"
        kind = "VIEW" if contract.is_view else "TABLE"
        con.execute(f"COMMENT ON {kind} {table} IS {_literal(contract.comment)}")
        for column in contract.columns:
            name = f"{table}.{_identifier(column.name)}"
            con.execute(f"COMMENT ON COLUMN {name} IS {_literal(column.comment)}")


def dictionary(described: Mapping[str, TableContract]) -> list[ColumnEntry]:
    """The data dictionary that the contracts of published tables amount to, in order of schema and table."""
    return [
        ColumnEntry(
            SCHEMAS[contract.layer],
            contract.name,
            column.name,
            position,
            column.data_type,
            column.unit,
            column.meaning,
            column.nullable,
            column.citation,
        )
        for contract in sorted(described.values(), key=lambda c: (c.layer, c.name))
        if contract.layer in SCHEMAS
        for position, column in enumerate(contract.columns, start=1)
    ]


def indicators(described: Mapping[str, TableContract]) -> list[IndicatorEntry]:
    """The columns of published tables that are computed: those whose contract has a formula."""
    return [
        IndicatorEntry(
            contract.name, c.name, c.formula, c.unit, c.citation, threshold=c.threshold, authority=c.authority
        )
        for contract in sorted(described.values(), key=lambda c: c.name)
        if contract.layer in SCHEMAS
        for c in contract.columns
        if c.formula
    ]


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Any]) -> None:
    if not rows:
        return
    import pyarrow as pa  # here, because reading a catalogue should not wait for it

    names = [field.name for field in fields(rows[0])]
    for first in range(0, len(rows), TOGETHER):
        part = rows[first : first + TOGETHER]
        incoming = pa.table({name: pa.array([_stored(getattr(row, name)) for row in part]) for name in names})
        con.register("incoming_catalogue_rows", incoming)
        try:
            con.execute(f"INSERT INTO meta.{_identifier(table)} BY NAME SELECT * FROM incoming_catalogue_rows")
        finally:
            con.unregister("incoming_catalogue_rows")
    _require_unique(con, table)


def _require_unique(con: duckdb.DuckDBPyConnection, table: str) -> None:
    grain = meta_contracts()[table].grain
    key = ", ".join(map(_identifier, grain))
    found = con.execute(
        f"SELECT {key} FROM meta.{_identifier(table)} GROUP BY {key} HAVING count(*) > 1 ORDER BY {key} LIMIT 1"
    ).fetchone()
    if found:
        raise GateError(f"meta.{table}: {', '.join(grain)} = {', '.join(map(str, found))} occurs twice")


def _stored(value: Any) -> Any:
    """Times are kept as UTC without a zone: every client reads that without a time-zone library."""
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def _names(columns: Iterable[tuple[str, str, str]]) -> str:
    return ", ".join(".".join(column) for column in columns)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
