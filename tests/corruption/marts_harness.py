"""Applies mutations to finished marts and asks what a refresh asks of them: dbt's tests and the gate over the marts.

Belongs here: the marts' side, and building marts whose scratch tables can be read. Does not: mutations, the tidy side
(see `harness`), any test: those are dbt's own, as compiled for the build.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.assets.dbt_project import DBT, PROJECT, dbt_environment
from orchestration.assets.dbt_runs import BUILD, dbt_findings
from orchestration.assets.warehouse import build_path
from orchestration.contracts import mart_contracts
from orchestration.layout import link_partitions
from orchestration.partitions import TidyIndex
from orchestration.quality.checklist import findings, mart_profiles
from orchestration.quality.profiles import TableProfile
from orchestration.quality.verdict import CheckResult
from orchestration.settings import Settings
from orchestration.sources.staging import write_staging
from tests.corruption.harness import SCENARIOS, Outcome, materialise, verdict
from tests.corruption.mutation import Mutation


@dataclass(frozen=True)
class Built:
    """A build file, the scratch file beside it, dbt's manifest with compiled tests, and what dbt found."""

    build: Path
    scratch: Path
    nodes: Mapping[str, Any]
    found: Sequence[CheckResult]


def build_marts(settings: Settings) -> Built:
    """Builds the marts of a profile's tidy tables as a refresh does, but with the scratch tables in a file.

    Raises:
        RuntimeError: with dbt's output, if it wrote no results.
    """
    work = settings.work
    work.mkdir(parents=True, exist_ok=True)
    write_staging()
    link_partitions(TidyIndex(settings).active(), settings)
    scratch, target = work / "scratch.duckdb", work / "dbt_target"
    for leftover in work.glob("*.duckdb*"):
        leftover.unlink()
    shutil.rmtree(target, ignore_errors=True)
    command = [DBT, *BUILD, "--project-dir", ".", "--profiles-dir", ".", "--target-path", str(target)]
    environment = os.environ | dbt_environment(settings) | {"CLUSTERS_SCRATCH": str(scratch)}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if not (target / "run_results.json").exists():
        raise RuntimeError(done.stdout[-3000:])
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    for result in results["results"]:
        nodes.get(result["unique_id"], {})["compiled_code"] = result.get("compiled_code")
    return Built(build_path(settings), scratch, nodes, dbt_findings(results, nodes))


class MartsScene:
    """A clean build in one DuckDB connection, one mart of which can be replaced by a mutated copy.

    dbt's tests name their tables in full, so the copy stands in a database called `build` as the real one does.
    """

    def __init__(self, built: Built, draw: Mapping[str, str], docs: Path, threads: int = 2) -> None:
        self.docs, self.draw, self.built = docs, draw, built
        self.con = duckdb.connect(config={"threads": threads, "memory_limit": "6GB"})
        self.con.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
        self.con.execute("ATTACH ':memory:' AS build")
        self.con.execute(f"ATTACH '{built.build}' AS built (READ_ONLY)")
        self.con.execute(f"ATTACH '{built.scratch}' AS scratch (READ_ONLY)")
        self.con.execute(f"ATTACH '{built.build.with_name('common.duckdb')}' AS common (READ_ONLY)")
        # Cursors open at the catalogue's default, so the copy must be reachable from there too.
        self.tables = sorted(mart_contracts())
        for table in self.tables:
            self._show(table, f"built.main.{table}")
        self.profiles = mart_profiles(self.con)
        self.clean = [*findings(self.con, mart_contracts(), [], self.profiles, self.profiles, docs), *built.found]

    def _show(self, table: str, source: str) -> None:
        self.con.execute(f"CREATE OR REPLACE VIEW build.main.{table} AS FROM {source}")
        self.con.execute(f"CREATE OR REPLACE VIEW memory.main.{table} AS FROM {source}")

    def judge(self, mutation: Mutation) -> Iterator[Outcome]:
        """The outcome in each scenario; a mutation that changes nothing here is said to."""
        start = time.perf_counter()
        self.con.execute(f"CREATE OR REPLACE VIEW memory.main.clean AS FROM built.main.{mutation.table}")
        changed = materialise(self.con, mutation.sql.format(**self.draw))
        self._show(mutation.table, "memory.main.mutated")
        try:
            tested = self._tests(mutation.table) if changed else []
            for scenario in SCENARIOS:
                found = [*tested, *self._gate(mutation.table, self._remembered(scenario))] if changed else []
                outcome, by = verdict(found, self.clean) if changed else ("changes nothing", ())
                seconds = time.perf_counter() - start
                yield Outcome(mutation.name, mutation.table, mutation.small, scenario, outcome, by, seconds)
                start = time.perf_counter()
        finally:
            self._show(mutation.table, f"built.main.{mutation.table}")

    def _remembered(self, scenario: str) -> list[TableProfile]:
        """A new year was not in the previous release; of the tables without years, none was."""
        if scenario == "re-issued":
            return self.profiles
        return [p for p in self.profiles if p.year is not None and p.year != int(self.draw["year"])]

    def _gate(self, table: str, before: Sequence[TableProfile]) -> list[CheckResult]:
        profiles = [p for p in mart_profiles(self.con) if p.table_name == table]
        return findings(self.con, {table: mart_contracts()[table]}, [], profiles, before, self.docs)

    def _tests(self, table: str) -> list[CheckResult]:
        """dbt's tests that read the table, run as compiled."""
        results = []
        for unique_id, node in self.built.nodes.items():
            reads = {self.built.nodes.get(n, {}).get("name") for n in node.get("depends_on", {}).get("nodes", ())}
            if node.get("resource_type") == "test" and table in reads and node.get("compiled_code"):
                count = self.con.execute(f"SELECT count(*) FROM ({node['compiled_code']})").fetchall()[0][0]
                status = "fail" if count else "pass"
                results.append({"unique_id": unique_id, "status": status, "failures": count})
        return dbt_findings({"results": results}, self.built.nodes)
