"""The shape of a mutation: one query over a clean table that yields the damaged one, and what it may draw on.

Belongs here: the shape, and helpers that write such queries. Does not: any one mutation (see `tidy_mutations`,
`mart_mutations`), how they are applied and judged (see `harness`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """A named way in which a table goes wrong without failing to parse.

    `sql` reads `clean` (of QCEW the rows of one year) and `before` (the rows of the year before it, of QCEW only)
    and yields the columns of `table`; names in braces are drawn by the seed (see `harness.Draw`). A `small` one touches
    a handful of cells: it shows where the gates end and does not count towards the share blocked. Of one of
    `every_year` both `clean` and `before` hold all years. `touches` are the drawn names of places and industries whose
    figures it falsifies: a good message names one.

    Example:
        >>> Mutation("values_x10", "stg_qcew", changed(annual_avg_emplvl="10 * annual_avg_emplvl")).small
        False
    """

    name: str
    table: str
    sql: str
    small: bool = False
    every_year: bool = False
    touches: tuple[str, ...] = ()


def changed(where: str = "true", **columns: str) -> str:
    """The clean rows, with new values in some columns where a condition holds.

    Example:
        >>> changed("year = 2016", jobs="0")
        'SELECT * REPLACE (CASE WHEN year = 2016 THEN 0 ELSE jobs END AS jobs) FROM clean'
    """
    cases = ", ".join(f"CASE WHEN {where} THEN {value} ELSE {name} END AS {name}" for name, value in columns.items())
    return f"SELECT * REPLACE ({cases}) FROM clean"


def without(where: str) -> str:
    """The clean rows but those for which a condition holds.

    Example:
        >>> without("area_fips = '06085'")
        "SELECT * FROM clean WHERE (area_fips = '06085') IS NOT TRUE"
    """
    return f"SELECT * FROM clean WHERE ({where}) IS NOT TRUE"


def chance(share: float, *key: str) -> str:
    """SQL that is true for a share of the rows, drawn by the seed from their key and so the same in every run.

    Example:
        >>> chance(0.01, "area_fips")
        'hash(area_fips, {seed}) % 10000 < 100'
    """
    return f"hash({', '.join(key)}, {{seed}}) % 10000 < {round(share * 10000)}"


def shifted(order: str, *columns: str, partition: str = "") -> str:
    """The clean rows, with some columns' values taken from the row before in an order.

    Example:
        >>> shifted("code", "title")
        'SELECT * REPLACE (coalesce(lag(title) OVER w, title) AS title) FROM clean WINDOW w AS (ORDER BY code)'
    """
    values = ", ".join(f"coalesce(lag({name}) OVER w, {name}) AS {name}" for name in columns)
    within = f"PARTITION BY {partition} " if partition else ""
    return f"SELECT * REPLACE ({values}) FROM clean WINDOW w AS ({within}ORDER BY {order})"
