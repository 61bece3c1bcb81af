"""The ledger: for every published table and year a key of all that it is made from, so that equal keys are equal rows.

Belongs here: the keys, and what follows from two of them. Does not: making or taking over a table (see `assembly`).

A key holds what reaches the table and nothing else: the partitions of the year, the tables that all years share (by
what they hold, in that year where they have years), the code of the model and of every model, macro and kernel it is
made by, the settings and the engines.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import duckdb

from orchestration.partitions import Partition
from orchestration.quality.engine import quoted
from orchestration.settings import PROJECT_ROOT
from orchestration.slices.phases import Nodes, parents, phase_of, year_marts
from orchestration.sources.catalogue import SOURCES

KERNELS = "orchestration.indicators"


@dataclass(frozen=True)
class Project:
    """dbt's manifest as far as keys read it: nodes and macros by unique id, and the project's variables."""

    nodes: Nodes
    macros: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, Any] = field(default_factory=dict)


def keys_of(
    year: int,
    project: Project,
    partitions: Sequence[Partition],
    shared: duckdb.DuckDBPyConnection,
    options: Mapping[str, str],
) -> dict[str, str]:
    """The key of every table that is made of a year, by its name.

    Args:
        year: the reference year.
        project: the dbt project.
        partitions: tidy partitions that the release is built from.
        shared: a connection to what all years share, by database, schema and name as dbt writes them.
        options: settings and versions that reach the numbers, see `release.inputs.options`.
    """
    return _Keys(year, project, partitions, shared, options).of_marts()


class _Keys:
    def __init__(
        self,
        year: int,
        project: Project,
        partitions: Sequence[Partition],
        shared: duckdb.DuckDBPyConnection,
        options: Mapping[str, str],
    ) -> None:
        self.year, self.project, self.shared = year, project, shared
        self.partitions = partitions
        self.settled = _digest(sorted(options.items()), sorted(project.variables.items()))
        self.known: dict[str, str] = {}

    def of_marts(self) -> dict[str, str]:
        return {name: self.of(unique_id) for name, unique_id in sorted(year_marts(self.project.nodes).items())}

    def of(self, unique_id: str) -> str:
        """The key of a node: of a model of the year what it is made by and from, of all else what it holds."""
        if unique_id not in self.known:
            node, phase = self.project.nodes[unique_id], phase_of(unique_id, self.project.nodes)
            if phase == "year":
                made_from = sorted(self.of(parent) for parent in parents(unique_id, self.project.nodes))
                after = node["config"].get("meta", {}).get("reads_year_after")
                next_year = self.paths(after, self.year + 1) if after else []
                self.known[unique_id] = _digest(self.settled, self.code(node), made_from, next_year)
            elif phase is None:
                self.known[unique_id] = _digest(node["name"], self.paths(node["name"].removeprefix("stg_"), self.year))
            else:
                self.known[unique_id] = _digest(node["name"], held(self.shared, node, self.year))
        return self.known[unique_id]

    def paths(self, table: str, year: int) -> list[str]:
        """The partitions of a tidy table that a year is made from: its own where the source has years, else all."""
        return sorted(
            p.path
            for p in self.partitions
            if p.table == table and (not SOURCES[p.source_id].by_year or p.period == str(year))
        )

    def code(self, node: Mapping[str, Any]) -> str:
        """A model's own text, its columns' types, the macros it calls and the kernels it imports."""
        types = sorted((name, column.get("data_type")) for name, column in node.get("columns", {}).items())
        macros = sorted(_macros(node["depends_on"].get("macros", []), self.project.macros))
        kernels = sorted(_kernels(node["raw_code"])) if node["language"] == "python" else []
        return _digest(node["raw_code"], types, macros, kernels)


def held(con: duckdb.DuckDBPyConnection, node: Mapping[str, Any], year: int) -> str:
    """What a table holds, in a year where it has years: a hash that no order of rows changes."""
    table = ".".join(quoted(node[part]) for part in ("database", "schema", "alias"))
    names = [name for name, *_ in con.execute(f"DESCRIBE {table}").fetchall()]
    where = f"WHERE year = {year}" if "year" in names else ""
    columns = ", ".join(quoted(name) for name in sorted(names))
    found = con.execute(f"SELECT count(*), sum(hash({columns})::HUGEINT) FROM {table} {where}").fetchone()
    return repr((sorted(names), found))


def _macros(unique_ids: Sequence[str], macros: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The texts of macros and of all that they call; those of dbt itself are of its version."""
    found: dict[str, str] = {}
    waiting = list(unique_ids)
    while waiting:
        unique_id = waiting.pop()
        if unique_id not in found and unique_id in macros:
            found[unique_id] = macros[unique_id]["macro_sql"]
            waiting += macros[unique_id]["depends_on"].get("macros", [])
    return set(found.values())


def _kernels(text: str) -> set[str]:
    """The texts of the kernel modules that a module's text imports, and that those import."""
    found: dict[str, str] = {}
    waiting = list(_imported(text))
    while waiting:
        module = waiting.pop()
        path = PROJECT_ROOT.joinpath(*module.split(".")).with_suffix(".py")
        if module not in found and path.is_file():
            found[module] = path.read_text(encoding="utf-8")
            waiting += _imported(found[module])
    return set(found.values())


@lru_cache(maxsize=256)
def _imported(text: str) -> tuple[str, ...]:
    """The kernel modules that a text names in its imports."""
    found = []
    for statement in ast.walk(ast.parse(text)):
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(KERNELS):
            names = [f"{statement.module}.{alias.name}" for alias in statement.names]
            found += [str(statement.module), *names]
        elif isinstance(statement, ast.Import):
            found += [alias.name for alias in statement.names if alias.name.startswith(KERNELS)]
    return tuple(found)


def _digest(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


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
