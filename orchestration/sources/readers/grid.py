"""Tables among rows of cells: where workbooks, web pages and JSON meet.

Belongs here: the header row among titles, notes at the foot. Does not: how any one format makes rows, one cell (see
`cells`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.readers.cells import cell_text, is_blank, plain
from orchestration.sources.readers.fields import BLANKS, Field, Rules
from orchestration.sources.readers.typed import typed
from orchestration.sources.tidy import LAYOUT_REMEDY, TEXT_REMEDY

Cells = Sequence[object]
# Columns beside the fields that say where a row stood; no field is named so.
FILE, ROW = "a file of", "a row of"


@dataclass(frozen=True)
class Table:
    """The wanted cells of a file: `heading` are the rows above its header, `rows` numbers and cells in fields' order.

    `row` is what the format calls a row. `strict` formats tell numbers from texts, so a text is no number.
    """

    file: str
    heading: Sequence[Cells]
    rows: Sequence[tuple[int, Cells]]
    row: str = "row"
    strict: bool = False


def find_header(
    dataset: str, file: str, where: str, rows: Sequence[Cells], fields: Sequence[Field]
) -> tuple[int, list[int]]:
    """The place of the first row that has all wanted headers, and of their columns. Blanks in headers count as one.

    Raises:
        SourceError: if there is none, or a wanted header stands in it twice.
    """
    wanted = [plain(field.header) for field in fields]
    best: set[str] = set()
    for place, row in enumerate(rows):
        names = [plain(cell) for cell in row]
        found = set(wanted) & set(names)
        if len(found) == len(set(wanted)):
            twice = [name for name in found if names.count(name) > 1]
            if twice:
                raise SourceError(dataset, file, f"column {twice[0]} stands twice in {where}", LAYOUT_REMEDY)
            return place, [names.index(name) for name in wanted]
        best = max(best, found, key=len)
    missing = ", ".join(dict.fromkeys(f.header for f in fields if plain(f.header) not in best))
    raise SourceError(dataset, file, f"column {missing} is missing in {where}", LAYOUT_REMEDY)


def find_table(
    dataset: str,
    file: str,
    where: str,
    rows: Sequence[Cells],
    fields: Sequence[Field],
    rules: Rules,
    *,
    strict: bool,
) -> Table:
    """The rows between a header and the notes at the foot.

    Every row must have its key filled (without a key: every field that does not count a blank as unknown). Rows
    after the last such one are notes, if they look like notes. Blank rows are passed over.

    Raises:
        SourceError: if there is no header, or a row among the others lacks a cell that it must have.
    """
    at, columns = find_header(dataset, file, where, rows, fields)
    must = [n for n, field in enumerate(fields) if (field.name in rules.key if rules.key else "" not in field.unknown)]
    kept: list[tuple[int, Cells]] = []
    last = 0
    for number, row in enumerate(rows[at + 1 :], start=at + 2):
        cells: Cells = [row[column] if column < len(row) else "" for column in columns]
        if all(map(is_blank, row)) or _is_left_out(cells, fields, rules):
            continue
        kept.append((number, cells))
        if not any(is_blank(cells[n]) for n in must) and not _is_note(cells, fields):
            last = len(kept)
    for place, (number, cells) in enumerate(kept):
        blank = ", ".join(fields[n].header for n in must if is_blank(cells[n]))
        if blank and not (place >= last and _is_note(cells, fields)):
            problem = f"row {number}: column {blank} is blank where every row must have it"
            raise SourceError(dataset, file, problem, TEXT_REMEDY)
    return Table(file, rows[:at], kept[:last], strict=strict)


def relation(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    tables: Sequence[Table],
    fields: Sequence[Field],
    rules: Rules,
) -> duckdb.DuckDBPyRelation:
    """Tables of one or several files as one typed relation.

    Raises:
        SourceError: if a cell does not fit its field; its row and column are named.
    """
    import pyarrow as pa

    if not tables:
        raise SourceError(dataset, "(no file)", "the archive holds no file to read", LAYOUT_REMEDY)
    columns: list[list[str | None]] = [
        [_text(dataset, table, number, cells[n], field) for table in tables for number, cells in table.rows]
        for n, field in enumerate(fields)
    ]
    places: list[list[Any]] = [
        [table.file for table in tables for _ in table.rows],
        [f"{table.row} {number}" for table in tables for number, _ in table.rows],
    ]
    arrays = [pa.array(column, pa.string()) for column in (*columns, *places)]
    raw = con.from_arrow(pa.table(arrays, names=[*(field.name for field in fields), FILE, ROW]))
    return typed(
        dataset,
        raw,
        fields,
        lambda row, field, value: (row[FILE], row[ROW]) if row else (tables[0].file, ""),
        rules,
    )


def _is_note(cells: Cells, fields: Sequence[Field]) -> bool:
    """A sentence or two: texts of several words in few of the columns, and in no column of numbers."""
    filled = [(cell, field) for cell, field in zip(cells, fields, strict=True) if not is_blank(cell)]
    return len(filled) <= max(1, len(cells) // 2) and all(
        isinstance(cell, str) and " " in cell.strip(BLANKS) and not field.is_number for cell, field in filled
    )


def _is_left_out(cells: Cells, fields: Sequence[Field], rules: Rules) -> bool:
    texts = {field.name: str(cell).strip(BLANKS) for field, cell in zip(fields, cells, strict=True)}
    return any(re.fullmatch(pattern, texts[name]) for name, pattern in rules.leave_out.items())


def _text(dataset: str, table: Table, number: int, cell: object, field: Field) -> str | None:
    try:
        return cell_text(cell, field, table.strict)
    except ValueError as error:
        problem = f"{table.row} {number}: column {field.header} {error}"
        raise SourceError(dataset, table.file, problem, TEXT_REMEDY) from error
