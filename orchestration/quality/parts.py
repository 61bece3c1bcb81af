"""What a re-issue moved in each part of a table: in a place, in an industry, in whatever its key names.

Belongs here: judging the parts of a table that `comparison` has just compared, and regions' clusters. Does not: the
table as a whole (see `revision`), where the earlier version is kept.

A sum over a whole file hides what happens in one county. So each part is held to what it is used to: a re-issue that
moves it by more than a year does is a warning, and one that moves it by a multiple of that stops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.contracts import TableContract
from orchestration.quality.checks import SqlCheck
from orchestration.quality.comparison import ALL, compared_rows
from orchestration.quality.engine import EVERY, columns_of, literal, quoted
from orchestration.quality.verdict import Severity

SUMMED = ("establishments", "persons", "jobs", "USD per year", "thousand USD")
"""Units of what can be added up over the cells of a part."""

NAMES = ("revision_of_a_part_worth_a_look", "revision_of_each_part_within_limits")

MOVED = (0.02, 0.10)
"""Share of a part's sum that may move: (warning, error). Late reports move a part by some tenths of a percent."""

USUAL = (1.0, 3.0)
"""How many times the part's median move from year to year it may be instead, where that is more."""

LEAST = (0.002, 0.02)
"""Smallest part that is judged, against the mean of its kind: a few hundred jobs, and a few thousand, in a county."""

CELLS = ((10, 0.01), (20, 0.10))
"""Cells of a part that may move by a quarter or more: their number and their share, both are to be exceeded."""

CELL, LEAST_CELL = 0.25, 0.01
"""The quarter, and the smallest move of a cell that counts, against the mean cell: some twenty jobs."""

ONE_WAY = (0.01, 0.04)
"""By how much half of a part's larger cells may move in one direction: late reports come for some cells only."""

LARGER = 100
"""The smallest cell in which a percent is not lost in rounding."""

CLUSTERS = ((0.10, 100), (0.25, 2500))
"""Share of a cluster's jobs in a region that may move, and how many jobs at least: (warning, error)."""

SHOWN = 100


@dataclass(frozen=True)
class PartMoved:
    """A part (`code` of the column `part`) of a year and what became of a column's figures in it.

    `moved` is the sum of all changes, up or down, over the sum before; `cells` moved by a quarter or more, of `of`.
    `mostly` names the cell that moved most and farthest. `size` is the part's sum over the mean of all parts. Of its
    `larger` cells so many moved `one_way` by as much as is worth a look, and so many by as much as is beyond limits.
    `usual` is its median move from one year to the next, None where no two years are held.
    """

    year: int
    part: str
    code: str
    column: str
    moved: float
    cells: int
    of: int
    mostly: str
    size: float
    larger: int = 0
    one_way: tuple[int, int] = (0, 0)
    usual: float | None = None

    def is_beyond(self, level: int) -> bool:
        """Whether it is worth a look (level 0), or beyond the limits (1).

        Example:
            >>> PartMoved(2016, "area_fips", "06085", "jobs", 0.05, 0, 900, "", 3.0, usual=0.01).is_beyond(0)
            True
        """
        least, share = CELLS[level]
        in_sum = self.moved > max(MOVED[level], USUAL[level] * (self.usual or 0))
        in_cells = self.cells > least and self.cells > share * self.of
        together = self.one_way[level] > max(least, self.larger / 2)
        return self.size >= LEAST[level] and (in_sum or in_cells or together)


def moved_parts(con: duckdb.DuckDBPyConnection, contract: TableContract) -> list[PartMoved]:
    """The parts that a re-issue moved beyond what is worth a look, the worst first, after `compare` of the table.

    Example:
        >>> compare(con, contract, "before_stg_qcew", "stg_qcew")                                     # doctest: +SKIP
        >>> moved_parts(con, contract)[0].code                                                        # doctest: +SKIP
        '13121'
    """
    held = columns_of(con, "differing")
    # Without a least value it is a change over the year, most of which is noise.
    summed = [c.name for c in contract.columns if c.unit in SUMMED and c.minimum is not None]
    measures = [name for name in summed if f"old {name}" in held]
    found = [part for part in _moved(con, contract.keys, measures, contract) if part.is_beyond(0)] if measures else []
    usual = {key: _usual(con, contract, key, [p for p in found if p.part == key]) for key in contract.keys}
    known = [PartMoved(**{**vars(p), "usual": usual[p.part].get((p.code, p.column))}) for p in found]
    return sorted((p for p in known if p.is_beyond(0)), key=lambda p: -p.moved * p.size)


def _moved(
    con: duckdb.DuckDBPyConnection, keys: Sequence[str], measures: Sequence[str], contract: TableContract
) -> Iterator[PartMoved]:
    """Every part with a figure that differs, in one pass over the earlier version and one over what differs."""
    part = f"CASE {' '.join(f'WHEN grouping({quoted(k)}) = 0 THEN {literal(k)}' for k in keys)} END AS part"
    code = f"coalesce({', '.join(f'{quoted(k)}::VARCHAR' for k in keys)}) AS code"
    groups = f"GROUP BY GROUPING SETS ({', '.join(f'(compared_year, {quoted(k)})' for k in keys)})"
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE parts_before AS
        SELECT compared_year, {part}, {code}, {", ".join(map(_held, measures))}
        FROM ({compared_rows(contract)}) WHERE compared_year IN (SELECT compared_year FROM differing) {groups}
        """
    )
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE parts_moved AS
        SELECT compared_year, {part}, {code}, {", ".join(_changes(m, keys) for m in measures)}
        FROM differing JOIN (FROM sums_before WHERE entity_id = '{ALL}') USING (compared_year) {groups}
        """
    )
    for measure in measures:
        moved, total, cells = (quoted(f"{what} {measure}") for what in ("moved", "total", "cells"))
        rows = con.execute(
            f"""
            SELECT compared_year, part, code, '{measure}', {moved} / {total}, {quoted(f"big {measure}")}, {cells},
                {quoted(f"mostly {measure}")}, {total} / mean, {quoted(f"larger {measure}")},
                {quoted(f"one way {measure}")}
            FROM (
                SELECT *, avg({total}) OVER (PARTITION BY compared_year, part) AS mean FROM parts_before
            ) JOIN parts_moved USING (compared_year, part, code)
            WHERE {moved} > 0 AND {total} > 0 ORDER BY ALL
            """
        ).fetchall()
        yield from (PartMoved(*row) for row in rows)


def _held(measure: str) -> str:
    name = quoted(measure)
    return (
        f"sum({name})::DOUBLE AS {quoted(f'total {measure}')}, count({name}) AS {quoted(f'cells {measure}')}, "
        f"count(*) FILTER ({name} >= {LARGER}) AS {quoted(f'larger {measure}')}"
    )


def _changes(measure: str, keys: Sequence[str]) -> str:
    old, new = quoted(f"old {measure}"), quoted(f"new {measure}")
    moved, cell = f"abs({new} - {old})", " || ' ' || ".join(f"{quoted(k)}::VARCHAR" for k in keys)
    mean_cell = f"{quoted(f'sum {measure}')} / nullif({quoted(f'count {measure}')}, 0)"
    big = f"{moved} > greatest({CELL} * {old}, {LEAST_CELL} * {mean_cell})"
    up, down = (
        [f"count(*) FILTER ({old} >= {LARGER} AND {new} {than.format(by)} * {old})" for by in ONE_WAY]
        for than in (">= (1 + {})", "<= (1 - {})")
    )
    one_way = ", ".join(f"greatest({more}, {less})" for more, less in zip(up, down, strict=True))
    # By how much and how far: of a county that moves in one industry the largest move is its total's.
    return (
        f"sum({moved})::DOUBLE AS {quoted(f'moved {measure}')}, count(*) FILTER ({big}) AS {quoted(f'big {measure}')}, "
        f"arg_max({cell}, {moved} * ({moved} / greatest({old}, 1))) AS {quoted(f'mostly {measure}')}, "
        f"[{one_way}] AS {quoted(f'one way {measure}')}"
    )


def _usual(
    con: duckdb.DuckDBPyConnection, contract: TableContract, key: str, parts: Sequence[PartMoved]
) -> Mapping[tuple[str, str], float]:
    """The median move of parts from one year to the next, over all the years that are held, by code and column."""
    if not parts or contract.year is None:
        return {}
    table = quoted(EVERY + contract.name if columns_of(con, EVERY + contract.name) else contract.name)
    codes = ", ".join(sorted({literal(part.code) for part in parts}))
    found: dict[tuple[str, str], float] = {}
    for measure in sorted({part.column for part in parts}):
        rows = con.execute(
            f"""
            SELECT code, median(abs(total - earlier) / earlier) FROM (
                SELECT code, total, year - lag(year) OVER of_one AS gap, lag(total) OVER of_one AS earlier
                FROM (
                    SELECT {quoted(key)}::VARCHAR AS code, {quoted(contract.year)} AS year,
                        sum({quoted(measure)})::DOUBLE AS total
                    FROM {table} WHERE {quoted(key)}::VARCHAR IN ({codes}) GROUP BY ALL
                ) WINDOW of_one AS (PARTITION BY code ORDER BY year)
            ) WHERE gap = 1 AND earlier > 0 GROUP BY code
            """
        ).fetchall()
        found |= {(code, measure): usual for code, usual in rows}
    return found


def part_checks(contract: TableContract, parts: Sequence[PartMoved]) -> list[SqlCheck]:
    """Checks that no part moved too far; `parts` as from `moved_parts`.

    Example:
        >>> [check.severity for check in part_checks(contract, [])]                                   # doctest: +SKIP
        ['warning', 'error']
    """
    return [_check(contract.name, [p for p in parts if p.is_beyond(level)], level) for level in (0, 1)]


def _check(table: str, parts: Sequence[PartMoved], level: int) -> SqlCheck:
    severity: Severity = "error" if level else "warning"
    least, share = CELLS[level]
    rows = ",\n    ".join(_row(p, level) for p in parts[:SHOWN]) or f"({', '.join(['NULL'] * 10)})"
    return SqlCheck(
        NAMES[level],
        table,
        severity,
        "SELECT * FROM (VALUES\n    "
        f"{rows}\n) AS part(year, part, code, column_name, moved, usual_move, cells_moved, cells, mostly, one_way)\n"
        "WHERE year IS NOT NULL",
        f"a re-issue moves no place and no industry by more than {MOVED[level]:.0%} or {USUAL[level]:g} times what it "
        f"moves in a usual year, nor more than {least} and {share:.0%} of its cells by a quarter, nor half of its "
        f"cells of {LARGER} and more by {ONE_WAY[level]:.0%} in one direction",
    )


def _row(part: PartMoved, level: int) -> str:
    usual = "NULL" if part.usual is None else f"{part.usual:.4f}"
    texts = (part.part, part.code, part.column)
    return (
        f"({part.year}, {', '.join(map(literal, texts))}, {part.moved:.4f}, {usual}::DOUBLE, {part.cells}, {part.of}, "
        f"{literal(part.mostly)}, {part.one_way[level]})"
    )


def cluster_checks(before: str) -> list[SqlCheck]:
    """Checks that no cluster of a county, a state or the nation moved too far within a year that was released before.

    `before` is the earlier `cluster_specialisation`, as SQL that can stand after FROM. Metropolitan areas are left out:
    a new list of their counties moves their clusters and is no revision.

    Example:
        >>> [check.name for check in cluster_checks("earlier_release.main.cluster_specialisation")]
        ['revision_of_a_cluster_worth_a_look', 'revision_of_each_cluster_within_limits']
    """
    names = ("revision_of_a_cluster_worth_a_look", "revision_of_each_cluster_within_limits")
    return [
        SqlCheck(
            name,
            "cluster_specialisation",
            "error" if level else "warning",
            "SELECT year, region_id, cluster_id, before.employment AS jobs_before, now.employment AS jobs\n"
            f"FROM cluster_specialisation AS now JOIN {before} AS before USING (year, region_id, cluster_id)\n"
            "WHERE split_part(region_id, ':', 1) IN ('nation', 'state', 'county')\n"
            f"    AND abs(now.employment - before.employment) > greatest({share} * before.employment, {jobs})\n"
            "ORDER BY abs(now.employment - before.employment) DESC, year, region_id, cluster_id",
            f"a re-issue moves no region's cluster by more than {share:.0%} and {jobs:,} jobs",
        )
        for level, (name, (share, jobs)) in enumerate(zip(names, CLUSTERS, strict=True))
    ]
