"""A table of a web page, by the headers it has. Nothing that the page links to is fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.readers.fields import Field, Rules, refuse, rules
from orchestration.sources.readers.grid import Table, find_header, find_table, relation
from orchestration.sources.tidy import LAYOUT_REMEDY, TEXT_REMEDY

# It is read into memory.
MOST_BYTES = 64 << 20
MOST_COLUMNS = 1000


def read(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    files: Sequence[Path],
    fields: Sequence[Field],
    options: Mapping[str, Any],
) -> duckdb.DuckDBPyRelation:
    """The fields of the one table of each page that has all wanted headers, one relation over all pages.

    Options: those of `Rules`, `encoding` ("utf-8"). Cells that span columns count in each of them.

    Raises:
        SourceError: if a file is no page, ends within a table, has no such table or several, or a cell does not fit
            its field (the table's row and the column are named).

    Example:
        >>> fields = [Field("region", "VARCHAR", "ID Code"), Field("patents", "BIGINT", "2015")]
        >>> read(con, "patents", [Path("metros.htm")], fields, {"key": ["region"]}).columns  # doctest: +SKIP
        ['region', 'patents']
    """
    declared = rules(dataset, fields, options, "encoding")
    tables = [_table(dataset, file, fields, declared, options.get("encoding", "utf-8")) for file in files]
    return relation(con, dataset, tables, fields, declared)


def _table(dataset: str, file: Path, fields: Sequence[Field], declared: Rules, encoding: str) -> Table:
    refuse(dataset, file, "html")
    if file.stat().st_size > MOST_BYTES:
        raise SourceError(dataset, file.name, f"the page is larger than {MOST_BYTES} bytes", "ask for it in parts")
    page = _Page()
    try:
        page.feed(file.read_text(encoding="utf-8-sig" if encoding == "utf-8" else encoding))
        page.close()
    except (ValueError, LookupError) as error:
        raise SourceError(dataset, file.name, f"the page cannot be read ({error})", TEXT_REMEDY) from error
    if page.open_tables:
        problem = "the page ends within a table"
        raise SourceError(dataset, file.name, problem, "run `clusters refresh` again later")
    fitting, problems = [], []
    for number, rows in enumerate(page.tables):
        try:
            find_header(dataset, file.name, "the page", rows, fields)
            fitting.append(number)
        except SourceError as error:
            problems.append(error.problem)
    if len(fitting) != 1:
        # The table that lacks least is the one that was meant.
        lacking = min(problems, key=len, default="the page has no table")
        problem = f"{len(fitting)} tables of the page have the wanted columns" if fitting else lacking
        raise SourceError(dataset, file.name, problem, LAYOUT_REMEDY)
    if fitting[0] in page.with_tall_cells:
        raise SourceError(dataset, file.name, "a cell of the table spans several rows", LAYOUT_REMEDY)
    return find_table(dataset, file.name, "the page", page.tables[fitting[0]], fields, declared, strict=False)


class _Page(HTMLParser):
    """Collects the tables of a page as rows of texts; a table within a table is one of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.with_tall_cells: set[int] = set()
        self.open_tables: list[_Open] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.open_tables.append(_Open())
        elif not self.open_tables:
            return
        elif tag == "tr":
            self.open_tables[-1].end_cell()
            self.open_tables[-1].rows.append([])
        elif tag in ("td", "th"):
            self.open_tables[-1].begin_cell(dict(attrs))
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if not self.open_tables:
            return
        if tag in ("td", "th", "tr", "table"):
            self.open_tables[-1].end_cell()
        if tag == "table":
            ended = self.open_tables.pop()
            if ended.has_tall_cells:
                self.with_tall_cells.add(len(self.tables))
            self.tables.append(ended.rows)

    def handle_data(self, data: str) -> None:
        if self.open_tables and (cell := self.open_tables[-1].cell) is not None:
            cell.append(data)


class _Open:
    """A table that has not ended yet; `cell` are the texts of the cell that has not."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.has_tall_cells = False
        self.cell: list[str] | None = None
        self._span = 1

    def begin_cell(self, attributes: Mapping[str, str | None]) -> None:
        self.end_cell()
        tall, self._span = (_number(attributes.get(name)) for name in ("rowspan", "colspan"))
        self.has_tall_cells |= tall > 1
        self.cell = []

    def end_cell(self) -> None:
        if self.cell is not None:
            # A cell before the first row begins one.
            self.rows = self.rows or [[]]
            self.rows[-1] += ["".join(self.cell).strip()] * self._span
        self.cell = None


def _number(text: str | None) -> int:
    return min(int(text), MOST_COLUMNS) if text and text.isascii() and text.isdigit() else 1
