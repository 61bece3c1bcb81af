"""U.S. Bureau of Economic Analysis: the benchmark input-output accounts at the detail level, with their NAICS key.

What each industry buys of each commodity (the Use table) and makes of each (the Make table), how much of the former is
imported, and which NAICS codes each industry stands for, which stands in the workbook of the Use table. Commodities are
named by the industry that chiefly makes them, so one code means both. Values are in million USD at producers' prices.
https://www.bea.gov/industry/input-output-accounts-data
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.sources.bea.detail import (
    CODE,
    Book,
    Table,
    is_commodity,
    is_final_use,
    is_industry,
    read_book,
    sums_by,
)
from orchestration.sources.source import Edition
from orchestration.sources.workbook import text

# What the key says of industries that NAICS does not have.
NO_NAICS = r"(?i:n/a)|S\d+|"
FOOTNOTE = re.compile(r"[\s*†‡]+$|\s*\[\d+\]$")
USE = Table(
    "Use Table",
    r"IOUse_{kind}_Redefinitions_PRO_(\d{{4}}_)?(Detail|DET)\.xlsx",
    columns=frozenset({"T001", "T004", "T007"}),
    rows=frozenset({"T005", "T006", "T008"}),
    has_key=True,
)
# In one of BEA's archives a blank stands before the dot.
MAKE = Table(
    "Make Table",
    r"IOMake_{kind}_Redefinitions_(\d{{4}}_)?(Detail|DET) ?\.xlsx",
    columns=frozenset({"T008"}),
    rows=frozenset({"T007"}),
    may_lack=True,
)
# Most imports are small, and what rounds to nothing is missed all in one direction: by 43 million at most.
IMPORTS = Table(
    "Import Matrix",
    r"ImportMatrices_{kind}_Redefinitions_(Detail|DET)(_\d{{4}})?\.xlsx",
    columns=frozenset({"T001", "T004", "F05000"}),
    rows=frozenset(),
    after_since=None,
    may_lack=True,
    tolerance=60,
)


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
    book = read_book("bea_use", files, edition.year, USE)
    cells = book.cells()
    industries = {code for code, *_ in _key_rows(book)}
    if strange := sorted({i for _, i in cells if is_industry(i)} - industries):
        raise book.error(f"the key to NAICS does not know the industries {', '.join(strange[:5])}")
    bought = {c: value for c, value in sums_by(cells, column=True, of=is_commodity).items() if is_industry(c)}
    commodities = {row for row, _ in cells if is_commodity(row)}
    inputs = {c: cells["T005", c] + cells["T006", c] for c in bought}
    uses = {c: cells[c, "T001"] + cells[c, "T004"] for c in commodities}
    book.require_sums(
        [(f"the commodities of industry {c}", bought[c], cells["T005", c]) for c in bought]
        + [(f"T005 and T006 of industry {c}", inputs[c], cells["T008", c]) for c in bought]
        + [(f"T001 and T004 of commodity {c}", uses[c], cells[c, "T007"]) for c in commodities]
    )
    return book.long(con, cells, "commodity_code", "industry_code")


def parse_make(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """The Make table in long form: a row for each commodity or total that an industry makes any of.

    Each industry's commodities must add up to its output T008, and each commodity's industries to T007.

    Raises:
        NotPublished: if the files hold no such workbook, or other benchmark years only.
        SourceError: as `parse_use`.
    """
    book = read_book("bea_make", files, edition.year, MAKE)
    cells = book.cells()
    made, supplied = sums_by(cells, column=False, of=is_commodity), sums_by(cells, column=True, of=is_industry)
    book.require_sums(
        [(f"the commodities of industry {i}", made[i], cells[i, "T008"]) for i in made]
        + [(f"the industries of commodity {c}", supplied[c], cells["T007", c]) for c in supplied]
    )
    return book.long(con, cells, "industry_code", "commodity_code")


def parse_imports(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """The import matrix in long form: a row for each commodity of which an industry or final use buys any abroad.

    Imports stand as a negative final use too (F05000), so that all uses of a commodity come to nothing: its industries
    must add up to T001, its final uses to T004, and both totals to zero.

    Raises:
        NotPublished: if the files hold no such workbook, or other benchmark years only.
        SourceError: as `parse_use`.
    """
    book = read_book("bea_imports", files, edition.year, IMPORTS)
    cells = book.cells()
    bought, final = (sums_by(cells, column=False, of=of) for of in (is_industry, is_final_use))
    book.require_sums(
        [(f"the industries of commodity {c}", bought[c], cells[c, "T001"]) for c in bought]
        + [(f"the final uses of commodity {c}", final[c], cells[c, "T004"]) for c in final]
        + [(f"T001 and T004 of commodity {c}", cells[c, "T001"] + cells[c, "T004"], 0.0) for c in bought]
    )
    return book.long(con, cells, "commodity_code", "industry_code")


def parse_industries(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition
) -> duckdb.DuckDBPyRelation:
    """Detail industries and the beginnings of the NAICS codes they stand for, one row for each of those.

    A NAICS code marked with `*` is shared by several industries: the mark is dropped, and the code stands with each.

    Raises:
        SourceError: if there is no key, an industry stands in it twice, or it names codes in an unknown form.
    """
    import pandas as pd

    book = read_book("bea_industries", files, edition.year, USE)
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


def _key_heading(book: Book) -> tuple[int, int, str]:
    """Where the key begins, in which column the NAICS codes stand, and in which edition."""
    for number, row in enumerate(book.key):
        for position, cell in enumerate(row):
            if (said := re.match(r"Related (\d{4}) NAICS Codes", text(cell))) and position >= 4:
                return number, position, said[1]
    raise book.error("sheet NAICS Codes has no column Related <year> NAICS Codes")


def _key_rows(book: Book) -> list[tuple[str, str, str, str]]:
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
