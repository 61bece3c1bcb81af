"""Workbooks made to bring down what reads them: a few kilobytes that say they hold half a terabyte of cells.

Belongs here: the files. Does not: what becomes of the process that reads them (tests/test_cage.py).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

from tests.sources.books import book, rezipped

PLAIN = book({"Data": [["code", "jobs"], ["01", 4]]})
STRINGS = "xl/sharedStrings.xml"
SHEET = "xl/worksheets/sheet1.xml"
FAR = b"XFD1048576"


def _sheet(rows: bytes) -> bytes:
    """The workbook, with these rows after those it has."""
    return rezipped(
        PLAIN, lambda name, part: part.replace(b"</sheetData>", rows + b"</sheetData>") if name == SHEET else part
    )


def _prefixed() -> bytes:
    """The workbook, its sheet's names with a prefix as the standard allows."""

    def change(name: str, part: bytes) -> bytes:
        if name != SHEET:
            return part
        far = b'<row r="1048576"><c r="%s"><v>1</v></c></row></sheetData>' % FAR
        part = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", part.replace(b"</sheetData>", far))
        return part.replace(b"xmlns=", b"xmlns:x=", 1)

    return rezipped(PLAIN, change)


def _strings(table: bytes) -> bytes:
    """The workbook, with this table of texts beside its sheet, which has its own."""
    stream = io.BytesIO(PLAIN)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(STRINGS, table)
    return stream.getvalue()


def _table_of_texts(count: int, said: int | None = None) -> bytes:
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    opening = b'<sst xmlns="%s" uniqueCount="%d">' % (space, count if said is None else said)
    return opening + b"<si/>" * count + b"</sst>"


# Those that the look before reading does not see, by what is odd about them.
UNSEEN: dict[str, Callable[[], bytes]] = {
    "attributes in another order": lambda: _sheet(
        b'<row spans="1:2" r="1048576"><c s="0" r="%s"><v>1</v></c></row>' % FAR
    ),
    "blanks round the equals sign": lambda: _sheet(b'<row r = "1048576"><c r = "%s"><v>1</v></c></row>' % FAR),
    "a row without its number": lambda: _sheet(b'<row><c r="%s"><v>1</v></c></row>' % FAR),
    "names with a prefix": _prefixed,
    "billions of texts announced": lambda: _strings(_table_of_texts(2, said=4_000_000_000)),
    "millions of empty texts": lambda: _strings(_table_of_texts(30_000_000)),
}
