"""Archives whose bytes depend on nothing but their content: fixed times, fixed order.

Belongs here: zip and xlsx containers. Does not: what is in them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

from openpyxl import Workbook

_STAMP = (2026, 1, 1, 0, 0, 0)
# openpyxl writes the moment of saving into the document's properties.
_SAVED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
Sheets = Mapping[str, Iterable[Sequence[object]]]


def write_zip(target: Path | IO[bytes], members: Iterable[tuple[str, bytes]]) -> None:
    """Write members in the order given, all with the same time stamp.

    Example:
        >>> write_zip(Path("a.zip"), [("a.txt", b"text")])  # doctest: +SKIP
    """
    if isinstance(target, Path):
        target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, _STAMP)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, compress_type=zipfile.ZIP_DEFLATED, compresslevel=1)


def write_workbook(path: Path, sheets: Sheets) -> None:
    """Write `workbook_bytes` to a file whose folder need not be there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(workbook_bytes(sheets))


def workbook_bytes(sheets: Sheets) -> bytes:
    """The file of a workbook: its sheets by title, of rows whose cells are text, numbers or None where empty.

    The same cells always give the same bytes.

    Example:
        >>> workbook_bytes({"Sheet 1": [["code", "jobs"], ["90100", 12]]})[:2]
        b'PK'
    """
    workbook = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    saved = io.BytesIO()
    workbook.save(saved)
    with zipfile.ZipFile(saved) as archive:
        members = [(name, _SAVED.sub(rb"\g<1>2026-01-01T00:00:00Z", archive.read(name))) for name in archive.namelist()]
    fixed = io.BytesIO()
    write_zip(fixed, members)
    return fixed.getvalue()
