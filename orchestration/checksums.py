"""Checksums of files, and by what a process knows that it need not compute one again.

Belongs here: reading a file for its checksum. Does not: what follows where it is not the one that was written down.

A night asks for that of the same file several times: when it is looked at, when it is recorded, when all that is in use
is gone through. Of many years that is minutes of reading for one answer.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

# More than the partitions of thirty years.
REMEMBERED = 4096


def checksum(path: Path) -> str:
    """The sha256 of a file, in hexadecimal; some 0.7 s a gigabyte.

    Example:
        >>> checksum(Path("/dev/null"))[:8]
        'e3b0c442'
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def known_checksum(path: Path) -> str:
    """The same, computed once a process as long as nothing has touched the file.

    Raises:
        OSError: if there is no such file, or it cannot be read.
    """
    return _checksum_of(path, version_of(path))


def version_of(path: Path) -> tuple[int, ...]:
    """What changes whenever somebody writes into a file, or puts another in its place.

    Raises:
        OSError: if there is no such file.
    """
    seen = path.stat()
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


@lru_cache(maxsize=REMEMBERED)
def _checksum_of(path: Path, _version: tuple[int, ...]) -> str:
    return checksum(path)
