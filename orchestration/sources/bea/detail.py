"""BEA's detail workbooks: the sheet of a benchmark year as values by row and column, whichever table it is.

Belongs here: finding workbook and sheet, what the heading must say, codes, cells, sums. Does not: what a table means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import NotPublished, SourceError
from orchestration.sources.tidy import LAYOUT_REMEDY
from orchestration.sources.workbook import AGAIN, open_workbook, sheet_rows, text

CODE = r"[0-9A-Z]{4,6}"
# The benchmark of 2007 is taken before redefinitions, later ones after them.
AFTER_SINCE = 2012
BLANK = ("", "...", "---")
RELATIVE_TOLERANCE = 0.001
VALUE_REMEDY = "look at that cell; if the publisher has re-issued the workbook, run `clusters refresh` again"
Cells = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Table:
    """A table of the accounts: its name in the heading, the workbooks' names, and the totals it must have.

    From the year `after_since` on it is taken after redefinitions; if None it may be either. `has_key`: the key to
    NAICS stands beside it. `may_lack`: archives may be without it. `tolerance` is by how many million sums of rounded
    figures may miss a total: those of 402 figures miss it by some 13 at most.
    """

    title: str
    workbook: str
    columns: frozenset[str]
    rows: frozenset[str]
    after_since: int | None = AFTER_SINCE
    has_key: bool = False
    may_lack: bool = False
    tolerance: float = 20

    def kind(self, year: int) -> str:
        """Before or after redefinitions, as a pattern."""
        if self.after_since is None:
            return "(?:Before|After)"
        return "After" if year >= self.after_since else "Before"


@dataclass(frozen=True)
class Book:
    """The sheets that matter of a detail workbook, as rows of cells: the year's, and the key to NAICS if it has one.

    `key` is empty where the table has none beside it.
    """

    dataset: str
    file: str
    year: int
    table: Table
    sheet: list[list[Any]]
    key: list[list[Any]]

    def error(self, problem: str, remedy: str = LAYOUT_REMEDY) -> SourceError:
        """An error about this workbook."""
        return SourceError(self.dataset, self.file, problem, remedy)

    def header(self) -> int:
        """The row with the columns' codes."""
        for number, row in enumerate(self.sheet):
            if text(row[0]) in ("Code", "IOCode"):
                return number
        raise self.error(f"sheet {self.year} has no row of codes that begins with Code")

    def cells(self) -> Cells:
        """Values by row code and column code, zeros included.

        Raises:
            SourceError: if a code or total is missing or repeated, or a cell holds text.
        """
        start = self.header()
        columns = [text(cell) for cell in self.sheet[start]][2:]
        while columns and not columns[-1]:
            columns.pop()
        # Notes stand at the foot, in the column of codes, and describe no commodity.
        rows = [(text(row[0]), row[2:]) for row in self.sheet[start + 1 :] if text(row[1])]
        self._require_codes("column", columns, self.table.columns)
        self._require_codes("row", [code for code, _ in rows], self.table.rows)
        cells = {}
        for code, values in rows:
            for column, value in zip(columns, values, strict=False):
                if type(value) is not float and text(value) not in BLANK:
                    problem = f"row {code}, column {column} of sheet {self.year} holds the text {text(value)!r}"
                    raise self.error(problem, VALUE_REMEDY)
                cells[code, column] = value if type(value) is float else 0.0
        return cells

    def require_sums(self, sums: Iterable[tuple[str, float, float]]) -> None:
        """Refuses parts that do not add up to a published total, but for rounding; each is told by what it is.

        Raises:
            SourceError: if one does not.
        """
        for what, parts, total in sorted(sums):
            if abs(parts - total) > self.table.tolerance + RELATIVE_TOLERANCE * abs(total):
                raise self.error(f"{what} add up to {parts:.0f}, the table says {total:.0f}", VALUE_REMEDY)

    def long(self, con: duckdb.DuckDBPyConnection, cells: Cells, row: str, column: str) -> duckdb.DuckDBPyRelation:
        """The cells that are not zero, one row each: year, the row's and the column's code, value."""
        import pandas as pd

        found = [(self.year, *place, value) for place, value in cells.items() if value]
        return con.from_df(pd.DataFrame(found, columns=["year", row, column, "value"]).astype({"year": "int16"}))

    def require_heading(self) -> None:
        """Tables and years look alike; the lines above the codes say which, before what, and in which unit.

        Raises:
            SourceError: if they say something else.
        """
        heading = " ".join(text(cell) for row in self.sheet[: self.header()] for cell in row[:2])
        for said, wanted in (
            (set(re.findall(r"\b(?:19|20)\d\d\b", heading)), str(self.year)),
            (set(re.findall(r"\b(?:Use|Make) Table|\bImport Matrix", heading)), self.table.title),
            (set(re.findall(r"\b(After|Before) Redefinitions", heading)), self.table.kind(self.year)),
            ({unit.lower() for unit in re.findall(r"\b(\w+) of Dollars", heading, re.IGNORECASE)}, "millions"),
        ):
            if len(said) != 1 or not re.fullmatch(wanted, *said):
                named = " and ".join(sorted(said)) or "nothing of the kind"
                raise self.error(f"the heading of sheet {self.year} says {named}, not {wanted}", AGAIN)

    def _require_codes(self, what: str, codes: Sequence[str], totals: frozenset[str]) -> None:
        if odd := [code for code in codes if not re.fullmatch(CODE, code)]:
            raise self.error(f"sheet {self.year} has a {what} with the code {odd[0]!r}")
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise self.error(f"sheet {self.year} has the {what} {', '.join(twice[:5])} twice")
        if missing := totals - set(codes):
            raise self.error(f"sheet {self.year} lacks the {what} {', '.join(sorted(missing))}")


def is_industry(code: str) -> bool:
    """Whether a code of a table's industry side is one, and no final use or total."""
    return not re.fullmatch(r"[FT]\d.*", code)


def is_commodity(code: str) -> bool:
    """Whether a code of a table's commodity side is one, and no value added or total."""
    return not re.fullmatch(r"[VT]\d.*", code)


def is_final_use(code: str) -> bool:
    """Whether a code is a final use.

    Example:
        >>> is_final_use("F05000"), is_final_use("T004")
        (True, False)
    """
    return re.fullmatch(r"F\d.*", code) is not None


def sums_by(cells: Cells, *, column: bool, of: Callable[[str], bool]) -> dict[str, float]:
    """Sums of each column over the rows of a kind, or of each row over the columns of a kind."""
    sums: dict[str, float] = {}
    for place, value in cells.items():
        key, part = place[::-1] if column else place
        if of(part):
            sums[key] = sums.get(key, 0.0) + value
    return sums


def read_book(dataset: str, files: Sequence[Path], year: int, table: Table) -> Book:
    """Finds a table's detail workbook among files, and its sheets.

    Raises:
        NotPublished: if it holds other benchmark years only, or is not there and may be lacking.
        SourceError: if there is not one of its kind, or it has no such sheet or another heading.
    """
    pattern = table.workbook.format(kind=table.kind(year))
    matching = [file for file in files if re.fullmatch(pattern, file.name, re.IGNORECASE)]
    if len(matching) != 1:
        problem = f"{len(matching)} detail workbooks of the {table.title} for one; "
        problem += f"there are {', '.join(f.name for f in files[:8])}"
        if table.may_lack and not matching:
            remedy = "nothing to do where BEA offers the workbook by itself; else compare its name with the parser's"
            raise NotPublished(dataset, files[0].name, problem, remedy)
        raise SourceError(dataset, files[0].name, problem, LAYOUT_REMEDY)
    file = matching[0]
    workbook = open_workbook(dataset, file)
    names = {name.strip().lower(): name for name in workbook.sheet_names}
    years = sorted(name for name in names if re.fullmatch(r"\d{4}", name))
    if not years:
        raise SourceError(dataset, file.name, "no sheet is named by its year", LAYOUT_REMEDY)
    if str(year) not in years and f"_{year}_" in file.name:
        problem = f"sheet {year} is missing, though the file is named by it (there are {', '.join(years)})"
        raise SourceError(dataset, file.name, problem, LAYOUT_REMEDY)
    if str(year) not in years:
        problem = f"the workbook holds the benchmark of {', '.join(years)}, not of {year}"
        raise NotPublished(dataset, file.name, problem, "nothing to do: benchmark years come out when they are ready")
    sheet = list(sheet_rows(dataset, file, workbook, names[str(year)]))
    key = names.get("naics codes", "NAICS Codes")
    rows_of_key = list(sheet_rows(dataset, file, workbook, key)) if table.has_key else []
    book = Book(dataset, file.name, year, table, sheet, rows_of_key)
    book.require_heading()
    return book
