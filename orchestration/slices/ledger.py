"""The ledger: for every published table and year a key of all that it is made from, so that equal keys are equal rows.

Belongs here: the keys, what they are of, and what follows from two of them. Does not: making or taking over a table
(see `assembly`), reading code (see `code`).

A key is of what reaches the table and of nothing else: the partitions of the year, the tables that all years share (by
what they hold, in that year where they have years), the code of every model that it is made by and of every test of it,
the settings and the engines. Each of these has a name, by which a person is told why a table is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from orchestration.layout import is_recent
from orchestration.partitions import Partition
from orchestration.quality.engine import quoted
from orchestration.slices.code import code_of, digest
from orchestration.slices.phases import Nodes, parents, phase_of, span_marts, year_marts
from orchestration.sources.catalogue import SOURCES

# What a table that all years share holds in a year, as a hash; of its node in dbt's manifest and the year.
Shared = Callable[[Mapping[str, Any], int], str]


@dataclass(frozen=True)
class Project:
    """dbt's manifest as far as keys read it: nodes and macros by unique id, and the project's variables."""

    nodes: Nodes
    macros: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class YearLedger:
    """What the tables of a year are made from: hashes by name, and by table the names of those that reach it.

    `spans` are tables of spans of years, with what reaches them of this year.
    """

    ingredients: Mapping[str, str]
    made_from: Mapping[str, frozenset[str]]
    spans: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def keys(self) -> dict[str, str]:
        """The key of every table.

        Example:
            >>> one, other = (YearLedger({"data qcew": path}, {"employment": {"data qcew"}}) for path in "ab")
            >>> one.keys == one.keys, one.keys == other.keys
            (True, False)
        """
        return self._keys(self.made_from)

    @property
    def span_keys(self) -> dict[str, str]:
        """The key of what each table of spans is made from of this year."""
        return self._keys(self.spans)

    def _keys(self, made_from: Mapping[str, frozenset[str]]) -> dict[str, str]:
        return {
            table: digest(sorted((name, self.ingredients[name]) for name in names))
            for table, names in sorted(made_from.items())
        }

    def because(self, table: str, before: Mapping[str, str]) -> list[str]:
        """The names of what a table is made from that differs from what was recorded before."""
        return sorted(name for name in self.made_from[table] if before.get(name) != self.ingredients[name])


def ledger_of(
    year: int, project: Project, partitions: Sequence[Partition], shared: Shared, options: Mapping[str, str]
) -> YearLedger:
    """What every table that is made of a year is made from.

    Args:
        year: the reference year.
        project: the dbt project.
        partitions: tidy partitions that the release is built from.
        shared: what a table that all years share holds.
        options: settings and versions that reach the numbers, see `release.inputs.options`.
    """
    reader = _Reader(year, project, partitions, shared, options)
    made_from = {name: reader.names(unique_id) for name, unique_id in sorted(year_marts(project.nodes).items())}
    spans = {name: reader.names(unique_id) for name, unique_id in sorted(span_marts(project.nodes).items())}
    return YearLedger(reader.ingredients, made_from, spans)


class _Reader:
    def __init__(
        self,
        year: int,
        project: Project,
        partitions: Sequence[Partition],
        shared: Shared,
        options: Mapping[str, str],
    ) -> None:
        self.year, self.project, self.partitions, self.shared = year, project, partitions, shared
        self.ingredients = {f"option {name}": digest(value) for name, value in options.items()}
        self.ingredients |= {f"variable {name}": digest(value) for name, value in project.variables.items()}
        self.everywhere = frozenset(self.ingredients)
        self.tests = _tests_by_model(project)
        self.known: dict[str, frozenset[str]] = {}

    def names(self, unique_id: str) -> frozenset[str]:
        """The names of what a node is made from: of a model of years its code and what it reads, else itself."""
        if unique_id not in self.known:
            self.known[unique_id] = self._names(unique_id, self.project.nodes[unique_id])
        return self.known[unique_id]

    def _names(self, unique_id: str, node: Mapping[str, Any]) -> frozenset[str]:
        phase = phase_of(unique_id, self.project.nodes)
        if phase is None:
            table = node["name"].removeprefix("stg_")
            return self._one(f"data {table}", digest(partition_paths(self.partitions, table, self.year)))
        if phase == "common":
            return self._one(shared_name(node), self.shared(node, self.year))
        found = self.everywhere | self._one(f"code of {node['name']}", code_of(node, self.project.macros))
        # What failed in a year is remembered, so a test that is new or changed has to be carried out in every year.
        if tests := self.tests.get(unique_id):
            found |= self._one(f"tests of {node['name']}", digest(sorted(tests)))
        if after := node["config"].get("meta", {}).get("reads_year_after"):
            paths = partition_paths(self.partitions, after, self.year + 1)
            found |= self._one(f"data {after} of the year after", digest(paths))
        if recent := node["config"].get("meta", {}).get("reads_years_before"):
            paths = sorted(p.path for p in self.partitions if p.table == recent and is_recent(p, self.year))
            found |= self._one(f"data {recent} of it and the years before", digest(paths))
        return found.union(*(self.names(parent) for parent in parents(unique_id, self.project.nodes)))

    def _one(self, name: str, value: str) -> frozenset[str]:
        self.ingredients[name] = value
        return frozenset({name})


def _tests_by_model(project: Project) -> dict[str, list[str]]:
    """A hash of each test of what is made of a year, by the nodes that it reads; all others run in every build."""
    found: dict[str, list[str]] = {}
    for unique_id, node in project.nodes.items():
        if node["resource_type"] == "test" and phase_of(unique_id, project.nodes) == "year":
            said = node.get("test_metadata"), node["config"].get("severity")
            for parent in parents(unique_id, project.nodes):
                found.setdefault(parent, []).append(digest(code_of(node, project.macros), said))
    return found


def shared_name(node: Mapping[str, Any]) -> str:
    """By which name a table that all years share stands among what a year is made from."""
    return f"table {node['name']}"


def partition_paths(partitions: Sequence[Partition], table: str, year: int) -> list[str]:
    """The partitions of a tidy table that a year is made from: its own where the source has years, else all."""
    return sorted(
        p.path for p in partitions if p.table == table and (not SOURCES[p.source_id].by_year or p.period == str(year))
    )


def held(con: duckdb.DuckDBPyConnection, node: Mapping[str, Any], year: int) -> str:
    """What a table holds, in a year where it has years: a hash that no order of rows changes."""
    table = ".".join(quoted(node[part]) for part in ("database", "schema", "alias"))
    names = [name for name, *_ in con.execute(f"DESCRIBE {table}").fetchall()]
    where = f"WHERE year = {year}" if "year" in names else ""
    columns = ", ".join(quoted(name) for name in sorted(names))
    found = con.execute(f"SELECT count(*), sum(hash({columns})::HUGEINT) FROM {table} {where}").fetchone()
    return digest(sorted(names), found)


def stale(now: Mapping[int, Mapping[str, str]], before: Mapping[int, Mapping[str, str]]) -> dict[int, list[str]]:
    """The tables to be made, by year: those whose key is not the one of before.

    Example:
        >>> stale({2015: {"employment": "a"}, 2016: {"employment": "c"}}, {2015: {"employment": "a"}})
        {2016: ['employment']}
    """
    found = {}
    for year, keys in sorted(now.items()):
        earlier = before.get(year, {})
        if different := sorted(name for name, key in keys.items() if earlier.get(name) != key):
            found[year] = different
    return found
