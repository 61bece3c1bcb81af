"""Small files in publishers' layouts, and what a parser makes of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import PROJECT_ROOT
from orchestration.sources.source import Edition, Parser
from orchestration.sources.tidy import connect, write_partition

Rows = list[dict[str, Any]]


def tidy(
    parse: Parser, *files: Path, period: str = "series", vintage: str | None = None, year: int | None = None
) -> Rows:
    """The rows that a parser makes of files, written and read again as the refresh does, without the edition's columns.

    The order is that of the rows' values.
    """
    edition, target = Edition(period, vintage, ()), files[0].parent / "tidy" / f"{period}.parquet"
    with connect("1GB", 1, files[0].parent / "spill") as con:
        write_partition(parse(con, files, edition), target, "dataset", files[0].name, edition, year)
        found = con.execute("SELECT * EXCLUDE (period, vintage) FROM read_parquet(?)", [str(target)])
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
