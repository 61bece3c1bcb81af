"""A home that cannot be written to, because the disk is full or the folder read-only: one message for all of it.

Belongs here: telling that this is what an error is about. Does not: any other error.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import ClustersError, SetupError

# How the operating system, SQLite and DuckDB say it.
FULL = r"No space left on device|database or disk is full|disk I/O error|Disk quota exceeded|File too large"
CLOSED = r"Read-only file system|Permission denied|attempt to write a readonly database"


def storage_error(home: Path, text: str) -> SetupError | None:
    """The error that a failure to write amounts to, whoever reported it; None if `text` is about something else.

    Example:
        >>> str(storage_error(Path("/"), "IO Error: could not write: No space left on device"))[:42]
        '/ cannot be written to: No space left on d'
    """
    found = re.search(f"({FULL})|({CLOSED})", text)
    if found is None:
        return None
    free = f"{shutil.disk_usage(home).free / 1e6:,.0f} MB free" if home.exists() else "the folder is not there"
    owner = belongs_to_another(home)
    closed = f"refresh as {owner}, whose folder it is" if owner else "let the user who refreshes write there"
    remedy = "free some space there" if found[1] else closed
    return SetupError(
        f"{home} cannot be written to: {found[0]} ({free}). The published release stays as it was. "
        f"Remedy: {remedy}, then refresh again; what this refresh left is cleared up then."
    )


def belongs_to_another(home: Path) -> str | None:
    """The user whose folder it is, where that is another and we may not write there; None otherwise.

    Example:
        >>> belongs_to_another(Path("/proc/1"))                                 # doctest: +SKIP
        'root'
    """
    try:
        owner = home.stat().st_uid
    except OSError:
        return None
    if owner == os.geteuid() or os.access(home, os.W_OK):
        return None
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return str(owner)


@contextmanager
def storage_errors_named(home: Path) -> Iterator[None]:
    """Turns what is raised because nothing can be written below `home` into one error that says so."""
    try:
        yield
    except ClustersError:
        raise
    except Exception as error:
        if (named := storage_error(home, str(error))) is not None:
            raise named from error
        raise
