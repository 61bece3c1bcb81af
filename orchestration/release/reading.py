"""A release as people and commands read it: read-only, and in bounded memory.

Belongs here: opening. Does not: what guards a query of a stranger's (`orchestration.cli.query`), a build file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.quality.engine import literal


@contextmanager
def opened(release: Path, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a release that cannot change it.

    By itself DuckDB keeps what it has read until four fifths of the machine's memory are full. What the limit has no
    room for goes to a folder of its own: beside a release nobody may write. One at a time for each file: in a process
    all connections to a file share what is set here.

    Args:
        release: its file.
        memory_limit: as DuckDB writes it, see `settings.memory_limit`.

    Raises:
        duckdb.Error: if the file is absent or not DuckDB's.

    Example:
        >>> with opened(settings().current, "1500MB") as con:                   # doctest: +SKIP
        ...     con.execute("SELECT count(*) FROM employment").fetchone()
    """
    with TemporaryDirectory(prefix="clusters-spill-") as spill, duckdb.connect(release, read_only=True) as con:
        # Set here, and not on connecting: a process has one configuration for all its connections to a file.
        con.execute(f"SET memory_limit = {literal(memory_limit)}; SET temp_directory = {literal(spill)}")
        yield con
