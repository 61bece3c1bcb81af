"""Eurostat's tables: TSV in the old and in today's layout, and SDMX-CSV."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.readers.eurostat_layouts import ABOUT, FLAGS, TIME, VALUE, of_csv, of_tsv
from orchestration.sources.readers.fields import PATTERNS, Field, refuse, rules
from orchestration.sources.readers.typed import typed
from orchestration.sources.tidy import (
    LAYOUT_REMEDY,
    TEXT_REMEDY,
    errors_named,
    literal,
    quoted,
    read_header,
)

# A number or ":", then the flags: letters, those of confidentiality behind "@" where they have a column of their own.
CELL = rf"^(?:: *|({PATTERNS['DOUBLE'].replace('(', '(?:')})(?: +|$))((?:@?[A-Za-z])*)$"


def eurostat_fields(dimensions: Mapping[str, str]) -> list[Field]:
    """The fields of a Eurostat table: its dimensions by their tidy names, `time_period`, `value`, `flags`.

    Example:
        >>> [field.name for field in eurostat_fields({"geo": "region_code"})]
        ['region_code', 'time_period', 'value', 'flags']
    """
    named = [Field(name, "VARCHAR", dimension) for dimension, name in dimensions.items()]
    return [
        *named,
        Field("time_period", "VARCHAR", TIME),
        Field("value", "DOUBLE", VALUE),
        Field("flags", "VARCHAR", FLAGS),
    ]


def read(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    files: Sequence[Path],
    fields: Sequence[Field],
    options: Mapping[str, Any],
) -> duckdb.DuckDBPyRelation:
    """The cells of Eurostat tables, one row a cell, one relation over all files.

    A field's header is a dimension ("geo"), or TIME_PERIOD, OBS_VALUE or OBS_FLAG. Without fields they are made from
    the option `dimensions` (Eurostat's name to the tidy one, see `eurostat_fields`). A cell ":" is a row without a
    value; flags are as published ("bep"; confidentiality, where it has a column of its own, behind "@").
    Other options: those of `Rules`, `where` (a dimension to the codes that are kept).

    Raises:
        SourceError: if a file is no such table, a cell is neither a number nor ":", a dimension that no field names
            has several codes, or `where` keeps nothing.

    Example:
        >>> options = {"dimensions": {"geo": "region_code"}, "where": {"unit": ["MIO_EUR"]}}
        >>> read(con, "gdp", [Path("nama_10r_3gdp.tsv")], [], options).columns  # doctest: +SKIP
        ['region_code', 'time_period', 'value', 'flags']
    """
    fields = fields or eurostat_fields(options.get("dimensions", {}))
    declared = rules(dataset, fields, options, "dimensions", "where")
    made = None
    for file in files:
        part = _cells(con, dataset, file, fields, options.get("where", {}))
        made = part if made is None else made.union(part)
    if made is None:
        raise SourceError(dataset, "(no file)", "there is no file to read", LAYOUT_REMEDY)
    return typed(dataset, made, fields, lambda row, field, value: (files[0].name, ""), declared)


def _cells(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    file: Path,
    fields: Sequence[Field],
    where: Mapping[str, Sequence[str]],
) -> duckdb.DuckDBPyRelation:
    """The fields of one file as text."""
    refuse(dataset, file, "text")
    first = read_header(dataset, file, "\t", "utf-8")[0]
    parts = re.split(r"\s*[,\\]\s*", first) if "\\" in first else []
    is_tsv = len(parts) > 1 and parts[-1] in ("time", TIME)
    dimensions = parts[:-1] if is_tsv else [n for n in read_header(dataset, file, ",", "utf-8") if n not in ABOUT]
    if not all(dimensions) or len({name.lower() for name in dimensions}) < len(dimensions):
        problem = (
            f"the dimensions are not each named once ({', '.join(name or '(no name)' for name in dimensions[:8])})"
        )
        raise SourceError(dataset, file.name, problem, LAYOUT_REMEDY)
    wanted = dict.fromkeys([*(field.header for field in fields), *where])
    missing = ", ".join(name for name in wanted if name not in (*dimensions, TIME, VALUE, FLAGS))
    if missing:
        problem = f"dimension {missing} is missing (there are {', '.join(dimensions[:8])})"
        raise SourceError(dataset, file.name, problem, LAYOUT_REMEDY)
    whole = of_tsv(con, dataset, file, dimensions) if is_tsv else of_csv(con, dataset, file, dimensions)
    for name, codes in where.items():
        whole = whole.filter(f"{quoted(name)} IN ({', '.join(literal(str(code)) for code in codes)})")
    _refuse_odd_cells(dataset, file, whole, dimensions)
    _refuse_mixture(dataset, file, whole, dimensions, fields)
    texts = {
        VALUE: f"nullif(regexp_extract(cell, {literal(CELL)}, 1), '')",
        FLAGS: f"nullif(regexp_extract(cell, {literal(CELL)}, 2), '')",
    }
    return whole.project(", ".join(f"{texts.get(f.header, quoted(f.header))} AS {quoted(f.name)}" for f in fields))


def _refuse_odd_cells(dataset: str, file: Path, whole: duckdb.DuckDBPyRelation, dimensions: Sequence[str]) -> None:
    """A cell that is neither a number nor ":" would become NULL without a word."""
    odd = whole.filter(f"cell IS NULL OR NOT regexp_matches(cell, {literal(CELL)})").limit(1)
    with errors_named(dataset, file.name):
        row = odd.fetchone()
    if row:
        *codes, period, cell = row
        problem = f"row {','.join(map(str, codes))}, {period}: the cell {cell or ''!r} is neither a number nor ':'"
        raise SourceError(dataset, file.name, problem, TEXT_REMEDY)


def _refuse_mixture(
    dataset: str, file: Path, whole: duckdb.DuckDBPyRelation, dimensions: Sequence[str], fields: Sequence[Field]
) -> None:
    """Codes of a dimension that no field names would stand side by side as if they were one."""
    loose = [name for name in dimensions if name not in {field.header for field in fields}]
    sides = ", ".join(f"min({quoted(name)}), max({quoted(name)})" for name in loose)
    with errors_named(dataset, file.name):
        count, *ends = whole.aggregate(f"count(*){', ' if sides else ''}{sides}").fetchone() or (0,)
    if not count:
        problem = "no row is of the codes that the declaration keeps"
        raise SourceError(dataset, file.name, problem, "compare `where` in the declaration with the file's codes")
    for name, low, high in zip(loose, ends[::2], ends[1::2], strict=True):
        if low != high:
            problem = f"dimension {name} has several codes ({low}, {high}) and no field names it"
            raise SourceError(dataset, file.name, problem, "name it as a field, or keep one code by `where`")
