"""No row of an OEWS workbook is lost without a word, and no code is made of a broken number."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.errors import SourceError
from orchestration.sources.oews.parse import parse_metro
from orchestration.sources.source import Edition
from tests.sources.books import Cells, book

HEADER = [
    "AREA", "AREA_TITLE", "OCC_CODE", "OCC_TITLE", "O_GROUP", "TOT_EMP", "JOBS_1000", "LOC_QUOTIENT", "A_MEAN",
    "A_MEDIAN",
]  # fmt: skip
FIGURES = [120, 1.5, 0.8, 51_000, 48_000]
WACO = [47380, "Waco, TX", "00-0000", "All Occupations", "total", *FIGURES]
TYLER = ["46340", "Tyler, TX", "00-0000", "All Occupations", "total", *FIGURES]


def parsed(folder: Path, rows: Cells) -> list[tuple]:
    file = folder / "MSA_M2025_dl.xlsx"
    file.write_bytes(book({"Sheet1": [HEADER, *rows]}))
    with duckdb.connect() as con:
        made = parse_metro(con, [file], Edition("2025-05", None, ()))
        return made.project("area_code, occupation_code, employment").fetchall()


def test_a_code_typed_as_a_number_is_the_code_and_notes_are_left_out(tmp_path: Path) -> None:
    rows = parsed(tmp_path, [WACO, [], TYLER, [], ["Note: ** is withheld"], ["See the web page"]])
    assert rows == [("47380", "00-0000", 120), ("46340", "00-0000", 120)]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ([47380.5, *WACO[1:]], "row 3: column AREA holds the number 47380.5 where a code belongs"),
        ([*WACO[:2], 29.1229, *WACO[3:]], "row 3: column OCC_CODE holds the number 29.1229 where a code belongs"),
        ([*WACO[:2], None, *WACO[3:]], "row 3: column OCC_CODE is blank where every row must have it"),
        (["Note: in the middle"], "row 3: column OCC_CODE is blank where every row must have it"),
    ],
)
def test_a_row_that_does_not_fit_is_named(tmp_path: Path, row: list, problem: str) -> None:
    with pytest.raises(SourceError, match=rf"oews_metro: MSA_M2025_dl\.xlsx: {problem}.*Remedy: "):
        parsed(tmp_path, [TYLER, row, WACO])
