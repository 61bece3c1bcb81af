"""Expectations learned from history: what the previous release and the year before lead to expect.

Belongs here: the rules that compare profiles. Does not: profiles themselves (see `profiles`), how checks are run.

What the previous release held must still be there: each year or edition, each type of region, nearly each row. What
is new may be new: years before and after, editions, sources. The profiles are written into each query as values, so the
rules run as expectations like all others and Data Docs show what was compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from orchestration.quality.checks import SqlCheck
from orchestration.quality.engine import literal
from orchestration.quality.profiles import TableProfile
from orchestration.quality.revision import LOST
from orchestration.quality.verdict import Severity

FEWEST_ROWS = 0.90
"""Rows against the same year of the previous release. Publishers revise cells and rarely withdraw them: a
tenth of the rows gone is a broken pull or parse."""

MOST_ROWS = 1.25
"""A re-issue adds late cells, never a quarter of a file; beyond that something is counted twice."""

EMPLOYMENT_DRIFT = 0.02
"""A re-issued year's total against the previous release's. A revision corrects single cells of an annual
file; 2 % of the whole is a unit, a level of aggregation or a large state changed."""

DISCLOSED = 0.01
"""Fall of the share of withheld cells from which on a total grows because figures appear in it."""

LEAST_OF_NEIGHBOUR = 0.75
"""Rows against the year before: above two thirds by more than a year's growth, so that a third gone fails. A recession
or a new classification moves the number of cells by some percent. Over a gap of n years the limit is its nth power."""

MOST_OF_NEIGHBOUR = 1.33
"""The same from the other side: the year after one that lost a third."""

SUPPRESSION_JUMP = 0.1
"""Share of cells withheld, same year. A publisher may change its disclosure rules: hence a warning."""

FEWEST_MOVES = 4
"""Pairs of neighbouring years that the previous release must hold before limits are learned from them."""

SPREAD = 3
"""How many times the largest move so far a new year may move: recessions are among them."""

LEARNED: dict[str, tuple[float, Severity]] = {
    "rows": (0.05, "error"),
    "employment": (0.10, "error"),
    "suppressed_share": (0.05, "warning"),
}
"""What is learned, the narrowest limit that a quiet history can lead to, and the severity. Rows and employment move in
shares of themselves, the share of withheld cells in points."""

_KEY = ("year", "period", "region_type")


def _alike_in(key: Iterable[str]) -> str:
    """SQL for a profile now and one before that are about the same."""
    return " AND ".join(f"now.{name} IS NOT DISTINCT FROM before.{name}" for name in key)


_SAME = _alike_in(_KEY)
_BOTH = f"SELECT {', '.join(f'now.{name}' for name in _KEY)}"
_AS_MANY_REGIONS = "now.regions IS NOT DISTINCT FROM before.regions"
_ORDER = "ORDER BY year, period, region_type"
# Each year beside the nearest earlier one, the types of regions that both hold taken together: of one type a publisher
# may print less from a year on, and a third of all rows is another matter.
_PAIRS = """
    SELECT year, period, earlier_year, sum(rows) AS rows, sum(earlier_rows) AS earlier_rows,
        sum(employment) FILTER (WHERE earlier_employment IS NOT NULL) AS employment,
        sum(earlier_employment) FILTER (WHERE employment IS NOT NULL) AS earlier_employment,
        sum(rows * suppressed_share) / sum(rows) AS suppressed_share,
        sum(earlier_rows * earlier_suppressed_share) / sum(earlier_rows) AS earlier_suppressed_share,
        string_agg(region_type, ', ' ORDER BY region_type) AS region_types
    FROM (
        SELECT *, lag(year) OVER years AS earlier_year, lag(rows) OVER years AS earlier_rows,
            lag(employment) OVER years AS earlier_employment,
            lag(suppressed_share) OVER years AS earlier_suppressed_share
        FROM now WHERE year IS NOT NULL WINDOW years AS (PARTITION BY region_type, period ORDER BY year)
    )
    WHERE earlier_year IS NOT NULL GROUP BY year, period, earlier_year
"""


def history_expectations(
    now: Iterable[TableProfile],
    before: Iterable[TableProfile],
    *,
    breaks: Collection[int] = (),
    news: str = "",
    lasting_news: str = "",
    of_spans: Collection[str] = (),
) -> list[SqlCheck]:
    """The rules as checks for `run_gate`, for every table in either release.

    Args:
        now: profiles of the release to be.
        before: those of the previous release of the same profile (sample, mirror, live); empty for a first
            release, which leaves the comparison of neighbouring years alone.
        breaks: years in which another classification begins: limits learned within one don't reach across.
        news: what new editions, years or sources these tables are made from, in words: it explains growth of a table
            that is of no time. Empty for a publisher's own tables, which nothing but their own files can make grow.
        lasting_news: the part of it that reaches all years (a list of areas, say, and not another year's figures): it
            makes growth within a year a warning.
        of_spans: tables whose rows compare two years: each year that a span ended with is still there, while spans
            themselves may go, as the one up to the newest year does when another year comes.

    Returns:
        Checks of severity error, except `history_suppression` and `history_growth`, warnings. A rule with nothing to
        compare (one year, no regions, no employment) is left out rather than passed.

    Example:
        >>> checks = history_expectations([TableProfile("e", 2016, 100)], [TableProfile("e", 2016, 100)])
        >>> [check.name for check in checks]
        ['history_years_kept', 'history_types_kept', 'history_rows']
    """
    current, previous = _by_table(now), _by_table(before)
    checks: list[SqlCheck] = []
    for table in dict.fromkeys([*current, *previous]):
        held, remembered = current.get(table, []), _alike(current.get(table, []), previous.get(table, []))
        values = _values(held, remembered)
        if len({item.year for item in held}) > 1:
            checks.append(_neighbours(table, values))
            checks.extend(_learned(table, values, remembered, breaks))
        if remembered:
            dated = any(item.time != (None, None) for item in remembered)
            checks.extend(_years_kept(table, values, ("year",) if table in of_spans else ("year", "period")))
            checks.extend(_rows_kept(table, values, lasting_news if dated else news, dated=dated))
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


def _alike(held: Sequence[TableProfile], remembered: Sequence[TableProfile]) -> list[TableProfile]:
    """What is remembered, unless another version of the warehouse dated the table's rows otherwise."""
    shapes = [{(item.year is None, item.period is None) for item in side} for side in (held, remembered)]
    return list(remembered) if not held or shapes[0] & shapes[1] else []


def _neighbours(table: str, values: str) -> SqlCheck:
    sql = (
        f"{values}\nSELECT year, rows, earlier_year, earlier_rows, period, region_types\nFROM ({_PAIRS})\n"
        f"WHERE rows < power({LEAST_OF_NEIGHBOUR}, year - earlier_year) * earlier_rows\n"
        f"    OR rows > power({MOST_OF_NEIGHBOUR}, year - earlier_year) * earlier_rows\nORDER BY ALL"
    )
    expected = (
        f"each year {LEAST_OF_NEIGHBOUR} to {MOST_OF_NEIGHBOUR} times the rows of the year before it, more or less in "
        "proportion where years are missing between them"
    )
    return SqlCheck("neighbouring_years", table, "error", sql, expected)


def _learned(
    table: str, values: str, remembered: Sequence[TableProfile], breaks: Collection[int]
) -> Iterator[SqlCheck]:
    """Limits on a year's move from the year before it, from the moves among the years already released."""
    pairs = _consecutive(remembered, breaks)
    for measure, (narrowest, severity) in LEARNED.items():
        points = measure == "suppressed_share"
        moves = [move for both in pairs if (move := _move(both, measure)) is not None]
        if len(moves) < FEWEST_MOVES:
            continue
        limit = max(narrowest, SPREAD * max(moves))
        within = f" AND year NOT IN ({', '.join(map(str, sorted(breaks)))})" if breaks else ""
        sql = (
            f"{values}\nSELECT year, {measure}, earlier_{measure} AS earlier, earlier_year, period, region_types\n"
            f"FROM ({_PAIRS})\nWHERE year = earlier_year + 1{within}\n"
            f"    AND abs({measure} - earlier_{measure}) > {limit!r} * {'1' if points else f'earlier_{measure}'}\n"
            "ORDER BY ALL"
        )
        by = f"{limit * 100:.1f} percentage points" if points else f"{limit:.1%}"
        expected = f"{WORDS[measure]} at most {by} from the year before, {SPREAD} times the largest move so far"
        yield SqlCheck(f"neighbouring_{measure}", table, severity, sql, expected)


def _consecutive(
    remembered: Sequence[TableProfile], breaks: Collection[int]
) -> list[list[tuple[TableProfile, TableProfile]]]:
    """For each year that follows another within a classification, both of them by type of region."""
    known = {(p.region_type, p.period, p.year): p for p in remembered if p.year is not None}
    years: dict[tuple[int | None, str | None], list[tuple[TableProfile, TableProfile]]] = {}
    for (kind, period, year), item in known.items():
        if year not in breaks and (earlier := known.get((kind, period, (year or 0) - 1))):
            years.setdefault(item.time, []).append((earlier, item))
    return list(years.values())


def _move(both: Sequence[tuple[TableProfile, TableProfile]], measure: str) -> float | None:
    """How far a measure moved, in points of the share of withheld cells and in shares of itself otherwise."""
    values = [
        (_amount(a, measure), _amount(b, measure), a.rows or 0, b.rows or 0)
        for a, b in both
        if None not in (_amount(a, measure), _amount(b, measure))
    ]
    before, now, rows_before, rows = (sum(column) for column in zip(*values, strict=True)) if values else (0, 0, 0, 0)
    if measure == "suppressed_share":
        return abs(now / rows - before / rows_before) if rows and rows_before else None
    return abs(now - before) / before if before else None


def _amount(item: TableProfile, measure: str) -> float | None:
    if measure == "suppressed_share":
        return None if item.rows is None or item.suppressed_share is None else item.rows * item.suppressed_share
    value: float | None = getattr(item, measure)
    return value


WORDS = {
    "rows": "the number of rows moves",
    "employment": "the sum of jobs moves",
    "suppressed_share": "the share of withheld cells moves",
}


def _years_kept(table: str, values: str, key: Sequence[str]) -> Iterator[SqlCheck]:
    """Two checks, since a publisher may stop printing a type of region, and no year is ever revised away."""
    lost = f"FROM before ANTI JOIN now ON {_alike_in(key)}"
    of_type = f"FROM before ANTI JOIN now ON {_alike_in((*key, 'region_type'))}\nSEMI JOIN now ON {_alike_in(key)}"
    shown = f"{values}\nSELECT before.year, before.period, before.region_type, before.rows AS rows_before\n"
    years = f"every year{' and edition' if 'period' in key else ''}"
    yield SqlCheck(LOST, table, "error", f"{shown}{lost}\n{_ORDER}", f"{years} of the previous release")
    yield SqlCheck(
        "history_types_kept",
        table,
        "error",
        f"{shown}{of_type}\n{_ORDER}",
        f"every type of region that the previous release has in a year{' or edition' if 'period' in key else ''}",
    )


def _rows_kept(table: str, values: str, news: str, *, dated: bool) -> Iterator[SqlCheck]:
    grown = f"now.rows > {MOST_ROWS} * before.rows * greatest(1, coalesce(now.regions / nullif(before.regions, 0), 1))"
    counts = f"{_BOTH}, now.rows, before.rows AS rows_before\nFROM now JOIN before ON {_SAME}"
    yield SqlCheck(
        "history_rows",
        table,
        "error",
        f"{values}\n{counts}\nWHERE now.rows < {FEWEST_ROWS} * before.rows\n"
        f"    OR {'false' if news else grown}\n{_ORDER}",
        f"at least {FEWEST_ROWS} times the rows of the previous release, year by year, and at most {MOST_ROWS} times "
        "as many for as many regions" + (f"; more are expected, for new is {news}" if news else ""),
    )
    if news and dated:
        yield SqlCheck(
            "history_growth",
            table,
            "warning",
            f"{values}\n{counts}\nWHERE {grown}\n{_ORDER}",
            f"within a year at most {MOST_ROWS} times the rows of the previous release; new is {news}",
        )


def _regions(table: str, values: str) -> SqlCheck:
    return SqlCheck(
        "history_regions_kept",
        table,
        "error",
        f"{values}\n{_BOTH}, now.regions, before.regions AS regions_before\nFROM now JOIN before ON {_SAME}\n"
        f"WHERE now.regions < before.regions\n{_ORDER}",
        "as many regions as in the previous release, by region type and year",
    )


def _employment(table: str, values: str) -> Iterator[SqlCheck]:
    """A total is held to its earlier one, unless cells withheld before are printed now: that is told as what it is."""
    joined = f"FROM now JOIN before ON {_SAME}\nWHERE {_AS_MANY_REGIONS}"
    jobs = f"{_BOTH}, now.employment, before.employment AS employment_before"
    shares = "now.suppressed_share, before.suppressed_share AS share_before"
    disclosed = (
        f"(before.suppressed_share - now.suppressed_share >= {DISCLOSED} AND now.employment > before.employment)"
    )
    drifted = (
        "before.employment IS NOT NULL AND (now.employment IS NULL\n"
        f"    OR abs(now.employment - before.employment) > {EMPLOYMENT_DRIFT} * abs(before.employment))"
    )
    yield SqlCheck(
        "history_employment",
        table,
        "error",
        f"{values}\n{jobs}\n{joined} AND {drifted}\n    AND NOT coalesce({disclosed}, false)\n{_ORDER}",
        f"total employment of a year within {EMPLOYMENT_DRIFT:.0%} of the previous release's",
    )
    yield SqlCheck(
        "history_disclosure",
        table,
        "error",
        f"{values}\n{jobs}, {shares}\n{joined} AND {drifted} AND {disclosed}\n{_ORDER}",
        "about as many cells withheld as in the previous release; where fewer are and the total has grown, nothing is "
        "lost: the publisher prints figures that it used to withhold",
    )
    yield SqlCheck(
        "history_suppression",
        table,
        "warning",
        f"{values}\n{_BOTH}, {shares}\n{joined}\n"
        f"    AND abs(now.suppressed_share - before.suppressed_share) > {SUPPRESSION_JUMP}\n{_ORDER}",
        f"share of withheld cells within {SUPPRESSION_JUMP * 100:.0f} percentage points of the previous release's",
    )


def _values(now: Sequence[TableProfile], before: Sequence[TableProfile]) -> str:
    return f"WITH now AS (\n{_relation(now)}\n),\nbefore AS (\n{_relation(before)}\n)"


def _relation(profiles: Sequence[TableProfile]) -> str:
    """Profiles as a query; typed and filtered, so that no profile at all is a relation without rows."""
    lines = [_row(item) for item in profiles] or [_row(TableProfile("", None, -1))]
    return (
        "    SELECT * FROM (VALUES\n"
        + ",\n".join(f"        {line}" for line in lines)
        + f"\n    ) AS profile({', '.join(_KEY)}, rows, employment, suppressed_share, regions)\n"
        + "    WHERE rows IS NULL OR rows >= 0"
    )


def _row(item: TableProfile) -> str:
    cells = [
        f"{_number(item.year)}::INTEGER",
        f"{_text(item.period)}::VARCHAR",
        f"{_text(item.region_type)}::VARCHAR",
        f"{_number(item.rows)}::BIGINT",
        f"{_number(item.employment)}::DOUBLE",
        f"{_number(item.suppressed_share)}::DOUBLE",
        f"{_number(item.regions)}::BIGINT",
    ]
    return f"({', '.join(cells)})"


def _number(value: float | None) -> str:
    return "NULL" if value is None else repr(value)


def _text(value: str | None) -> str:
    return "NULL" if value is None else literal(value)
