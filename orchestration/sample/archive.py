"""Archives whose bytes depend on nothing but their content: fixed times, fixed order.

Belongs here: zip and xlsx containers. Does not: what is in them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from openpyxl import Workbook

_STAMP = (2026, 1, 1, 0, 0, 0)
# openpyxl writes the moment of saving into the document's properties.
_SAVED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def write_zip(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    """Write members in the order given, all with the same time stamp.

    Example:
        >>> write_zip(Path("a.zip"), [("a.txt", b"text")])  # doctest: +SKIP
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, _STAMP)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, compress_type=zipfile.ZIP_DEFLATED, compresslevel=1)


def write_workbook(path: Path, workbook: Workbook) -> None:
    """Save a workbook so that the same cells always give the same bytes."""
    saved = io.BytesIO()
    workbook.save(saved)
    with zipfile.ZipFile(saved) as archive:
        members = [(name, _SAVED.sub(rb"\g<1>2026-01-01T00:00:00Z", archive.read(name))) for name in archive.namelist()]
    write_zip(path, members)
