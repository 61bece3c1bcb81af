"""A release as one file a table, with a Frictionless Data Package that describes them.

Belongs here: writing tables as Parquet or CSV, the description, the folder that appears whole or not at all. Does not:
which release (see `cli/export.py`), what columns mean (contracts, and the release's own dictionary).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

import duckdb

from orchestration.contracts import ColumnContract, TableContract, published_contracts
from orchestration.errors import SetupError
from orchestration.release.meta import meta_contracts
from orchestration.release.records import ColumnEntry, read_dictionary, read_release, read_snapshots
from orchestration.wording import FORMULA_STARTS, PASSED_OVER

Form = Literal["parquet", "csv"]
DESCRIPTION = "datapackage.json"
NAME = "cluster-warehouse"
BATCH = 100_000
AS_TEXT = "Text, even where it is all digits: leading zeros belong to it."
MOMENT = "%Y-%m-%dT%H:%M:%S.%f"
# DuckDB's types as the Table Schema names them; a map, which releases made earlier hold, becomes a JSON object.
TYPES = {
    "varchar": "string", "boolean": "boolean", "tinyint": "integer", "smallint": "integer", "integer": "integer",
    "bigint": "integer", "hugeint": "integer", "double": "number", "float": "number", "date": "date",
    "timestamp": "datetime",
}  # fmt: skip


def export_release(release: Path, target: Path, form: Form, memory_limit: str, *, replace: bool = False) -> list[Path]:
    """Write every table of a release file below `target` and return the files, in order of schema and table.

    Tables of `main` lie in the folder itself, those of `meta` in `meta/`. The folder appears when all is written. CSV:
    UTF-8, an empty cell for NULL, times in UTC, an apostrophe before text that a spreadsheet would take for a formula.

    Raises:
        SetupError: if `target` exists and `replace` is not given or it holds something else than an export; if the
            release cannot be read.

    Example:
        >>> export_release(settings().current, Path("out"), "csv", "1GB")   # doctest: +SKIP
        [PosixPath('out/cbsa_county.csv'), ...]
    """
    _require_replaceable(target, replace)
    tables: dict[tuple[str, str], list[ColumnEntry]] = {}
    for entry in read_dictionary(release):
        tables.setdefault((entry.schema_name, entry.table_name), []).append(entry)
    with _appearing(target) as folder:
        paths = {table: _path(*table, form) for table in tables}
        digits: dict[str, set[str]] = {}
        try:
            with duckdb.connect(release, read_only=True, config={"memory_limit": memory_limit}) as con:
                for table, columns in tables.items():
                    file = folder / paths[table]
                    file.parent.mkdir(exist_ok=True)
                    (_write_parquet if form == "parquet" else _write_csv)(con, table, columns, file)
                    digits[paths[table]] = _all_digits(con, table, columns) if form == "csv" else set()
        except duckdb.Error as error:
            raise SetupError(f"{release.name}: cannot be exported: {error}") from error
        described = describe(release, {paths[table]: columns for table, columns in tables.items()}, folder, digits)
        text = json.dumps(described, indent=1, ensure_ascii=False)
        (folder / DESCRIPTION).write_text(f"{text}\n", encoding="utf-8")
    return [target / path for path in paths.values()]


def describe(
    release: Path, tables: dict[str, list[ColumnEntry]], folder: Path, digits: dict[str, set[str]]
) -> dict[str, Any]:
    """The Data Package of exported files: `tables` are their columns by path below `folder`.

    `digits` are, by path, the columns of text in which some value is all digits: a spreadsheet takes it for a number.

    See https://specs.frictionlessdata.io/data-package/.
    """
    row, snapshots = read_release(release), read_snapshots(release)
    synthetic = "SYNTHETIC sample data about an invented country: " if row.profile == "sample" else ""
    licences = dict.fromkeys(snapshot.licence for snapshot in snapshots)
    sources = dict.fromkeys((f"{s.publisher}: {s.dataset}, {s.reference_period}", s.url) for s in snapshots)
    return {
        "profile": "data-package",
        "name": NAME,
        "title": f"{synthetic}Industry-cluster indicators, release {row.release_id}",
        "version": row.release_id,
        "created": row.published_at.isoformat(),
        "licenses": [{"name": _licence_id(licence), "title": licence} for licence in licences],
        "sources": [{"title": title, "path": path} for title, path in sources],
        "resources": [_resource(path, columns, folder / path, digits[path]) for path, columns in tables.items()],
    }


def _resource(path: str, columns: list[ColumnEntry], file: Path, digits: set[str]) -> dict[str, Any]:
    contracts = {**published_contracts(), **meta_contracts()}
    name = columns[0].table_name
    contract, present = contracts.get(name), {column.column_name for column in columns}
    schema: dict[str, Any] = {"fields": [_field(column, contract, column.column_name in digits) for column in columns]}
    if contract and present.issuperset(contract.grain):
        schema["primaryKey"] = list(contract.grain)
    if keys := _foreign_keys(name, present, contracts):
        schema["foreignKeys"] = keys
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    csv = file.suffix == ".csv"
    return {
        "profile": "tabular-data-resource" if csv else "data-resource",
        "name": path.removesuffix(file.suffix),
        "path": path,
        "description": contract.comment if contract else "",
        "format": file.suffix[1:],
        "mediatype": "text/csv" if csv else "application/vnd.apache.parquet",
        **({"encoding": "utf-8"} if csv else {}),
        "bytes": file.stat().st_size,
        "hash": f"sha256:{digest}",
        "schema": schema,
    }


def _field(column: ColumnEntry, contract: TableContract | None, digits: bool) -> dict[str, Any]:
    described = next((c for c in contract.columns if c.name == column.column_name), None) if contract else None
    kind = TYPES.get(column.data_type.lower(), "object")
    field: dict[str, Any] = {"name": column.column_name, "type": kind}
    if kind == "datetime":
        field["format"] = MOMENT
    return field | {
        "description": f"{column.meaning.rstrip('.')}. {AS_TEXT}" if digits else column.meaning,
        "unit": column.unit,
        "constraints": {"required": not column.nullable, **_limits(described)},
    }


def _limits(column: ColumnContract | None) -> dict[str, Any]:
    if column is None:
        return {}
    found = {"minimum": column.minimum, "maximum": column.maximum, "pattern": column.pattern}
    found["enum"] = list(column.values) or None  # type: ignore[assignment]
    return {name: value for name, value in found.items() if value is not None}


def _foreign_keys(table: str, columns: set[str], contracts: dict[str, TableContract]) -> list[dict[str, Any]]:
    """A column that is another table's whole grain points there: region_id to dim_region, say."""
    return [
        {"fields": key, "reference": {"resource": name, "fields": key}}
        for name, other in sorted(contracts.items())
        if name.startswith("dim_") and name != table and len(other.grain) == 1
        for key in other.grain
        if key in columns
    ]


def _licence_id(licence: str) -> str:
    """The id in the Open Definition's list."""
    return "other-pd" if "public domain" in licence.lower() else "other-open"


def _path(schema: str, table: str, form: Form) -> str:
    return f"{table}.{form}" if schema == "main" else f"{schema}/{table}.{form}"


def _write_parquet(
    con: duckdb.DuckDBPyConnection, table: tuple[str, str], columns: list[ColumnEntry], file: Path
) -> None:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    about = {c.column_name: {"description": c.meaning, "unit": c.unit, "source": c.citation} for c in columns}
    reader = con.execute(f"SELECT * FROM {_name(*table)}").to_arrow_reader(BATCH)
    schema = pa.schema([field.with_metadata(about.get(field.name, {})) for field in reader.schema])
    with ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(pa.record_batch(batch.columns, schema=schema))


def _write_csv(con: duckdb.DuckDBPyConnection, table: tuple[str, str], columns: list[ColumnEntry], file: Path) -> None:
    shown = ", ".join(_cell(column) for column in columns)
    con.execute(f"COPY (SELECT {shown} FROM {_name(*table)}) TO {_text(str(file))} (FORMAT csv, HEADER)")


def _cell(column: ColumnEntry) -> str:
    name, kind = _identifier(column.column_name), TYPES.get(column.data_type.lower(), "object")
    if kind == "string":
        shown = f"ltrim({name}, {_text(PASSED_OVER)})"
        starts = " OR ".join(f"starts_with({shown}, {_text(start)})" for start in FORMULA_STARTS)
        return f"CASE WHEN {starts} THEN '''' || {name} ELSE {name} END AS {name}"
    if kind == "datetime":
        return f"strftime({name}, '{MOMENT}') AS {name}"
    return f"to_json({name}) AS {name}" if kind == "object" else name


def _all_digits(con: duckdb.DuckDBPyConnection, table: tuple[str, str], columns: list[ColumnEntry]) -> set[str]:
    """The columns of text in which some value is all digits."""
    texts = [c.column_name for c in columns if TYPES.get(c.data_type.lower()) == "string"]
    if not texts:
        return set()
    counts = ", ".join(f"count(*) FILTER (regexp_full_match({_identifier(name)}, '[0-9]+'))" for name in texts)
    found = con.execute(f"SELECT {counts} FROM {_name(*table)}").fetchall()[0]
    return {name for name, count in zip(texts, found, strict=True) if count}


def _require_replaceable(target: Path, replace: bool) -> None:
    if not target.parent.is_dir():
        raise SetupError(f"the folder {target.parent} does not exist")
    if not (target.exists() or target.is_symlink()):
        return
    if not replace:
        raise SetupError(f"{target} exists already; choose another folder, or replace an earlier export with --force")
    try:
        ours = json.loads((target / DESCRIPTION).read_text(encoding="utf-8"))["name"] == NAME
    except (OSError, ValueError, KeyError, TypeError):
        ours = False
    # A slip such as `--output ~ --force` must not delete what was never exported.
    if not ours or target.is_symlink():
        raise SetupError(f"{target} is not an earlier export; choose another folder")


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """A folder beside `target` that takes its place when the block has ended well, and is gone otherwise."""
    token = token_hex(8)
    half, old = (target.with_name(f".{target.name}.{token}.{state}") for state in ("part", "old"))
    half.mkdir()
    try:
        yield half
        if target.exists():
            target.rename(old)
        half.rename(target)
    finally:
        shutil.rmtree(half, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _name(schema: str, table: str) -> str:
    return f"{_identifier(schema)}.{_identifier(table)}"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
