"""U.S. Bureau of Economic Analysis: the benchmark input-output accounts at the detail level, with their NAICS key.

One workbook gives two tables: what each industry buys of each commodity (the Use table), and which NAICS codes each
industry stands for. Commodities are named by the industry that chiefly makes them, so one code means both. Values are
in million USD at producers' prices. https://www.bea.gov/industry/input-output-accounts-data
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import NotPublished, SourceError
from orchestration.sources.source import Edition
from orchestration.sources.tidy import LAYOUT_REMEDY
from orchestration.sources.workbook import AGAIN, open_workbook, sheet_rows, text

WORKBOOK = r"IOUse_{kind}_Redefinitions_PRO_(\d{{4}}_)?(Detail|DET)\.xlsx"
# The benchmark of 2007 is taken before redefinitions, later ones after them.
LAST_BEFORE_REDEFINITIONS = 2007
CODE = r"[0-9A-Z]{4,6}"
# Columns that are not industries, rows that are not commodities: final uses, value added, totals.
NO_INDUSTRY, NO_COMMODITY = r"[FT]\d.*", r"[VT]\d.*"
BLANK = ("", "...", "---")
# Sums of rounded figures: 402 of them miss their published total by some 13 million at most.
TOLERANCE, RELATIVE_TOLERANCE = 20, 0.001
# What the key says of industries that NAICS does not have.
NO_NAICS = r"(?i:n/a)|S\d+|"
FOOTNOTE = re.compile(r"[\s*†‡]+$|\s*\[\d+\]$")
VALUE_REMEDY = "look at that cell; if the publisher has re-issued the workbook, run `clusters refresh` again"


@dataclass(frozen=True)
class _Book:
    """The two sheets that matter of a detail workbook, each as rows of cells."""

    dataset: str
    file: str
    year: int
    use: list[list[Any]]
    key: list[list[Any]]

    def error(self, problem: str, remedy: str = LAYOUT_REMEDY) -> SourceError:
        return SourceError(self.dataset, self.file, problem, remedy)


def parse_use(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """The Use table in long form: a row for each commodity, value added or total that a column has a value of.

    Its benchmark year is the edition's. A blank cell is a zero and has no row. Each column's commodities must add up to
    its total T005 and with value added T006 to output T008, and each row's uses T001 and T004 to T007, but for rounding
    (20 million and 0.1 %).

    Raises:
        NotPublished: if the workbook holds other benchmark years only.
        SourceError: if the workbook is of another kind, a code or total is missing or repeated, a cell holds
            text, or the sums do not meet.
    """
    import pandas as pd

    book = _read("bea_use", files, edition.year)
    cells = _use_cells(book)
    industries = {code for code, *_ in _key_rows(book)}
    if strange := sorted({i for _, i in cells if not re.fullmatch(NO_INDUSTRY, i)} - industries):
        raise book.error(f"the key to NAICS does not know the industries {', '.join(strange[:5])}")
    _require_sums(book, cells)
    long = [(book.year, *place, value) for place, value in cells.items() if value]
    table = pd.DataFrame(long, columns=["year", "commodity_code", "industry_code", "value"])
    return con.from_df(table.astype({"year": "int16"}))


def parse_industries(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition
) -> duckdb.DuckDBPyRelation:
    """Detail industries and the beginnings of the NAICS codes they stand for, one row for each of those.

    A NAICS code marked with `*` is shared by several industries: the mark is dropped, and the code stands with each.

    Raises:
        SourceError: if there is no key, an industry stands in it twice, or it names codes in an unknown form.
    """
    import pandas as pd

    book = _read("bea_industries", files, edition.year)
    naics = int(_key_heading(book)[2])
    rows: list[tuple[Any, ...]] = []
    for code, title, summary, named in _key_rows(book):
        try:
            prefixes = naics_prefixes(named)
        except ValueError as error:
            raise book.error(f"the key's industry {code} names NAICS codes as {named!r}") from error
        listed: list[str | None] = [*prefixes] or [None]
        rows += [(book.year, code, title, summary, naics, place, n) for place, n in enumerate(listed, start=1)]
    columns = ["year", "bea_code", "title", "summary_code", "naics", "naics_position", "naics_prefix"]
    small = dict.fromkeys(["year", "naics", "naics_position"], "int16")
    return con.from_df(pd.DataFrame(rows, columns=columns).astype({**small, "naics_prefix": "string"}))


def naics_prefixes(named: str) -> list[str]:
    """The NAICS codes that the key names for an industry, ranges written out.

    Raises:
        ValueError: if it is not a list of codes and ranges.

    Example:
        >>> naics_prefixes("33321, 333291-4, 23*"), naics_prefixes("n/a")
        (['33321', '333291', '333292', '333293', '333294', '23'], [])
    """
    found: list[str] = []
    for part in named.split(","):
        code = FOOTNOTE.sub("", part.strip())
        if re.fullmatch(NO_NAICS, code):
            continue
        span = re.fullmatch(r"(\d{2,6})(?:\s?[-–]\s?(\d{1,6}))?", code)
        last = span and (span[2] or "")
        if span is None or last is None or len(last) > len(span[1]):
            raise ValueError(code)
        first = span[1]
        stop = int(first[: len(first) - len(last)] + last)
        if stop < int(first):
            raise ValueError(code)
        found += [str(number) for number in range(int(first), stop + 1)]
    return list(dict.fromkeys(found))


def _read(dataset: str, files: Sequence[Path], year: int) -> _Book:
    """Finds the detail workbook among files, and its sheets."""
    kind = "Before" if year <= LAST_BEFORE_REDEFINITIONS else "After"
    pattern = WORKBOOK.format(kind=kind)
    matching = [file for file in files if re.fullmatch(pattern, file.name, re.IGNORECASE)]
    if len(matching) != 1:
        problem = f"{len(matching)} detail Use tables for one; there are {', '.join(f.name for f in files[:8])}"
        raise SourceError(dataset, files[0].name, problem, LAYOUT_REMEDY)
    file = matching[0]
    workbook = open_workbook(dataset, file)
    names = {name.strip().lower(): name for name in workbook.sheet_names}
    years = sorted(name for name in names if re.fullmatch(r"\d{4}", name))
    if not years:
        raise SourceError(dataset, file.name, "no sheet is named by its year", LAYOUT_REMEDY)
    if str(year) not in years:
        problem = f"the workbook holds the benchmark of {', '.join(years)}, not of {year}"
        raise NotPublished(dataset, file.name, problem, "nothing to do: benchmark years come out when they are ready")
    sheets = [
        list(sheet_rows(dataset, file, workbook, names.get(name, shown)))
        for name, shown in ((str(year), str(year)), ("naics codes", "NAICS Codes"))
    ]
    book = _Book(dataset, file.name, year, *sheets)
    _require_heading(book, kind)
    return book


def _require_heading(book: _Book, kind: str) -> None:
    """Benchmark years look alike; the lines above the codes say which one it is, at which prices and in which unit."""
    heading = " ".join(text(cell) for row in book.use[: _header(book)] for cell in row[:2])
    for said, wanted in (
        (set(re.findall(r"\b(?:19|20)\d\d\b", heading)), str(book.year)),
        (set(re.findall(r"\b(After|Before) Redefinitions", heading)), kind),
        ({unit.lower() for unit in re.findall(r"\b(\w+) of Dollars", heading, re.IGNORECASE)}, "millions"),
    ):
        if said != {wanted}:
            named = " and ".join(sorted(said)) or "nothing of the kind"
            raise book.error(f"the heading of sheet {book.year} says {named}, not {wanted}", AGAIN)


def _header(book: _Book) -> int:
    for number, row in enumerate(book.use):
        if text(row[0]) in ("Code", "IOCode"):
            return number
    raise book.error(f"sheet {book.year} has no row of codes that begins with Code")


def _use_cells(book: _Book) -> dict[tuple[str, str], float]:
    """Values by row code and column code, zeros included."""
    start = _header(book)
    columns = [text(cell) for cell in book.use[start]][2:]
    while columns and not columns[-1]:
        columns.pop()
    # Notes stand at the foot, in the column of codes, and describe no commodity.
    rows = [(text(row[0]), row[2:]) for row in book.use[start + 1 :] if text(row[1])]
    for what, codes in (("column", columns), ("row", [code for code, _ in rows])):
        if odd := [code for code in codes if not re.fullmatch(CODE, code)]:
            raise book.error(f"sheet {book.year} has a {what} with the code {odd[0]!r}")
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise book.error(f"sheet {book.year} has the {what} {', '.join(twice[:5])} twice")
    for what, missing in (
        ("column", {"T001", "T004", "T007"} - set(columns)),
        ("row", {"T005", "T006", "T008"} - {code for code, _ in rows}),
    ):
        if missing:
            raise book.error(f"sheet {book.year} lacks the {what} {', '.join(sorted(missing))}")
    cells = {}
    for code, values in rows:
        for column, value in zip(columns, values, strict=False):
            if type(value) is not float and text(value) not in BLANK:
                problem = f"row {code}, column {column} of sheet {book.year} holds the text {text(value)!r}"
                raise book.error(problem, VALUE_REMEDY)
            cells[code, column] = value if type(value) is float else 0.0
    return cells


def _require_sums(book: _Book, cells: dict[tuple[str, str], float]) -> None:
    bought: dict[str, float] = {}
    for (row, column), value in cells.items():
        if not re.fullmatch(NO_COMMODITY, row):
            bought[column] = bought.get(column, 0.0) + value
    sums = []
    for column in bought:
        if not re.fullmatch(NO_INDUSTRY, column):
            sums.append((f"the commodities of industry {column}", bought[column], cells["T005", column]))
            made = cells["T005", column] + cells["T006", column]
            sums.append((f"T005 and T006 of industry {column}", made, cells["T008", column]))
    for row in {row for row, _ in cells}:
        if not re.fullmatch(NO_COMMODITY, row):
            used = cells[row, "T001"] + cells[row, "T004"]
            sums.append((f"T001 and T004 of commodity {row}", used, cells[row, "T007"]))
    for what, parts, total in sorted(sums):
        if abs(parts - total) > TOLERANCE + RELATIVE_TOLERANCE * abs(total):
            raise book.error(f"{what} add up to {parts:.0f}, the table says {total:.0f}", VALUE_REMEDY)


def _key_heading(book: _Book) -> tuple[int, int, str]:
    """Where the key begins, in which column the NAICS codes stand, and in which edition."""
    for number, row in enumerate(book.key):
        for position, cell in enumerate(row):
            if (said := re.match(r"Related (\d{4}) NAICS Codes", text(cell))) and position >= 4:
                return number, position, said[1]
    raise book.error("sheet NAICS Codes has no column Related <year> NAICS Codes")


def _key_rows(book: _Book) -> list[tuple[str, str, str, str]]:
    """Code, title, summary code and NAICS codes of each detail industry.

    Columns are sector, summary, (in newer workbooks an underlying summary,) detail, each with its title in the column
    after; notes and NAICS codes come last.
    """
    start, last, _ = _key_heading(book)
    rows, summary = [], ""
    for row in book.key[start + 1 :]:
        cells = [text(cell) for cell in row[: last + 1]]
        summary = cells[1] if cells[1] and not cells[0] else summary
        code, title = cells[last - 3], cells[last - 2]
        if not any(cells[: last - 3]) and code:
            if not re.fullmatch(CODE, code) or not title:
                raise book.error(f"sheet NAICS Codes has the industry {code!r} titled {title!r}")
            rows.append((code, FOOTNOTE.sub("", title), summary, cells[last]))
    codes = [code for code, *_ in rows]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise book.error(f"sheet NAICS Codes has the industry {', '.join(twice[:5])} twice")
    if not rows:
        raise book.error("sheet NAICS Codes lists no industry")
    return rows
