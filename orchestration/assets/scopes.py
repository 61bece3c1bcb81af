"""What each gate has to look at tonight.

Belongs here: which years of which tables are new, by the partitions and by the ledger. Does not: what follows for a
check (see `orchestration.quality.scope`).
"""

from __future__ import annotations

from collections.abc import Collection

from orchestration.assets.resources import Refresh
from orchestration.contracts import mart_contracts
from orchestration.partitions import Partition
from orchestration.quality.scope import EVERYTHING, Scope, with_neighbours
from orchestration.sources.catalogue import SOURCES


def tidy_scope(refresh: Refresh) -> Scope:
    """Of the tidy tables: the years whose partitions the current release does not have, and their neighbours."""
    passed = refresh.passed()
    if passed is None:
        return EVERYTHING
    now, before = _by_table(refresh.partitions), _by_table(refresh.released())
    years = {
        source.contract.name: _years(now.get(source.table, []), before.get(source.table, []))
        for source in SOURCES.values()
    }
    return Scope(years, passed)


def _by_table(partitions: Collection[Partition]) -> dict[str, list[Partition]]:
    found: dict[str, list[Partition]] = {}
    for partition in partitions:
        found.setdefault(partition.table, []).append(partition)
    return found


def _years(now: Collection[Partition], before: Collection[Partition]) -> Collection[int] | None:
    known = {p.path for p in before}
    if known == {p.path for p in now}:
        return []
    if not all(p.source_id in SOURCES and SOURCES[p.source_id].by_year for p in [*now, *before]):
        return None
    new = {int(p.period) for p in now if p.path not in known}
    return with_neighbours(new, {int(p.period) for p in now}, {int(p.period) for p in before})


def marts_scope(refresh: Refresh) -> Scope:
    """Of the marts: all years but those whose rows were copied from the current release."""
    passed, records = refresh.passed(), refresh.recorded_years()
    if passed is None:
        return EVERYTHING
    new = {name: [r.year for r in records if name not in r.taken_over] for name in mart_contracts()}
    return Scope({name: years if len(years) < len(records) else None for name, years in new.items()}, passed)
