"""Expectations learned from history: what the previous release and the neighbouring year lead to expect.

Belongs here: a table's profile (a few numbers per year) and the rules that compare profiles. Does not: where
profiles are kept between releases, how checks are run.

Like is compared only with like. A publisher's national file has three million rows a year and its state
slices a twentieth of that, so a year's coverage (the region types it holds) must agree before sizes are
compared; what may not be lost (a year, a county) is compared always. The profiles are written into each query
as values, so the rules run as expectations like all others and Data Docs show what was compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import duckdb

from orchestration.quality.checks import SqlCheck
from orchestration.quality.engine import columns_of, literal, quoted
from orchestration.quality.verdict import Severity

FEWEST_ROWS = 0.90
"""Rows against the same year of the previous release. Publishers revise cells and rarely withdraw them: a
tenth of the rows gone is a broken pull or parse."""

MOST_ROWS = 1.25
"""A re-issue adds late cells, never a quarter of a file; beyond that something is counted twice."""

EMPLOYMENT_DRIFT = 0.02
"""A re-issued year's total against the previous release's. A revision corrects single cells of an annual
file; 2 % of the whole is a unit, a level of aggregation or a large state changed."""

LEAST_OF_NEIGHBOUR = 0.75
"""Rows against the nearest earlier year of the same coverage: above two thirds by more than a year's growth, so
that a third gone fails. A recession or a new classification moves the number of cells by some percent."""

MOST_OF_NEIGHBOUR = 1.33
"""The same from the other side: the year after one that lost a third."""

SUPPRESSION_JUMP = 0.1
"""Share of cells withheld, same year. A publisher may change its disclosure rules: hence a warning."""

FEWEST_MOVES = 4
"""Pairs of neighbouring years that the previous release must hold before limits are learned from them."""

SPREAD = 3
"""How many times the largest move so far a new year may move: recessions and new classifications are among them."""

LEARNED: dict[str, tuple[float, Severity]] = {
    "rows": (0.05, "error"),
    "employment": (0.10, "error"),
    "suppressed_share": (0.05, "warning"),
}
"""What is learned, the narrowest limit that a quiet history can lead to, and the severity. Rows and employment move in
shares of themselves, the share of withheld cells in points."""


_SAME_YEAR = "FROM now JOIN before ON now.year IS NOT DISTINCT FROM before.year"
_ALIKE = "now.coverage = before.coverage"


@dataclass(frozen=True)
class TableProfile:
    """What is remembered of a table, or of one year of it.

    `year` is None for a table without years. `employment` is the plain sum of the cells (all levels counted,
    so only good for comparison with itself), None where the table has none or all are NULL.
    `suppressed_share` is 0..1. `regions` is the number of distinct regions by region type, empty for a table
    without regions.
    """

    table_name: str
    year: int | None
    rows: int
    employment: float | None = None
    suppressed_share: float = 0.0
    regions: Mapping[str, int] = field(default_factory=dict)

    @property
    def coverage(self) -> str:
        """The region types held, as one text."""
        return ", ".join(sorted(self.regions))


def profile(
    con: duckdb.DuckDBPyConnection,
    table: str,
    *,
    region: str = "region_id",
    region_type: str = "split_part(region_id, ':', 1)",
    employment: str = "employment",
    suppressed: str = "employment IS NULL",
) -> list[TableProfile]:
    """Profile a table, year by year where it has a column `year`, with one query.

    Args:
        con: a connection that sees `table` by its plain name.
        table: its name.
        region: column that identifies a region; a table without it has no regions.
        region_type: SQL for a region's type.
        employment: column summed; a table without it has neither employment nor suppression.
        suppressed: SQL that is true for a withheld cell.

    Returns:
        Profiles in order of year; none for a table that is absent or empty.

    Example:
        >>> with duckdb.connect() as con:
        ...     _ = con.execute("CREATE TABLE e AS SELECT 'state:06' AS region_id, 2016 AS year")
        ...     profile(con, "e")[0].regions
        {'state': 1}
    """
    columns = columns_of(con, table)
    if not columns:
        return []
    year = quoted("year") if "year" in columns else "NULL"
    total, withheld = f"sum({quoted(employment)})", f"count(*) FILTER (WHERE {suppressed})"
    if employment not in columns:
        total, withheld = "NULL", "0"
    kind, key = (region_type, quoted(region)) if region in columns else ("NULL", "NULL")
    rows = con.execute(
        f"""
        SELECT year, sum(cells)::BIGINT, sum(total)::DOUBLE, sum(withheld) / sum(cells),
            map(list(kind ORDER BY kind) FILTER (WHERE kind IS NOT NULL),
                list(regions ORDER BY kind) FILTER (WHERE kind IS NOT NULL))
        FROM (
            SELECT {year}::INTEGER AS year, {kind} AS kind, count(*) AS cells, {total} AS total,
                {withheld} AS withheld, count(DISTINCT {key}) AS regions
            FROM {quoted(table)}
            GROUP BY ALL
        )
        GROUP BY year
        ORDER BY year
        """
    ).fetchall()
    return [TableProfile(table, y, n, e, share, regions or {}) for y, n, e, share, regions in rows]


def history_expectations(now: Iterable[TableProfile], before: Iterable[TableProfile]) -> list[SqlCheck]:
    """The rules as checks for `run_gate`, for every table in either release.

    Args:
        now: profiles of the release to be.
        before: those of the previous release of the same profile (sample, mirror, live); empty for a first
            release, which leaves the comparison of neighbouring years alone.

    Returns:
        Checks of severity error, except `history_suppression`, a warning. A rule with nothing to compare (one
        year, no regions, no employment) is left out rather than passed.

    Example:
        >>> checks = history_expectations([TableProfile("e", 2016, 100)], [TableProfile("e", 2016, 100)])
        >>> [check.name for check in checks]
        ['history_years_kept', 'history_rows']
    """
    current, previous = _by_table(now), _by_table(before)
    checks: list[SqlCheck] = []
    for table in dict.fromkeys([*current, *previous]):
        held, remembered = current.get(table, []), previous.get(table, [])
        values = _values(held, remembered)
        if len(held) > 1:
            checks.append(_neighbours(table, values))
            checks.extend(_learned(table, values, remembered))
        if remembered:
            checks.extend(_kept(table, values))
        if any(item.regions for item in remembered):
            checks.append(_regions(table, values))
        if any(item.employment is not None for item in remembered):
            checks.extend(_employment(table, values))
    return checks


def _by_table(profiles: Iterable[TableProfile]) -> dict[str, list[TableProfile]]:
    tables: dict[str, list[TableProfile]] = {}
    for item in profiles:
        tables.setdefault(item.table_name, []).append(item)
    return tables


def _neighbours(table: str, values: str) -> SqlCheck:
    sql = (
        f"{values}\nSELECT year, rows, earlier_year, earlier_rows, coverage\nFROM (\n"
        "    SELECT year, rows, coverage, lag(year) OVER years AS earlier_year,\n"
        "        lag(rows) OVER years AS earlier_rows\n"
        "    FROM now WHERE year IS NOT NULL WINDOW years AS (PARTITION BY coverage ORDER BY year)\n)\n"
        f"WHERE rows < {LEAST_OF_NEIGHBOUR} * earlier_rows OR rows > {MOST_OF_NEIGHBOUR} * earlier_rows\n"
        "ORDER BY year"
    )
    expected = f"each year {LEAST_OF_NEIGHBOUR} to {MOST_OF_NEIGHBOUR} times the rows of the year before it"
    return SqlCheck("neighbouring_years", table, "error", sql, expected)


def _learned(table: str, values: str, remembered: Sequence[TableProfile]) -> Iterator[SqlCheck]:
    """Limits on a year's move from the year before it, from the moves among the years already released."""
    dated = sorted((p for p in remembered if p.year is not None), key=lambda p: (p.coverage, p.year or 0))
    pairs = [(a, b) for a, b in pairwise(dated) if a.coverage == b.coverage]
    for measure, (narrowest, severity) in LEARNED.items():
        known = [(getattr(a, measure), getattr(b, measure)) for a, b in pairs]
        points = measure == "suppressed_share"
        moves = [abs(b - a) / (1 if points else a) for a, b in known if None not in (a, b) and (points or a)]
        if len(moves) < FEWEST_MOVES:
            continue
        limit = max(narrowest, SPREAD * max(moves))
        sql = (
            f"{values}\nSELECT year, {measure}, earlier, earlier_year\nFROM (\n"
            f"    SELECT year, {measure}, lag(year) OVER years AS earlier_year, lag({measure}) OVER years AS earlier\n"
            "    FROM now WHERE year IS NOT NULL WINDOW years AS (PARTITION BY coverage ORDER BY year)\n)\n"
            f"WHERE abs({measure} - earlier) > {limit!r} * {'1' if points else 'earlier'}\nORDER BY year"
        )
        expected = f"{measure} within {limit:.3f} of the year before, {SPREAD} times the largest move so far"
        yield SqlCheck(f"neighbouring_{measure}", table, severity, sql, expected)


def _kept(table: str, values: str) -> Iterator[SqlCheck]:
    yield SqlCheck(
        "history_years_kept",
        table,
        "error",
        f"{values}\nSELECT before.year, before.rows AS rows_before\nFROM before ANTI JOIN now\n"
        "ON now.year IS NOT DISTINCT FROM before.year\nORDER BY year",
        "every year of the previous release",
    )
    yield SqlCheck(
        "history_rows",
        table,
        "error",
        f"{values}\nSELECT now.year, now.rows, before.rows AS rows_before\n{_SAME_YEAR}\n"
        f"WHERE now.rows < {FEWEST_ROWS} * before.rows\n"
        f"   OR ({_ALIKE} AND now.rows > {MOST_ROWS} * before.rows)\nORDER BY year",
        f"{FEWEST_ROWS} to {MOST_ROWS} times the rows of the previous release, year by year",
    )


def _regions(table: str, values: str) -> SqlCheck:
    return SqlCheck(
        "history_regions_kept",
        table,
        "error",
        f"{values}\nSELECT before.year, region_type, coalesce(now.regions[region_type], 0) AS regions,\n"
        "    before.regions[region_type] AS regions_before\nFROM (\n"
        f"    SELECT now, before, unnest(map_keys(before.regions)) AS region_type\n    {_SAME_YEAR}\n)\n"
        "WHERE coalesce(now.regions[region_type], 0) < before.regions[region_type]\nORDER BY ALL",
        "no region lost since the previous release, by region type and year",
    )


def _employment(table: str, values: str) -> Iterator[SqlCheck]:
    yield SqlCheck(
        "history_employment",
        table,
        "error",
        f"{values}\nSELECT now.year, now.employment, before.employment AS employment_before\n{_SAME_YEAR}\n"
        f"WHERE {_ALIKE} AND before.employment IS NOT NULL AND (now.employment IS NULL\n"
        f"   OR abs(now.employment - before.employment) > {EMPLOYMENT_DRIFT} * abs(before.employment))\n"
        "ORDER BY year",
        f"total employment of a year within {EMPLOYMENT_DRIFT:.0%} of the previous release's",
    )
    yield SqlCheck(
        "history_suppression",
        table,
        "warning",
        f"{values}\nSELECT now.year, now.suppressed_share, before.suppressed_share AS share_before\n"
        f"{_SAME_YEAR}\n"
        f"WHERE {_ALIKE} AND abs(now.suppressed_share - before.suppressed_share) > {SUPPRESSION_JUMP}\n"
        "ORDER BY year",
        f"share of withheld cells within {SUPPRESSION_JUMP} of the previous release's",
    )


def _values(now: Sequence[TableProfile], before: Sequence[TableProfile]) -> str:
    return f"WITH now AS (\n{_relation(now)}\n),\nbefore AS (\n{_relation(before)}\n)"


def _relation(profiles: Sequence[TableProfile]) -> str:
    """Profiles as a query; typed and filtered, so that no profile at all is a relation without rows."""
    lines = [_row(item) for item in profiles] or [_row(TableProfile("", None, -1))]
    return (
        "    SELECT * FROM (VALUES\n"
        + ",\n".join(f"        {line}" for line in lines)
        + "\n    ) AS profile(year, rows, employment, suppressed_share, coverage, regions) WHERE rows >= 0"
    )


def _row(item: TableProfile) -> str:
    kinds = ", ".join(literal(kind) for kind in sorted(item.regions))
    counts = ", ".join(str(item.regions[kind]) for kind in sorted(item.regions))
    cells = [
        f"{_number(item.year)}::INTEGER",
        f"{item.rows}::BIGINT",
        f"{_number(item.employment)}::DOUBLE",
        f"{item.suppressed_share!r}::DOUBLE",
        literal(item.coverage),
        f"map([{kinds}]::VARCHAR[], [{counts}]::BIGINT[])",
    ]
    return f"({', '.join(cells)})"


def _number(value: float | None) -> str:
    return "NULL" if value is None else repr(value)
