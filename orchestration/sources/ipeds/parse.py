"""National Center for Education Statistics: the directory of institutions, as it heads every survey of a year.

Names of persons stand in the file, and are not read. https://nces.ed.gov/ipeds/
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.readers.fields import Field, Rules, refuse
from orchestration.sources.readers.grid import find_table, relation
from orchestration.sources.source import Edition
from orchestration.sources.tidy import LAYOUT_REMEDY, TEXT_REMEDY, YEAR_REMEDY

DATASET = "ipeds_institutions"
FIELDS = (
    Field("unit_id", "VARCHAR", "UNITID", width=6),
    Field("name", "VARCHAR", "INSTNM"),
    Field("opeid", "VARCHAR", "OPEID", ("-2",), width=8),
    Field("city", "VARCHAR", "CITY"),
    Field("state_abbreviation", "VARCHAR", "STABBR"),
    Field("zip_code", "VARCHAR", "ZIP"),
    Field("county_fips", "VARCHAR", "COUNTYCD", ("-2",), width=5),
    Field("level", "SMALLINT", "ICLEVEL", ("-3",)),
    Field("control", "SMALLINT", "CONTROL", ("-3",)),
    Field("is_active", "SMALLINT", "CYACTIVE"),
)
RULES = Rules(key=("unit_id",))


def parse_directory(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """The directory, of its revised file where the archive holds both.

    Raises:
        SourceError: if there is no file or no such column, the file's name has another year, a line has more or fewer
            cells than the header, or a cell does not fit its column.

    Example:
        >>> parse_directory(con, [Path("hd2020.csv")], edition).columns[:2]  # doctest: +SKIP
        ['unit_id', 'name']
    """
    if not files:
        raise SourceError(DATASET, "(no file)", "the archive holds no file to read", LAYOUT_REMEDY)
    file = next((f for f in files if f.stem.lower().endswith("_rv")), files[0])
    # No column says of which year the rows are.
    if (named := re.search(r"\d{4}", file.stem)) and int(named[0]) != edition.year:
        problem = f"by its name the file is of {named[0]}, not of {edition.period}"
        raise SourceError(DATASET, file.name, problem, YEAR_REMEDY)
    rows = _rows(file)
    table = find_table(DATASET, file.name, "the file", rows, FIELDS, RULES, strict=False)
    if not table.rows:
        raise SourceError(DATASET, file.name, "it has a header but no rows", LAYOUT_REMEDY)
    made = {"zip_code": "left(zip_code, 5) AS zip_code", "is_active": "is_active = 1 AS is_active"}
    return relation(con, DATASET, [table], FIELDS, RULES).project(", ".join(made.get(f.name, f.name) for f in FIELDS))


def _rows(file: Path) -> list[list[str]]:
    """The lines' cells. Within quotes the publisher does not double a quote, which DuckDB refuses to read."""
    refuse(DATASET, file, "text")
    text = _text(file)
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise SourceError(DATASET, file.name, f"it is not delimited text ({error})", TEXT_REMEDY) from error
    for number, row in enumerate(rows, start=1):
        if row and len(row) != len(rows[0]):
            problem = f"line {number} has {len(row)} cells where the header has {len(rows[0])}"
            raise SourceError(DATASET, file.name, problem, TEXT_REMEDY)
    return rows


def _text(file: Path) -> str:
    """The file's text. Nearly any bytes are some text in cp1252, so that is tried last."""
    raw = file.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeError:
        try:
            return raw.decode("cp1252")
        except UnicodeError as error:
            problem = f"it is text neither in UTF-8 nor in cp1252 ({error})"
            raise SourceError(DATASET, file.name, problem, TEXT_REMEDY) from error
