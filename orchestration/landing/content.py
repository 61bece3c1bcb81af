"""Is a file what its kind says? A look at the bytes before they are accepted into the store.

Belongs here: signs that a publisher sent something else (an error page, half an archive). Does not: columns
and values (parsers and expectations judge those).
"""

from __future__ import annotations

import gzip
import logging
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.cage import Died, Limits, caged
from orchestration.landing.unpack import DAMAGED, HIGHEST_RATIO, RATIO_COUNTS_FROM
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.sources.source import Kind

logger = logging.getLogger("clusters.landing")

HEAD = 4096
CHUNK = 1 << 20
HTML_SIGNS = (b"<!doctype html", b"<!--", b"<html", b"<head", b"<body", b"<script", b"<table", b"captcha")
GZ_MAGIC = b"\x1f\x8b"
# What Eurostat answers, in XML, when a question asks for too many cells.
TOO_BIG = "EXTRACTION_TOO_BIG"
# How a list begins, and a line of names in brackets does not.
A_LIST = re.compile(rb"\[\s*([\[{\"\d\]-]|true|false|null)")
AN_ERROR = re.compile(rb"\{\s*[\"'](errors?|message|exception)[\"']\s*:")
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
# What some files begin with that hold no text, whatever they are called.
NO_TEXT = {
    b"%PDF-": "a PDF document",
    b"PK\x03\x04": "a zip archive",
    GZ_MAGIC: "a gz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7z archive",
    OLE_MAGIC: "an older workbook or document",
    b"PAR1": "a Parquet file",
}


def content_problem(path: Path, kind: Kind) -> str | None:
    """What is wrong with a file of a kind, in words that follow its URL, or None.

    Example:
        >>> content_problem(Path("page.html"), "csv")
        'answered with an HTML page instead of a csv file'
    """
    head = _head(path)
    if not head:
        return "sent an empty file"
    if TOO_BIG.encode() in head:
        return f"answered {TOO_BIG} instead of a {kind} file"
    opening = head.lower()
    is_page = opening.startswith(b"<") and any(sign in opening for sign in HTML_SIGNS)
    if is_page != (kind == "html"):
        return f"answered with an HTML page instead of a {kind} file" if is_page else "sent a file that is no HTML page"
    if kind in ("zip", "xlsx"):
        return _archive_problem(path, kind)
    if kind == "gz":
        return _gz_problem(path)
    if kind == "xls":
        return None if _begins(path, OLE_MAGIC) else "sent a file that is not an xls workbook"
    for sign, what in NO_TEXT.items():
        if head.startswith(sign):
            return f"answered with {what} instead of a {kind} file"
    return _text_problem(path, kind, opening)


def _head(path: Path) -> bytes:
    """How a file begins, after a byte-order mark and blanks, of which some servers send pages full before a page."""
    with path.open("rb") as stream:
        head = stream.read(HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
        while len(head) < HEAD and (more := stream.read(HEAD)):
            head = (head + more).lstrip()
    return head


def problem_told(path: Path, kind: Kind, settings: Settings) -> str | None:
    """The same of a file that a stranger sent: archives are looked at by a process of its own.

    One that brings that process down is let through: it will bring down what reads it, and that is told and remembered.
    """
    if kind not in ("zip", "xlsx", "gz"):
        return content_problem(path, kind)
    try:
        return caged(Limits.of(settings), content_problem, path, kind)
    except Died as died:
        logger.warning("%s: the process that looked at it %s", path, died)
        return None


def _begins(path: Path, sign: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(sign)) == sign


def _text_problem(path: Path, kind: Kind, opening: bytes) -> str | None:
    if opening.startswith(b"<?xml") and kind != "html":
        return f"answered with an XML document instead of a {kind} file"
    if kind == "json" and (problem := _json_problem(path, opening)):
        return problem
    if kind != "json" and (opening.startswith(b"{") or A_LIST.match(opening)):
        return f"answered with JSON instead of a {kind} file"
    return f"sent a {kind} file with NUL bytes in it" if _has_nul(path) else None


def _archive_problem(path: Path, kind: Kind) -> str | None:
    if not _begins(path, b"PK"):
        return f"sent a file that is not a {kind} archive"
    try:
        with zipfile.ZipFile(path) as archive:
            return None if archive.infolist() else f"sent a {kind} archive without members"
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        return f"sent a {kind} archive that is truncated or damaged ({error})"


def _gz_problem(path: Path) -> str | None:
    if not _begins(path, GZ_MAGIC):
        return "sent a file that is not a gz archive"
    most, size = max(RATIO_COUNTS_FROM, HIGHEST_RATIO * path.stat().st_size), 0
    try:
        # To the end, where the checksum stands; what it unpacks to is written nowhere.
        with gzip.open(path) as stream:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > most:
                    return f"sent a gz archive that unpacks to more than {HIGHEST_RATIO} times its size"
    except DAMAGED as error:
        return f"sent a gz archive that is truncated or damaged ({error})"
    return None


def _json_problem(path: Path, opening: bytes) -> str | None:
    if not opening.startswith((b"{", b"[")):
        return "sent a file that is not JSON"
    if AN_ERROR.match(opening):
        return f"answered with an error instead of data ({opening[:120].decode(errors='replace')})"
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - HEAD))
        end = stream.read().rstrip()
    if not end.endswith(b"]" if opening.startswith(b"[") else b"}"):
        return "sent JSON that ends in the middle"
    return None


def _has_nul(path: Path) -> bool:
    # The whole file: a download cut by a full disk, or by a proxy, ends in zeros.
    with path.open("rb") as stream:
        return any(b"\0" in chunk for chunk in iter(lambda: stream.read(CHUNK), b""))
