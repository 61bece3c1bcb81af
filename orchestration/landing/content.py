"""Is a file what its kind says? A look at the bytes before they are accepted into the store.

Belongs here: signs that a publisher sent something else (an error page, half an archive). Does not: columns
and values (parsers and expectations judge those).
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.sources.source import Kind

HEAD = 4096
CHUNK = 1 << 20
HTML_SIGNS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"captcha")
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")


def content_problem(path: Path, kind: Kind) -> str | None:
    """What is wrong with a file of a kind, in words that follow its URL, or None.

    Example:
        >>> content_problem(Path("page.html"), "csv")
        'answered with an HTML page instead of a csv file'
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not head:
        return "sent an empty file"
    opening = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if opening.startswith(b"<") and any(sign in opening for sign in HTML_SIGNS):
        return f"answered with an HTML page instead of a {kind} file"
    if kind in ("zip", "xlsx"):
        return _archive_problem(path, kind, head)
    if kind == "xls":
        return None if head.startswith(OLE_MAGIC) else "sent a file that is not an xls workbook"
    if opening.startswith(b"<?xml"):
        return f"answered with an XML document instead of a {kind} file"
    if opening.startswith((b"{", b"[{")):
        return f"answered with JSON instead of a {kind} file"
    return f"sent a {kind} file with NUL bytes in it" if _has_nul(path) else None


def _archive_problem(path: Path, kind: Kind, head: bytes) -> str | None:
    if not head.startswith(b"PK"):
        return f"sent a file that is not a {kind} archive"
    try:
        with zipfile.ZipFile(path) as archive:
            return None if archive.infolist() else f"sent a {kind} archive without members"
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        return f"sent a {kind} archive that is truncated or damaged ({error})"


def _has_nul(path: Path) -> bool:
    # The whole file: a download cut by a full disk, or by a proxy, ends in zeros.
    with path.open("rb") as stream:
        return any(b"\0" in chunk for chunk in iter(lambda: stream.read(CHUNK), b""))
