"""Cells of workbooks, web pages and JSON as the text that they stand for.

Belongs here: one cell. Does not: rows and tables (see `grid`).
"""

from __future__ import annotations

import datetime

from orchestration.sources.readers.fields import BLANKS, Field


class Literal(str):
    """A number as it is written in a file that tells numbers from texts."""


def cell_text(cell: object, field: Field, strict: bool) -> str | None:
    """A cell as the text that `typed` reads. `strict` formats tell numbers from texts, so a text is no number.

    Raises:
        ValueError: if it cannot be of the field; it says what the cell holds.

    Example:
        >>> cell_text(1009.0, Field("county", "VARCHAR", "FIPS", width=5), True)
        '1009'
    """
    odd = None
    if is_blank(cell):
        return None
    if isinstance(cell, bool):
        odd = None if field.type == "BOOLEAN" else "holds a yes or no"
    elif isinstance(cell, int | float | Literal):
        written = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
        if field.is_number or written.isdigit():
            return written
        odd = f"holds the number {written} where a {'code' if field.type == 'VARCHAR' else field.type} belongs"
    elif isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
        odd = None if field.type in ("DATE", "TIMESTAMP") else f"holds the date or time {cell}"
    elif isinstance(cell, str):
        text = cell.strip(BLANKS)
        if field.is_number and strict and text not in field.unknown:
            odd = f"holds the text {cell!r} where a number belongs"
    else:
        odd = f"holds {type(cell).__name__} where one value belongs"
    if odd:
        raise ValueError(odd)
    return str(cell)


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing but blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip(BLANKS))


def plain(cell: object) -> str:
    """A header's text, blanks and ends of lines in it as one blank."""
    return " ".join(str(cell).split())
