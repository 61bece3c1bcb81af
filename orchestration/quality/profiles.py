"""A table's profile: the few numbers by which the next refresh knows it again.

Belongs here: what is remembered of a table, and taking it. Does not: what follows from two profiles (see `history`),
where they are kept between releases (`orchestration.release`).

Like is compared only with like. A publisher's national file has three million rows a year and its state slices a
twentieth of that; a new list of metropolitan areas adds some and leaves counties alone. So there is a profile for each
year (or edition) and each type of region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from orchestration.contracts import TableContract
from orchestration.quality.engine import columns_of, quoted

YEARS = ("year", "to_year")


@dataclass(frozen=True)
class TableProfile:
    """What is remembered of a table, or of the rows of one time and one type of region in it.

    `year` is None for a table without years. `period` is what else says of when the rows are: the two years they
    compare (`2015-2017`), or the edition of their source (`2023-07`); None where the year says all. `region_type` is
    None for a table without regions. `employment` is the plain sum of the cells (all levels counted, so only good for
    comparison with itself), None where the table has none or all are NULL. `suppressed_share` is 0..1. `regions` is the
    number of distinct regions, None for a table that names none. `rows` and `suppressed_share` are None where an
    earlier version of the warehouse did not count by type of region.
    """

    table_name: str
    year: int | None
    rows: int | None
    employment: float | None = None
    suppressed_share: float | None = 0.0
    regions: int | None = None
    region_type: str | None = None
    period: str | None = None

    @property
    def time(self) -> tuple[int | None, str | None]:
        """Of when the rows are."""
        return self.year, self.period


def profile_of(con: duckdb.DuckDBPyConnection, contract: TableContract) -> list[TableProfile]:
    """The profile of a table by its contract: its dates, its regions and its employment, where it has them.

    Example:
        >>> profile_of(con, mart_contracts()["region_structure"])[0].region_type       # doctest: +SKIP
        'county'
    """
    return profile(con, contract.name, dates=contract.dates)


def profile(
    con: duckdb.DuckDBPyConnection,
    table: str,
    *,
    dates: Sequence[str] = ("year",),
    region: str = "region_id",
    region_type: str = "split_part(region_id, ':', 1)",
    employment: str = "employment",
    suppressed: str = "employment IS NULL",
) -> list[TableProfile]:
    """Profile a table, time by time and one type of region after the other, with one query.

    Args:
        con: a connection that sees `table` by its plain name.
        table: its name.
        dates: columns that say of when a row is; what the table lacks of them is left out.
        region: column that identifies a region. A table without it has none, yet may have a column `region_type`.
        region_type: SQL for a region's type.
        employment: column summed; a table without it has neither employment nor suppression.
        suppressed: SQL that is true for a withheld cell.

    Returns:
        Profiles in order of time and type; none for a table that is absent or empty.

    Example:
        >>> with duckdb.connect() as con:
        ...     _ = con.execute("CREATE TABLE e AS SELECT 'state:06' AS region_id, 2016 AS year")
        ...     profile(con, "e")[0].region_type
        'state'
    """
    columns = columns_of(con, table)
    if not columns:
        return []
    year, period = _time([name for name in dates if name in columns])
    total, withheld = f"sum({quoted(employment)})", f"count(*) FILTER (WHERE {suppressed})"
    if employment not in columns:
        total, withheld = "NULL", "0"
    kind, regions = region_type, f"count(DISTINCT {quoted(region)})"
    if region not in columns:
        kind, regions = "region_type" if "region_type" in columns else "NULL", "NULL"
    rows = con.execute(
        f"""
        SELECT {year}::INTEGER AS its_year, count(*), {total}::DOUBLE, {withheld} / count(*), {regions},
            {kind} AS its_region_type, {period} AS its_period
        FROM {quoted(table)}
        GROUP BY its_year, its_period, its_region_type
        ORDER BY its_year, its_period, its_region_type
        """
    ).fetchall()
    return [TableProfile(table, *row) for row in rows]


def _time(dates: Sequence[str]) -> tuple[str, str]:
    """SQL for the year of a row and for what else says of when it is."""
    year = next((quoted(name) for name in YEARS if name in dates), "NULL")
    others = [name for name in dates if name != "year"]
    period = " || '-' || ".join(f"{quoted(name)}::VARCHAR" for name in others)
    return year, period or "NULL::VARCHAR"
