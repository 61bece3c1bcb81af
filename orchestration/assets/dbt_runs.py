"""Runs of dbt within one build: started, watched, and what they found and made put together for Dagster and the gates.

Belongs here: how dbt is called and what its results become. Does not: which runs there are (`orchestration.slices`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final

from dagster import AssetCheckResult, AssetExecutionContext, Output
from dagster_dbt import DagsterDbtTranslator, DbtCliResource

from orchestration.errors import GateError, SetupError
from orchestration.quality.verdict import CheckResult
from orchestration.release.manifest import YearRecord
from orchestration.settings import Settings, secrets_set_aside
from orchestration.slices.builder import Build
from orchestration.slices.findings import Years, carried, to_remember, together
from orchestration.slices.forecast import origins
from orchestration.slices.making import Step
from orchestration.slices.phases import parents, phase_of

log = logging.getLogger("clusters.build")

# Unit tests are about the code, not about tonight's data: the test suite runs them.
BUILD = ["build", "--exclude-resource-type", "unit_test"]
# dbt's exit codes: everything passed, something did not. Any other end is dbt's own failure.
DBT_ENDED = (0, 1)
BUILDS = "the model builds"
SKIPPED = "skipped"
"""What is observed of a test or a model that dbt left out."""
RESULTS: Final = "run_results.json"
# What dbt keeps of its parsing, and where the project lay that it parsed.
PARTIAL, PARSED_AT = "partial_parse.msgpack", "parsed_at.txt"


def run_dbt(
    dbt: DbtCliResource, step: Step, target: Path, parsed: Mapping[str, Any], see: Callable[[Any], None]
) -> None:
    """Runs dbt for a step in the environment of this process, and fills in what its tests found.

    Args:
        dbt: how dbt is called.
        step: what it makes.
        target: dbt's own folder. Two runs at once must not share one.
        parsed: dbt's manifest.
        see: called with each event of dbt's.

    Raises:
        SetupError: if dbt broke off.
    """
    # Not its results: where dbt dies before it writes any, the last ones would be taken for these.
    (target / RESULTS).unlink(missing_ok=True)
    forget_another_project(target, dbt.project_dir)
    chosen = [] if step.select is None else ["--indirect-selection", "empty", "--select", " ".join(step.select)]
    with secrets_set_aside():
        call = dbt.cli(
            [*BUILD, "--target", step.target, *chosen], manifest=parsed, target_path=target, raise_on_error=False
        )
    for raw in call.stream_raw_events():
        see(raw)
    if (code := call.process.wait()) not in DBT_ENDED or not (target / RESULTS).exists():
        raise SetupError(f"dbt broke off (exit code {code}); see {target / 'dbt.log'} for why, then refresh again")
    step.found = dbt_findings(call.get_artifact(RESULTS), parsed["nodes"])


def forget_another_project(target: Path, project: str) -> None:
    """Lets dbt parse all anew where a folder of its own was left by a project in another place, or in an unknown one.

    What dbt remembers of seeds is where their files lie, and it does not look whether its project is still there: after
    an update that is installed beside the old version, no seed is found.

    Args:
        target: dbt's own folder.
        project: the path of the project that is to be run.
    """
    mark = target / PARSED_AT
    if not mark.exists() or mark.read_text(encoding="utf-8") != project:
        (target / PARTIAL).unlink(missing_ok=True)
        target.mkdir(parents=True, exist_ok=True)
        mark.write_text(project, encoding="utf-8")


def require_built(step: Step) -> None:
    """Stops where a model of a step did not build.

    Raises:
        GateError: naming it and what dbt said.
    """
    if broken := [finding for finding in step.found if finding.expected == BUILDS]:
        raise GateError("; ".join(str(finding) for finding in broken))


class Runs:
    """The runs of dbt of one build, and all that they found and made.

    `environment` is what dbt's profile reads, `parsed` dbt's manifest.
    """

    def __init__(
        self,
        context: AssetExecutionContext,
        dbt: DbtCliResource,
        settings: Settings,
        environment: Mapping[str, str],
        parsed: Mapping[str, Any],
        translator: DagsterDbtTranslator,
    ) -> None:
        self.context, self.dbt, self.settings, self.environment = context, dbt, settings, environment
        self.parsed, self.translator = parsed, translator
        self.found: list[tuple[Years, CheckResult]] = []
        self.outputs: dict[str, Output] = {}
        self.checks: dict[tuple[Any, str | None], AssetCheckResult] = {}

    def carry_out(self, step: Step) -> None:
        """Runs dbt for a step; a table made before keeps the event of its last making, a check that of its failure.

        Raises:
            SetupError: if dbt broke off.
            GateError: if a model did not build.
        """
        os.environ.update({**self.environment, **step.environment})
        # Kept from night to night: with it dbt parses only what has changed since.
        target = self.settings.home / {"build": "dbt", "slice": "dbt-slice"}[step.target]
        run_dbt(self.dbt, step, target, self.parsed, self._see)
        self.note(step)
        require_built(step)

    def note(self, step: Step) -> None:
        """Adds what the tests of a step found, now or when somebody else carried it out."""
        self.found += [(step.years, finding) for finding in step.found]

    def _see(self, raw: Any) -> None:
        events = raw.to_default_asset_events(
            manifest=self.parsed, dagster_dbt_translator=self.translator, context=self.context
        )
        for event in events:
            if isinstance(event, Output):
                log.info("built %s", event.output_name)
                self.outputs[event.output_name] = event
            elif isinstance(event, AssetCheckResult):
                key = event.asset_key, event.check_name
                if key not in self.checks or not event.passed:
                    self.checks[key] = event

    def found_so_far(self) -> list[CheckResult]:
        """One finding for each test that was carried out."""
        return together(self.found)

    def findings(self, build: Build) -> list[CheckResult]:
        """One finding for each test of a build that ended well: those before too of what is taken over."""
        nodes, found = self.parsed["nodes"], self.found + self._carried(build)
        seen = {(f.table_name, f.check_name) for _, f in found}
        # What was not carried out, as its tables are taken over, and did not fail before, has passed before.
        of_years = [t for t in sorted(nodes) if nodes[t]["resource_type"] == "test" and phase_of(t, nodes) == "year"]
        passed = dbt_findings({"results": [{"unique_id": test, "status": "pass"} for test in of_years]}, nodes)
        found += [((), finding) for finding in passed if (finding.table_name, finding.check_name) not in seen]
        return together(found)

    def records(self, build: Build) -> list[YearRecord]:
        """What the next build needs to know of each year."""
        failed = to_remember(self.found + self._carried(build), build.ledgers)
        shared = origins(build.project, build.partitions, build.options)
        return [
            YearRecord(
                year, ledger.keys, failed[year], ledger.ingredients, shared, build.taken_over(year), ledger.span_keys
            )
            for year, ledger in sorted(build.ledgers.items())
        ]

    def _carried(self, build: Build) -> list[tuple[Years, CheckResult]]:
        run = {
            year: {(f.table_name, f.check_name) for years, f in self.found if year in years or not years}
            for year in build.ledgers
        }
        before = build.before.years if build.before else {}
        return carried({year: record.failed for year, record in before.items()}, build.ledgers, run)

    def events(self, build: Build) -> Iterator[Output | AssetCheckResult]:
        """What Dagster is told at the end: every asset once, what was taken over too, and what the tests found."""
        taken_over, nodes = sorted(set(build.ledgers) - set(build.made)), self.parsed["nodes"]
        # Dagster wants an asset after those it is made from.
        order = TopologicalSorter({unique_id: parents(unique_id, nodes) for unique_id in nodes}).static_order()
        for unique_id in order:
            key = self.translator.get_asset_key(nodes[unique_id])
            if nodes[unique_id]["resource_type"] in ("model", "seed") and key in self.context.selected_asset_keys:
                name = key.to_python_identifier()
                # Who made slices aside keeps what dbt said of each.
                said = {"taken over": f"{taken_over}"} if taken_over else None
                yield self.outputs.get(name) or Output(None, name, metadata=said)
        yield from self.checks.values()


def dbt_findings(run_results: Mapping[str, Any], nodes: Mapping[str, Any]) -> list[CheckResult]:
    """dbt's test results, and a finding for every model that did not build.

    `nodes` are the manifest's nodes by unique id. A test that dbt skipped has not passed.
    """
    found = []
    for result in run_results["results"]:
        node = nodes.get(result["unique_id"], {})
        name, status = node.get("name", result["unique_id"]), result["status"]
        message = SKIPPED if status == SKIPPED else _one_line(result.get("message") or status)
        if node.get("resource_type") == "test":
            found.append(
                CheckResult(
                    check_name=name,
                    table_name=_tested(node, nodes),
                    tool="dbt",
                    severity="warning" if node["config"].get("severity", "error").lower() == "warn" else "error",
                    passed=status == "pass",
                    observed=_observed(result, message),
                    expected=_one_line(node.get("description") or f"no row fails {name}"),
                )
            )
        elif status != "success":
            found.append(CheckResult(f"build_{name}", name, "dbt", "error", False, message, BUILDS))
    return found


def _observed(result: Mapping[str, Any], message: str) -> str:
    """What a test found, in words; dbt's own where the test could not be carried out."""
    rows = result.get("failures")
    if result["status"] == "pass" or not rows:
        return "no failing rows" if result["status"] == "pass" else message
    return "1 row that does not fit" if rows == 1 else f"{rows:,} rows that do not fit"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _tested(test: Mapping[str, Any], nodes: Mapping[str, Any]) -> str:
    """The model a test is about: named in its metadata where it reads several."""
    named = test["config"].get("meta", {}).get("dagster", {}).get("ref", {}).get("name")
    if named:
        return named
    attached = test.get("attached_node") or test.get("model") or next(iter(test["depends_on"]["nodes"]), "")
    return nodes.get(attached, {}).get("name", attached or "warehouse")
