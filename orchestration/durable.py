"""How files are written: small ones whole, after a power cut too, and none so that others may write it.

Belongs here: writing one. Does not: what stands in it.
"""

from __future__ import annotations

import os
from pathlib import Path


def nobody_else_writes() -> None:
    """Lets no file of this process be writable by others, whatever the umask of who started it."""
    os.umask(os.umask(0) | 0o022)


def write_whole(path: Path, text: str) -> None:
    """Writes a text in place of what a file holds; its folder is made if there is none.

    The bytes are on disk before the name leads to them: else a power cut would leave an empty file under it.

    Raises:
        OSError: if it cannot be written. What was there before stays.

    Example:
        >>> write_whole(Path("tidy/editions-live.json"), "[]")                  # doctest: +SKIP
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.half")
    with half.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    half.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
