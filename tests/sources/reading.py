"""Small files in publishers' layouts, what a parser makes of them, and the formats that a source declares."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import PROJECT_ROOT
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Asked, Edition, Format, Parser, Source
from orchestration.sources.tidy import connect, write_partition

Rows = list[dict[str, Any]]
TODAY = date(2026, 11, 28)


def tidy(
    parse: Parser, *files: Path, period: str = "series", vintage: str | None = None, year: int | None = None
) -> Rows:
    """The rows that a parser makes of files, written and read again as the refresh does, in order of their values.

    Their period and vintage are looked at here and left out: they are the same in all of them.
    """
    edition = Edition(period, vintage, ())
    target = files[0].parent / "tidy" / f"{edition.name}.parquet"
    with connect("1GB", 1, files[0].parent / "spill") as con:
        write_partition(parse(con, files, edition), target, "dataset", files[0].name, edition, year)
        found = con.execute("SELECT * FROM read_parquet(?)", [str(target)])
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert names[-2:] == ["period", "vintage"]
    assert {(row.pop("period"), row.pop("vintage")) for row in rows} == {(period, vintage)}
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def declared(
    source_id: str, years: Sequence[int] = (), needs: Mapping[str, Sequence[Path]] | None = None
) -> list[tuple[Edition, Format]]:
    """What a source asks for, in order: each edition with each format that it may come in."""
    editions = SOURCES[source_id].editions(Asked(years, TODAY, needs or {}))
    return [(edition, form) for edition in editions for form in edition.formats]


def only(source_id: str, period: str) -> Source:
    """A declared source that asks for one period."""
    source = SOURCES[source_id]
    return replace(source, editions=lambda asked: [e for e in source.editions(asked) if e.period == period])


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
