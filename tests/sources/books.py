"""Small workbooks in publishers' layouts, made in memory.

Belongs here: what tests of several rooms make workbooks with. Does not: what a parser makes of them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence

from openpyxl import Workbook

Cells = Sequence[Sequence[object]]


def book(sheets: Mapping[str, Cells]) -> bytes:
    """A workbook of these sheets, each a list of rows."""
    workbook = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def rezipped(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A workbook's file, its members changed one by one (told their names)."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return stream.getvalue()


def without_references(content: bytes) -> bytes:
    """The same workbook, its cells without the references that the standard lets writers leave out."""
    return rezipped(content, lambda name, part: re.sub(rb'<c r="[A-Z]+\d+"', b"<c", part))
