"""Workbooks, xlsx and xls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.readers.fields import Field, refuse, rules
from orchestration.sources.readers.grid import Table, find_table, relation
from orchestration.sources.tidy import LAYOUT_REMEDY
from orchestration.sources.workbook import is_xls, open_workbook, sheet_rows

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

OPTIONS = ("sheet", "sheet_like", "text_numbers")


def read(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    files: Sequence[Path],
    fields: Sequence[Field],
    options: Mapping[str, Any],
) -> duckdb.DuckDBPyRelation:
    """The fields of one sheet of each workbook, one relation over all of them.

    The header is the first row with all wanted headers. Codes that are typed as numbers are read as the code.
    Options: those of `Rules`, `sheet` (its name, or its number from 1; by default the first), `sheet_like` (a regular
    expression that one sheet's name fits), `text_numbers` (true if numbers are stored as texts).

    Raises:
        SourceError: if a workbook cannot be read, lacks the sheet or a column, or a cell does not fit its field (row
            and column are named).

    Example:
        >>> fields = [Field("county", "VARCHAR", "FIPS", width=5), Field("jobs", "BIGINT", "Jobs", ("(D)",))]
        >>> read(con, "jobs", [Path("jobs.xlsx")], fields, {"sheet": "Data"}).columns  # doctest: +SKIP
        ['county', 'jobs']
    """
    tables = [read_table(dataset, file, fields, options) for file in files]
    return relation(con, dataset, tables, fields, rules(dataset, fields, options, *OPTIONS))


def read_table(dataset: str, file: Path, fields: Sequence[Field], options: Mapping[str, Any]) -> Table:
    """The cells of one workbook, with the rows above its header, for parsers that look at those too.

    Raises:
        SourceError: as `read`, but for cells that do not fit.
    """
    declared = rules(dataset, fields, options, *OPTIONS)
    refuse(dataset, file, "xls" if is_xls(file) else "xlsx")
    workbook = open_workbook(dataset, file)
    sheet = _sheet(dataset, file, workbook, options)
    rows = list(sheet_rows(dataset, file, workbook, sheet))
    strict = not options.get("text_numbers", False)
    return find_table(dataset, file.name, f"sheet {sheet}", rows, fields, declared, strict=strict)


def _sheet(dataset: str, file: Path, workbook: CalamineWorkbook, options: Mapping[str, Any]) -> str:
    names = workbook.sheet_names
    sheet, like = options.get("sheet", 1), options.get("sheet_like")
    if like is not None:
        fitting = [name for name in names if re.fullmatch(like, name)]
        problem = f"{len(fitting)} sheets are named like {like}, not one"
    else:
        fitting = names[sheet - 1 : sheet] if isinstance(sheet, int) else [name for name in names if name == sheet]
        problem = f"sheet {sheet} is missing"
    if len(fitting) != 1:
        found = ", ".join(names[:8])
        raise SourceError(dataset, file.name, f"{problem} (there are {found})", LAYOUT_REMEDY)
    return fitting[0]
