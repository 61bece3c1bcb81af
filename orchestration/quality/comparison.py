"""Two versions of one table, compared cell by cell.

Belongs here: counting what was revised, what appeared and what vanished. Does not: where the versions come from, how
much is too much (see `revision`), how the counts are stored (`orchestration.release`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.contracts import TableContract
from orchestration.quality.engine import columns_of, quoted
from orchestration.table_contract import DATES

ALL = "all"
"""The entity that stands for the whole table."""

NO_YEAR = 0
"""The year of a table without years. A table that compares two years goes by the later one."""

ENTITIES = ("region_id", "cluster_id")
NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL")

NOISE = 1e-9
"""Relative difference below which two numbers are the same: sums taken in another order differ in their last bits."""

TOGETHER = 30
"""Columns that are compared in one query: DuckDB holds memory for each of them at a time."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What became of a table's column between two versions, for an entity (a region, a cluster, or all) and a year.

    `cells` had a figure in the earlier version or have one now; `revised` of them have another one, `appeared` had none
    before, `vanished` have none now. Changes are relative to the earlier figure (0.1: ten percent more), over revised
    numbers whose earlier figure is not 0: `median_change`, the `largest_change` by size with its sign, and
    `volume_change`, the sum of all absolute changes over the sum of the absolute figures before.
    """

    table_name: str
    entity_id: str
    year: int
    column_name: str
    cells: int
    revised: int
    appeared: int
    vanished: int
    median_change: float | None
    largest_change: float | None
    volume_change: float | None


def compare(
    con: duckdb.DuckDBPyConnection,
    contract: TableContract,
    before: str,
    now: str,
    *,
    equal_years: Collection[int] = (),
    entities: Sequence[str] = ENTITIES,
) -> list[Revision]:
    """Compare two versions of a table, row by row at its grain.

    A year, a span of two years or an edition that one version lacks is not compared: it is news, or a loss, and no
    revision.

    Args:
        con: a connection that sees both versions.
        contract: grain and columns; columns that only one version has are left out.
        before: the earlier version, as SQL that can stand after FROM.
        now: the later one.
        equal_years: years known to be the same in both, which need no row-by-row look.
        entities: grain columns by whose values the counts are parted, beside the whole table.

    Returns:
        A row for the whole table and every year and column, also where nothing was revised, and one for every entity
        with a difference, ordered by entity, year and column.

    Example:
        >>> contract = contracts()["employment"]
        >>> with duckdb.connect() as con:                                       # doctest: +SKIP
        ...     compare(con, contract, "before.employment", "now.employment")[0].revised
        0
    """
    # TEMP, so that nothing is left in a build file.
    con.execute(f"CREATE OR REPLACE TEMP VIEW earlier AS FROM {before}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW later AS FROM {now}")
    old, new = columns_of(con, "earlier"), columns_of(con, "later")
    # When a row is of says nothing about what it holds: a newer vintage differs in every row's vintage.
    names = [c.name for c in contract.columns if c.name not in (*contract.grain, *DATES)]
    kinds = {name: new[name] for name in names if name in old and name in new}
    if not kinds or not all(name in old and name in new for name in contract.grain):
        return []
    years = _common_years(con, contract)
    if not years:
        return []
    only = [entity for entity in entities if entity in contract.grain]
    unequal, equal = [y for y in years if y not in equal_years], [y for y in years if y in equal_years]
    con.execute(_differing_rows(contract, list(kinds), unequal))
    # Where nothing differs, no entity has a row of its own: grouping by region is what takes time and memory.
    parted, whole = _sums_before(contract, kinds, unequal, only), _sums_before(contract, kinds, equal, [])
    con.execute(f"CREATE OR REPLACE TEMP TABLE sums_before AS {parted} UNION ALL {whole}")
    queries = [_of_column(name, kind, only) for name, kind in kinds.items()]
    for first in range(0, len(queries), TOGETHER):
        columns = "\nUNION ALL".join(queries[first : first + TOGETHER])
        con.execute(
            f"{'INSERT INTO of_columns' if first else 'CREATE OR REPLACE TEMP TABLE of_columns AS'}\n"
            f"SELECT * FROM ({columns}) WHERE entity_id = '{ALL}' OR revised + appeared + vanished > 0"
        )
    rows = con.execute(
        f"FROM of_columns ORDER BY entity_id <> '{ALL}', entity_id, compared_year, column_name"
    ).fetchall()
    return [Revision(contract.name, *row) for row in rows]


def _common_years(con: duckdb.DuckDBPyConnection, contract: TableContract) -> list[int]:
    """The years in both versions; `earlier` and `later` then show the times that both have, and no others."""
    if contract.dates:
        dates = ", ".join(map(quoted, contract.dates))
        con.execute(
            "CREATE OR REPLACE TEMP TABLE common_times AS "
            f"SELECT DISTINCT {dates} FROM earlier INTERSECT SELECT DISTINCT {dates} FROM later"
        )
        for version in ("earlier", "later"):
            con.execute(
                f"CREATE OR REPLACE TEMP VIEW common_{version} AS FROM {version} SEMI JOIN common_times USING ({dates})"
            )
    else:
        for version in ("earlier", "later"):
            con.execute(f"CREATE OR REPLACE TEMP VIEW common_{version} AS FROM {version}")
    found = con.execute(f"SELECT DISTINCT {_year(contract)} FROM common_earlier ORDER BY 1")
    return [row[0] for row in found.fetchall()]


def _differing_rows(contract: TableContract, names: Sequence[str], years: Sequence[int]) -> str:
    """The rows that differ, with both versions of every column side by side."""
    key = ", ".join(map(quoted, contract.grain))
    old = ", ".join(f"earlier.{quoted(name)} AS {quoted(f'old {name}')}" for name in names)
    new = ", ".join(f"later.{quoted(name)} AS {quoted(f'new {name}')}" for name in names)
    differs = " OR ".join(f"earlier.{quoted(name)} IS DISTINCT FROM later.{quoted(name)}" for name in names)
    where = f"WHERE {_year(contract)} IN ({', '.join(map(str, years)) or 'NULL'})"
    return f"""
        CREATE OR REPLACE TEMP TABLE differing AS
        SELECT {key}, {_year(contract)} AS compared_year, {old}, {new}
        FROM (FROM common_earlier {where}) AS earlier
        FULL JOIN (FROM common_later {where}) AS later USING ({key})
        WHERE {differs}
    """


def compared_rows(contract: TableContract) -> str:
    """SQL for the earlier version's rows of the times that both have, with the year of each, after `compare`."""
    return f"SELECT *, {_year(contract)} AS compared_year FROM common_earlier"


def _sums_before(
    contract: TableContract, kinds: Mapping[str, str], years: Sequence[int], entities: Sequence[str]
) -> str:
    """SQL for how many figures each entity, year and column had before, and the sum of their sizes."""
    sums = [f"count({quoted(name)}) AS {quoted(f'count {name}')}" for name in kinds]
    sums += [f"sum(abs({quoted(n)}))::DOUBLE AS {quoted(f'sum {n}')}" for n, kind in kinds.items() if _is_number(kind)]
    return f"""
        SELECT {_entity(entities)} AS entity_id, compared_year, {", ".join(sums)}
        FROM ({compared_rows(contract)})
        WHERE compared_year IN ({", ".join(map(str, years)) or "NULL"})
        GROUP BY {_groups(entities)}
    """


def _of_column(name: str, kind: str, entities: Sequence[str]) -> str:
    old, new = quoted(f"old {name}"), quoted(f"new {name}")
    differs, change, moved, volume = f"{old} <> {new}", "NULL::DOUBLE", "NULL::DOUBLE", "NULL::DOUBLE"
    if _is_number(kind):
        moved = f"abs({new}::DOUBLE - {old})"
        differs = f"{moved} > {NOISE} * greatest(abs({old}), abs({new}))"
        change = f"({new}::DOUBLE - {old}) / nullif(abs({old}), 0)"
        volume = f"CASE WHEN {quoted(f'sum {name}')} > 0 THEN coalesce(moved, 0) / {quoted(f'sum {name}')} END"
    both = f"{old} IS NOT NULL AND {new} IS NOT NULL AND {differs}"
    return f"""
        SELECT entity_id, compared_year, '{name}' AS column_name,
            coalesce({quoted(f"count {name}")}, 0) + coalesce(appeared, 0) AS cells,
            coalesce(revised, 0) AS revised, coalesce(appeared, 0) AS appeared, coalesce(vanished, 0) AS vanished,
            median_change, largest_change, {volume} AS volume_change
        FROM sums_before
        FULL JOIN (
            SELECT {_entity(entities)} AS entity_id, compared_year,
                count(*) FILTER (WHERE {both}) AS revised,
                count(*) FILTER (WHERE {old} IS NULL AND {new} IS NOT NULL) AS appeared,
                count(*) FILTER (WHERE {old} IS NOT NULL AND {new} IS NULL) AS vanished,
                median({change}) FILTER (WHERE {both}) AS median_change,
                CASE WHEN max({change}) FILTER (WHERE {both}) >= -min({change}) FILTER (WHERE {both})
                    THEN max({change}) FILTER (WHERE {both})
                    ELSE min({change}) FILTER (WHERE {both}) END AS largest_change,
                sum({moved}) FILTER (WHERE {both}) AS moved
            FROM differing GROUP BY {_groups(entities)}
        ) USING (entity_id, compared_year)"""


def _is_number(kind: str) -> bool:
    return any(word in kind for word in NUMBERS)


def _entity(entities: Sequence[str]) -> str:
    """The entity of a group: the grain column it is grouped by, or the whole table."""
    return f"coalesce({', '.join([*map(quoted, entities), repr(ALL)])})"


def _groups(entities: Sequence[str]) -> str:
    parted = "".join(f", (compared_year, {quoted(entity)})" for entity in entities)
    return f"GROUPING SETS ((compared_year){parted})"


def _year(contract: TableContract) -> str:
    return quoted(contract.year) if contract.year else str(NO_YEAR)
