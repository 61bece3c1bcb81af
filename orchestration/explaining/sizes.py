"""Clusters of one region and year, summed up from its private cells: plants, pay, and what their jobs are between.

Belongs here: the sums along the industry tree, and what divides them. Does not: quotients (`quotients`), reading them.
What holds at each step is told in `dbt_project/models/intermediate/year/int_cluster_sizes.sql`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import duckdb

LEVELS = ("naics_industry", "industry_group", "subsector", "sector", "total")
NO_CLUSTER = ""
# What is left of an industry beside its clusters' weights counts from here on.
LEAST_WEIGHT = 1e-9
CELLS = """
    SELECT i.level, i.code, split_part(i.parent_industry_id, ':', 2) AS parent, i.title, e.*
    FROM employment AS e JOIN dim_industry AS i USING (industry_id)
    WHERE e.region_id = ? AND e.year = ? AND e.ownership = 'private' AND i.level NOT IN ('domain', 'supersector')
    ORDER BY i.code
"""


class Cell(NamedTuple):
    """A private cell of a region: an industry with its figures, as `employment` has them; `pay` is the average wage."""

    level: str
    code: str
    parent: str | None
    industry_id: str
    title: str
    establishments: float
    employment: float | None
    wages: float | None
    lower: float
    upper: float | None
    estimate: float | None
    pay: float | None = None


class Size(NamedTuple):
    """What is known of a part of a region's jobs; `guess` is the sum of its estimates, `pieces` their number."""

    establishments: float
    wages: float | None
    lower: float
    upper: float | None
    guess: float | None
    pieces: int = 1


class Region(NamedTuple):
    """A region's private cells, which industry is how much whose, and each cluster's size ("" is in none)."""

    cells: list[Cell]
    weights: Mapping[str, list[tuple[str, float]]]
    clusters: Mapping[str, Size]
    kinds: Mapping[str, str]
    private_lower: float
    private_upper: float | None

    def industries(self, cluster_id: str) -> list[tuple[Cell, float]]:
        """The six-digit cells that a cluster is made of here, the largest first, with the part that is its own."""
        own = [
            (cell, weight)
            for cell in self.cells
            if cell.level == "national_industry"
            for cluster, weight in self.weights.get(cell.industry_id, ())
            if cluster == cluster_id
        ]
        return sorted(own, key=lambda each: (-(each[0].estimate or each[0].lower) * each[1], each[0].code))


def region(con: duckdb.DuckDBPyConnection, region_id: str, year: int) -> Region:
    """Reads a region's private cells and sums them up by cluster."""
    cells = [_cell(row) for row in rows_of(con, CELLS, [region_id, year])]
    weights: dict[str, list[tuple[str, float]]] = {}
    for cluster, industry, weight in con.execute(
        "SELECT cluster_id, industry_id, weight FROM cluster_industry"
    ).fetchall():
        weights.setdefault(industry, []).append((cluster, weight))
    kinds = dict(con.execute("SELECT cluster_id, kind FROM dim_cluster").fetchall()) | {NO_CLUSTER: "none"}
    total = next((cell for cell in cells if cell.level == "total"), None)
    least, most = (total.lower, total.upper) if total else (0.0, None)
    return Region(cells, weights, sizes(cells, weights), kinds, least, most)


def _cell(row: dict[str, Any]) -> Cell:
    named = {"lower": "employment_lower", "upper": "employment_upper", "estimate": "employment_estimate"}
    found = {name: row[named.get(name, name)] for name in Cell._fields if name != "pay"}
    # Releases from before pay had estimates lack them.
    return Cell(**found, pay=row.get("average_wage_estimate"))


def average_wage(of: Region, cluster_id: str) -> float | None:
    """Wages of a cluster's industries, known and estimated, over their jobs, to the dollar; None without."""
    jobs = of.clusters[cluster_id].guess
    paid = sum(
        math.floor(weight * (cell.wages if cell.wages is not None else (cell.estimate or 0) * (cell.pay or 0)) + 0.5)
        for cell, weight in of.industries(cluster_id)
    )
    return math.floor(paid / jobs + 0.5) if jobs and paid else None


def sizes(cells: Iterable[Cell], weights: Mapping[str, list[tuple[str, float]]]) -> dict[str, Size]:
    """The size of every cluster, by the sums along the industry tree."""
    by_code = {(cell.level, cell.code): cell for cell in cells}
    parts: list[tuple[str | None, str, Size]] = []
    for (level, _), cell in by_code.items():
        if level == "national_industry":
            own = weights.get(cell.industry_id, [])
            rest = 1 - sum(weight for _, weight in own)
            for cluster, weight in [*own, *([(NO_CLUSTER, rest)] if rest > LEAST_WEIGHT else [])]:
                parts.append((cell.parent, cluster, _weighed(cell, weight)))
    for level in LEVELS:
        grouped: dict[str | None, dict[str, list[Size]]] = {}
        for parent, cluster, size in parts:
            grouped.setdefault(parent, {}).setdefault(cluster, []).append(size)
        parts = [
            (cell.parent if cell else None, cluster, size)
            for code, own_parts in grouped.items()
            for cell in [by_code.get((level, code or ""))]
            for cluster, size in _held_to(cell, {c: added(s) for c, s in own_parts.items()}).items()
        ]
    return {cluster: size for _, cluster, size in parts}


def _weighed(cell: Cell, weight: float) -> Size:
    return Size(
        addable(cell.establishments * weight),
        None if cell.wages is None else math.floor(cell.wages * weight + 0.5),
        addable(cell.lower * weight),
        None if cell.upper is None else addable(cell.upper * weight),
        None if cell.estimate is None else addable(cell.estimate * weight),
    )


def addable(value: float) -> float:
    """Rounded to 1/1024, as the warehouse does before it adds up.

    Example:
        >>> addable(0.1)
        0.099609375
    """
    return math.floor(value * 1024 + 0.5) / 1024


def added(parts: list[Size]) -> Size:
    """The sum of sizes; what is unknown of one is unknown of the sum."""
    return Size(
        sum(part.establishments for part in parts),
        total(part.wages for part in parts),
        sum(part.lower for part in parts),
        total(part.upper for part in parts),
        total(part.guess for part in parts),
        len(parts),
    )


def total(values: Iterable[float | None]) -> float | None:
    """The sum, or None where one of the values is unknown."""
    known: list[float] = []
    for value in values:
        if value is None:
            return None
        known.append(value)
    return sum(known)


def _held_to(cell: Cell | None, parts: Mapping[str, Size]) -> dict[str, Size]:
    """The parts of one industry, none of which is more than the industry leaves beside the others."""
    whole = added(list(parts.values()))
    slack = 0.5 * (1 + sum(part.pieces for part in parts.values())) if len(parts) > 1 else 0.0
    return {name: _narrowed(part, cell, whole, slack, len(parts) == 1) for name, part in parts.items()}


def _narrowed(part: Size, cell: Cell | None, whole: Size, slack: float, is_whole: bool) -> Size:
    if cell is None:
        return part
    wages = cell.wages if part.wages is None and is_whole else part.wages
    most, least = part.upper, part.lower
    if cell.upper is not None:
        left = cell.upper - (whole.lower - part.lower) + slack
        most = left if most is None else min(most, left)
    if whole.upper is not None and part.upper is not None:
        least = max(least, cell.lower - (whole.upper - part.upper) - slack)
    if part.lower == part.upper or (most is not None and least > most):
        return part._replace(wages=wages)
    return part._replace(wages=wages, lower=least, upper=most)


def others(region: Region, cluster_id: str) -> tuple[float | None, float | None]:
    """The least and the most that the other clusters of its kind can hold in the region."""
    of_kind: dict[str, list[Size]] = {}
    for name, size in region.clusters.items():
        of_kind.setdefault(region.kinds[name], []).append(size)
    kinds = {kind: added(found) for kind, found in of_kind.items()}
    mine, kind, every = region.clusters[cluster_id], kinds[region.kinds[cluster_id]], added(list(kinds.values()))
    least = _greatest(
        minus(kind.lower, mine.lower),
        minus(minus(region.private_lower, minus(every.upper, kind.upper)), mine.upper),
    )
    most = _least(
        minus(kind.upper, mine.upper),
        minus(minus(region.private_upper, minus(every.lower, kind.lower)), mine.lower),
    )
    return _least(least, most), _greatest(least, most)


def minus(one: float | None, other: float | None) -> float | None:
    """A difference, unknown where either is."""
    return None if one is None or other is None else one - other


def _least(*values: float | None) -> float | None:
    return min((value for value in values if value is not None), default=None)


def _greatest(*values: float | None) -> float | None:
    return max((value for value in values if value is not None), default=None)


def rows_of(con: duckdb.DuckDBPyConnection, sql: str, values: list[Any]) -> list[dict[str, Any]]:
    """The rows of a query, by the names of its columns."""
    found = con.execute(sql, values)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
