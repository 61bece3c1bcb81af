"""A half-finished download: the bytes so far, and what is needed to ask for the rest.

Belongs here: the two files below `partial/` and when they may be trusted. Does not: requests (see `fetch`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path


@dataclass(frozen=True)
class Version:
    """Which version of a file bytes belong to, from the headers of the answer that brought them.

    `length` is the whole file's, in bytes, where the publisher says so. `resumable` is the validator that
    `If-Range` may carry, None where the publisher gives no strong one.
    """

    etag: str | None = None
    last_modified: str | None = None
    length: int | None = None
    resumable: str | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Version:
        """The version a 200 answer describes (`headers` case-insensitive).

        Example:
            >>> Version.of({"etag": '"a"', "content-length": "12"})
            Version(etag='"a"', last_modified=None, length=12, resumable='"a"')
        """
        etag, last_modified = headers.get("etag"), headers.get("last-modified")
        length = headers.get("content-length", "")
        return cls(etag, last_modified, int(length) if length.isdigit() else None, _strong(headers))


class Partial:
    """The bytes at `path` and, beside them, the version they are the beginning of.

    Example:
        >>> partial.begin(Version(etag='"a"', resumable='"a"'))
        >>> partial.path.write_bytes(b"first half")
        >>> partial.size, partial.version.resumable
        (10, '"a"')
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = path.with_suffix(".json")

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def version(self) -> Version:
        """The version the bytes belong to; one that can't be resumed if that is not known."""
        try:
            return Version(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Version()

    def begin(self, version: Version) -> None:
        """Start again from the first byte, of this version."""
        # In this order, so that after a crash old bytes never lie beside a new version's validator.
        self.discard()
        draft = self._note.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(version)), encoding="utf-8")
        draft.replace(self._note)
        self.path.touch()

    def discard(self) -> None:
        """Forget the bytes and their version."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def sweep(folder: Path, older_than: timedelta) -> None:
    """Removes the half-finished downloads that nothing was added to for so long.

    Example:
        >>> sweep(Path("landing/partial"), timedelta(days=14))
    """
    before = time.time() - older_than.total_seconds()
    for file in folder.iterdir():
        # The bytes and their note are written at different times and go together.
        pair = [f for f in (file.with_suffix(".part"), file.with_suffix(".json"), file) if f.exists()]
        if pair and max(f.stat().st_mtime for f in pair) < before:
            file.unlink(missing_ok=True)


def _strong(headers: Mapping[str, str]) -> str | None:
    """The validator allowed in `If-Range` (RFC 9110, 13.1.5): a strong ETag, or, without any ETag, a date
    that a second change within the same second can't share.
    """
    etag, last_modified = headers.get("etag"), headers.get("last-modified")
    if etag:
        return None if etag.startswith("W/") else etag
    if not last_modified or "date" not in headers:
        return None
    try:
        age = parsedate_to_datetime(headers["date"]) - parsedate_to_datetime(last_modified)
    except (ValueError, TypeError):
        return None
    return last_modified if age.total_seconds() >= 1 else None
