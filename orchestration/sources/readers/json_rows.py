"""JSON: a list of lists with the header first (as the Census Bureau's), or a list of objects."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.readers.cells import Literal
from orchestration.sources.readers.fields import Field, refuse, rules
from orchestration.sources.readers.grid import Table, find_header, relation
from orchestration.sources.tidy import LAYOUT_REMEDY, TEXT_REMEDY

# It is read into memory, some ten times as large.
MOST_BYTES = 256 << 20


def read(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    files: Sequence[Path],
    fields: Sequence[Field],
    options: Mapping[str, Any],
) -> duckdb.DuckDBPyRelation:
    """The fields of JSON files, one relation over all of them. Numbers may be written as texts.

    Options: those of `Rules`, `records` (the names that lead to the list, where it does not stand alone: `results`,
    `data.rows`).

    Raises:
        SourceError: if a file is no JSON or holds no list, a record lacks a column, or a value does not fit its field
            (the record is named).

    Example:
        >>> fields = [Field("state", "VARCHAR", "STATE"), Field("usd", "BIGINT", "ALL_VAL_YR")]
        >>> read(con, "exports", [Path("exports.json")], fields, {}).columns  # doctest: +SKIP
        ['state', 'usd']
    """
    declared = rules(dataset, fields, options, "records")
    tables = [_table(dataset, file, fields, options.get("records", "")) for file in files]
    return relation(con, dataset, tables, fields, declared)


def _table(dataset: str, file: Path, fields: Sequence[Field], records: str) -> Table:
    refuse(dataset, file, "json")
    if file.stat().st_size > MOST_BYTES:
        raise SourceError(dataset, file.name, f"the file is larger than {MOST_BYTES} bytes", "ask for it in parts")
    try:
        found = json.loads(
            file.read_text(encoding="utf-8-sig"),
            object_pairs_hook=_object,
            parse_int=Literal,
            parse_float=Literal,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:
        raise SourceError(dataset, file.name, f"it is not readable JSON ({error})", TEXT_REMEDY) from error
    for name in filter(None, records.split(".")):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list):
        where = f" under {records}" if records else ""
        raise SourceError(dataset, file.name, f"there is no list of records{where}", LAYOUT_REMEDY)
    if not found:
        raise SourceError(dataset, file.name, "the list of records is empty", "run `clusters refresh` again later")
    made = _of_lists if isinstance(found[0], list) else _of_objects
    return made(dataset, file, fields, found)


def _of_lists(dataset: str, file: Path, fields: Sequence[Field], found: list[Any]) -> Table:
    _, columns = find_header(dataset, file.name, "the first record", found[:1], fields)
    width = len(found[0])
    for number, record in enumerate(found, start=1):
        if not isinstance(record, list) or len(record) != width:
            problem = f"record {number} is not a list of {width} values as the first"
            raise SourceError(dataset, file.name, problem, TEXT_REMEDY)
    rows = [(number, [record[c] for c in columns]) for number, record in enumerate(found[1:], start=2)]
    return Table(file.name, [], rows, row="record")


def _of_objects(dataset: str, file: Path, fields: Sequence[Field], found: list[Any]) -> Table:
    names = [field.header for field in fields]
    for number, record in enumerate(found, start=1):
        missing = [name for name in names if name not in record] if isinstance(record, dict) else names
        if missing:
            problem = f"column {', '.join(missing)} is missing in record {number}"
            raise SourceError(dataset, file.name, problem, LAYOUT_REMEDY)
    rows = [(number, [record[name] for name in names]) for number, record in enumerate(found, start=1)]
    return Table(file.name, [], rows, row="record")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError(f"a record has a name twice: {', '.join(name for name, _ in pairs)}")
    return made


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a value")
