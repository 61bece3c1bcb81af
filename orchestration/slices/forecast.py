"""What a build would make of what is landed now, and why: the ledger read before anything is built.

Belongs here: tables and years with their reasons. Does not: how they are shown (`orchestration.cli.why`).

What a table that all years share will hold is known only once it is made. It holds what it held where all that it is
made from is the same; where that differs, the tables that read it may have to be made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.partitions import Partition
from orchestration.release.manifest import YearRecord
from orchestration.slices.code import code_of, digest
from orchestration.slices.ledger import Project, Shared, YearLedger, ledger_of, shared_name
from orchestration.slices.phases import Nodes, parents, phase_of, with_counterparts, year_marts

NEW_YEAR = "the release does not hold the year"
FEWER = "it is made from fewer things"
COUNTERPART = "a test holds it against a table that is made"
OPEN = "?"


@dataclass(frozen=True)
class Expected:
    """A table that would be made for a year, and why; `certain` is False where its reasons may come to nothing."""

    year: int
    table: str
    reasons: Sequence[str]
    certain: bool


def origins(project: Project, partitions: Sequence[Partition], options: Mapping[str, str]) -> dict[str, str]:
    """By name, a hash of all that each table which all years share is made from; equal ones hold equal rows.

    Example:
        >>> node = {"name": "peers", "resource_type": "seed", "checksum": {"checksum": "1f"}, "depends_on": {}}
        >>> list(origins(Project({"seed.peers": node}, {}), [], {}))
        ['table peers']
    """
    reader = _Origins(project, partitions, digest(sorted(options.items()), sorted(project.variables.items())))
    return {
        shared_name(node): reader.of(unique_id)
        for unique_id, node in project.nodes.items()
        if node["resource_type"] in ("model", "seed") and phase_of(unique_id, project.nodes) == "common"
    }


class _Origins:
    def __init__(self, project: Project, partitions: Sequence[Partition], settled: str) -> None:
        self.project, self.partitions, self.settled = project, partitions, settled
        self.known: dict[str, str] = {}

    def of(self, unique_id: str) -> str:
        if unique_id not in self.known:
            self.known[unique_id] = self._of(unique_id, self.project.nodes[unique_id], self.project.nodes)
        return self.known[unique_id]

    def _of(self, unique_id: str, node: Mapping[str, Any], nodes: Nodes) -> str:
        if node["resource_type"] == "seed":
            return digest(self.settled, node["checksum"]["checksum"])
        if phase_of(unique_id, nodes) is None:
            table = node["name"].removeprefix("stg_")
            return digest(sorted(p.path for p in self.partitions if p.table == table))
        read = sorted(self.of(parent) for parent in parents(unique_id, nodes))
        return digest(self.settled, code_of(node, self.project.macros), read)


def expected(
    project: Project,
    partitions: Sequence[Partition],
    options: Mapping[str, str],
    years: Sequence[int],
    before: Mapping[int, YearRecord],
) -> list[Expected]:
    """Every table and year that would be made, or may have to be, by year and name.

    Args:
        project: the dbt project.
        partitions: the tidy partitions that a release would be built from.
        options: settings and versions that reach the numbers.
        years: the reference years that are held.
        before: what the release remembers of its years.
    """
    now = origins(project, partitions, options)
    found: list[Expected] = []
    for year in years:
        record = before.get(year)
        if record is None:
            found += [Expected(year, table, [NEW_YEAR], certain=True) for table in sorted(year_marts(project.nodes))]
            continue
        same = {name for name, origin in now.items() if record.origins.get(name) == origin}
        remembered = {name: value for name, value in record.ingredients.items() if name in same}
        ledger = ledger_of(year, project, partitions, _recalled(remembered), options)
        of_year = [one for table in sorted(ledger.made_from) if (one := _expected(year, table, ledger, record))]
        found += sorted([*of_year, *_counterparts(of_year, project.nodes)], key=lambda e: e.table)
    return found


def _recalled(remembered: Mapping[str, str]) -> Shared:
    """What tables held, where they are sure to hold it again."""
    return lambda node, _: remembered.get(shared_name(node), OPEN)


def _expected(year: int, table: str, ledger: YearLedger, record: YearRecord) -> Expected | None:
    reasons = ledger.because(table, record.ingredients)
    sure = [name for name in reasons if ledger.ingredients[name] != OPEN]
    if not reasons and ledger.keys[table] != record.keys.get(table):
        sure = [FEWER]
    return Expected(year, table, sure or reasons, certain=bool(sure)) if sure or reasons else None


def _counterparts(made: Sequence[Expected], nodes: Nodes) -> list[Expected]:
    """The tables that are made only because a test reads them beside one of these."""
    if not made:
        return []
    marts, there = year_marts(nodes), {e.table for e in made}
    together = with_counterparts({marts[e.table] for e in made}, nodes)
    certain = with_counterparts({marts[e.table] for e in made if e.certain}, nodes)
    return [
        Expected(made[0].year, name, [COUNTERPART], certain=unique_id in certain)
        for name, unique_id in marts.items()
        if unique_id in together and name not in there
    ]
