"""What a release's tables hold, as one hash per table and year.

Belongs here: hashes over rows. Does not: what follows when two differ (see `revisions`, `orchestration.rebuild`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from orchestration.contracts import TableContract
from orchestration.errors import GateError
from orchestration.quality.comparison import NO_YEAR
from orchestration.quality.engine import columns_of, quoted


@dataclass(frozen=True)
class TableContent:
    """Rows of a table in a year (0 for a table without years, the later one where it compares two) and a hash that no
    order of rows or columns changes."""

    table_name: str
    year: int
    rows: int
    content_hash: str


def table_contents(
    con: duckdb.DuckDBPyConnection, tables: Iterable[TableContract], known: Iterable[TableContent] = ()
) -> list[TableContent]:
    """Hash the tables, year by year; one that is not there is left out.

    The sum of DuckDB's 64-bit row hashes, as 32 hexadecimal digits: equal tables have equal hashes within one version
    of DuckDB, and a difference by accident goes unnoticed once in 2^64. It guards against no adversary.

    Args:
        con: sees the tables by their names.
        tables: their contracts.
        known: what some of their years hold, copied from a release that was hashed: of these the rows are counted.

    Raises:
        GateError: if a known year has another number of rows.

    Example:
        >>> with duckdb.connect(path, read_only=True) as con:                   # doctest: +SKIP
        ...     table_contents(con, [mart_contracts()["dim_cluster"]])[0].rows
        67
    """
    found = []
    copied: dict[str, list[TableContent]] = {}
    for content in known:
        copied.setdefault(content.table_name, []).append(content)
    for contract in sorted(tables, key=lambda c: c.name):
        names = sorted(columns_of(con, contract.name))
        if not names:
            continue
        there = copied.get(contract.name, [])
        _require_rows(con, contract, there)
        year = quoted(contract.year) if contract.year else str(NO_YEAR)
        others = f"WHERE {year} NOT IN ({', '.join(str(c.year) for c in there)})" if there else ""
        rows = con.execute(
            f"SELECT {year} AS year, count(*), sum(hash({', '.join(map(quoted, names))})::HUGEINT) "
            f"FROM {quoted(contract.name)} {others} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        hashed = [TableContent(contract.name, year, count, f"{total:032x}") for year, count, total in rows]
        found += sorted([*there, *hashed], key=lambda c: c.year)
    return found


def _require_rows(con: duckdb.DuckDBPyConnection, contract: TableContract, known: Iterable[TableContent]) -> None:
    promised = {content.year: content.rows for content in known}
    if not promised:
        return
    year = quoted(str(contract.year))
    rows = dict(con.execute(f"SELECT {year}, count(*) FROM {quoted(contract.name)} GROUP BY ALL").fetchall())
    for its_year, count in sorted(promised.items()):
        if rows.get(its_year, 0) != count:
            raise GateError(
                f"{contract.name}: {rows.get(its_year, 0):,} rows of {its_year} came over from the last release, which "
                f"has {count:,}. Remedy: `clusters refresh --from-scratch`, which takes nothing over."
            )


def differing(before: Iterable[TableContent], now: Iterable[TableContent]) -> dict[str, list[int]]:
    """The years in which two releases' tables differ, by table; a table or year that one of them lacks differs too.

    Example:
        >>> one = TableContent("employment", 2016, 2, "0a")
        >>> differing([one], [one]), differing([one], [])
        ({}, {'employment': [2016]})
    """
    earlier, later = _by_key(before), _by_key(now)
    found: dict[str, list[int]] = {}
    for table, year in sorted(earlier.keys() | later.keys()):
        if earlier.get((table, year)) != later.get((table, year)):
            found.setdefault(table, []).append(year)
    return found


def _by_key(contents: Iterable[TableContent]) -> Mapping[tuple[str, int], tuple[int, str]]:
    return {(c.table_name, c.year): (c.rows, c.content_hash) for c in contents}
