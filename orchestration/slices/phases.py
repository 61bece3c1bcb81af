"""What a build makes when: what all years share, then each year by itself, then what needs the published whole.

Belongs here: to which of the three a node of the dbt project belongs, and the names by which dbt is told. Does not: how
dbt is run, which years must be made (see `ledger`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from orchestration.partitions import Partition

Phase = Literal["common", "year", "whole"]
PHASES: tuple[Phase, ...] = ("common", "year", "whole")
Nodes = Mapping[str, Mapping[str, Any]]
# The source whose years are those of the warehouse.
SYSTEM = "bls_qcew"


def rows_by_year(partitions: Iterable[Partition]) -> dict[int, int]:
    """The reference years of a warehouse that is built from these partitions, and the publisher's rows of each."""
    return {int(p.period): p.rows for p in partitions if p.source_id == SYSTEM}


def phase_of(unique_id: str, nodes: Nodes) -> Phase | None:
    """The phase of a node: of a model its folder's, of a test the last one of what it reads.

    None for a staging view, which each phase makes for itself, and for what is neither model, seed nor test.

    Example:
        >>> phase_of("seed.cluster_warehouse.clusters", {"seed.cluster_warehouse.clusters": {"resource_type": "seed"}})
        'common'
    """
    node = nodes[unique_id]
    if node["resource_type"] == "seed":
        return "common"
    if node["resource_type"] == "test":
        found = [phase for parent in parents(unique_id, nodes) if (phase := phase_of(parent, nodes))]
        return max(found, key=PHASES.index, default="common")
    if node["resource_type"] != "model" or node["fqn"][1] == "staging":
        return None
    return next((phase for phase in PHASES if phase in node["fqn"][2:-1]), "common")


def parents(unique_id: str, nodes: Nodes) -> list[str]:
    """The models and seeds that a node reads itself."""
    return [parent for parent in nodes[unique_id]["depends_on"].get("nodes", []) if parent in nodes]


def ancestors(unique_ids: Iterable[str], nodes: Nodes, phase: Phase) -> set[str]:
    """Nodes of a phase, and all of the same phase that they are made from."""
    found: set[str] = set()
    waiting = list(unique_ids)
    while waiting:
        unique_id = waiting.pop()
        if unique_id not in found and phase_of(unique_id, nodes) == phase:
            found.add(unique_id)
            waiting += parents(unique_id, nodes)
    return found


def year_marts(nodes: Nodes) -> dict[str, str]:
    """The published tables that are made year by year: unique ids by name."""
    return {
        node["name"]: unique_id
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts" and phase_of(unique_id, nodes) == "year"
    }


def span_marts(nodes: Nodes) -> dict[str, str]:
    """The published tables of spans of years, which keep the spans that have not changed: unique ids by name."""
    return {
        node["name"]: unique_id
        for unique_id, node in nodes.items()
        if phase_of(unique_id, nodes) == "whole" and node["config"].get("materialized") == "incremental"
    }


def selected(nodes: Nodes, phases: Collection[Phase], made: Collection[str] | None = None) -> list[str]:
    """Names of all that phases make and test, and of the staging views that it is made from.

    Args:
        nodes: of dbt's manifest, by unique id.
        phases: one or more.
        made: unique ids of the only marts to be made of a year; tests that read any other are left out. All if None.
    """
    chosen = set(_chosen(nodes, phases))
    if made is not None:
        years = ancestors(made, nodes, "year")
        chosen = {c for c in chosen if phase_of(c, nodes) != "year" or c in years or _reads_only(c, nodes, years)}
    return sorted(nodes[unique_id]["name"] for unique_id in chosen)


def _chosen(nodes: Nodes, phases: Collection[Phase]) -> Iterator[str]:
    for unique_id, node in nodes.items():
        kind, phase = node["resource_type"], phase_of(unique_id, nodes)
        is_staging = kind == "model" and phase is None
        if is_staging or (kind in ("model", "seed", "test") and phase in phases):
            yield unique_id


def _reads_only(unique_id: str, nodes: Nodes, years: Collection[str]) -> bool:
    """Whether a test reads nothing of a year but these."""
    return nodes[unique_id]["resource_type"] == "test" and all(
        parent in years for parent in parents(unique_id, nodes) if phase_of(parent, nodes) == "year"
    )


def with_counterparts(made: Iterable[str], nodes: Nodes) -> set[str]:
    """Marts to be made of a year, with those that a test holds them against: no test is left out for want of one."""
    marts, found = set(year_marts(nodes).values()), set(made)
    tests = [set(parents(t, nodes)) & marts for t, node in nodes.items() if node["resource_type"] == "test"]
    while True:
        there = ancestors(found, nodes, "year")
        more = {mart for read in tests if read & found for mart in read - there}
        if not more:
            return found
        found |= more
