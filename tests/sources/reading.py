"""Small files in publishers' layouts, and what a parser makes of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.settings import PROJECT_ROOT
from orchestration.sources.source import Parser
from orchestration.sources.tidy import write_partition

Rows = list[dict[str, Any]]


def tidy(parse: Parser, *files: Path, period: int = 0, year: int | None = None) -> Rows:
    """The rows that a parser makes of files, written and read again as the refresh does."""
    target = files[0].parent / "tidy" / f"{period}.parquet"
    with duckdb.connect() as con:
        write_partition(parse(con, files, period), target, "dataset", files[0].name, year)
        found = con.execute("SELECT * FROM read_parquet(?)", [str(target)])
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def text_file(folder: Path, name: str, lines: Sequence[str], encoding: str = "utf-8", end: str = "\n") -> Path:
    """A file of these lines."""
    path = folder / name
    path.write_bytes("".join(line + end for line in lines).encode(encoding))
    return path


def real_file(path: str) -> Path:
    """A file of the mirror of publishers' real files; skips the test where there is none."""
    shared = Path(os.environ.get("CLUSTERS_SHARED", PROJECT_ROOT.parent / "shared"))
    if not (shared / "mirror" / path).exists():
        pytest.skip(f"NOT TESTED on real files: there is no {shared / 'mirror' / path}")
    return shared / "mirror" / path
