"""The dbt project as Dagster assets: every seed, staging view, intermediate table and mart, with its tests as checks.

Belongs here: how dbt is called and what its results become. Does not: any model.
"""

import hashlib
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from dagster import AssetExecutionContext, AssetKey, AssetObservation, Output
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets

from orchestration.assets.metadata import OWNERS, confirm, table_schema
from orchestration.assets.resources import Refresh, recorded_checks
from orchestration.assets.whole import RELEASE, require_whole
from orchestration.contracts import contracts
from orchestration.errors import GateError, SetupError
from orchestration.partitions import link_partitions
from orchestration.quality.verdict import CheckResult, stopping
from orchestration.release.publish import Warehouse
from orchestration.settings import PROJECT_ROOT, Settings, secrets_set_aside, settings, without_secrets
from orchestration.sources.staging import write_staging
from orchestration.telling.run_record import record_run

log = logging.getLogger("clusters.build")

PROJECT = PROJECT_ROOT / "dbt_project"
# Beside this Python: the command works from a virtual environment that nobody has activated.
DBT = str(Path(sys.executable).with_name("dbt"))
# The same dbt, but ended with the refresh that started it.
DBT_OF_REFRESH = str(Path(__file__).with_name("dbt.sh"))
# dbt's exit codes: everything passed, something did not. Any other end is dbt's own failure.
DBT_ENDED = (0, 1)
BUILDS = "the model builds"
RESULTS: Final = "run_results.json"
# Unit tests are about the code, not about tonight's data: the test suite runs them.
BUILD = ["build", "--exclude-resource-type", "unit_test"]


def dbt_environment(of: Settings) -> dict[str, str]:
    """What the dbt profile reads from the environment."""
    return {
        "CLUSTERS_HOME": str(of.home),
        "CLUSTERS_DBT": DBT,
        "CLUSTERS_BUILD_MEMORY_LIMIT": of.build_memory_limit,
        "CLUSTERS_THREADS": str(of.threads),
        "CLUSTERS_BOUND_PROGRAMMES": str(of.bound_programmes),
        # Products of matrices are summed in the order of their threads: on one, every machine gets the same last digit.
        "OPENBLAS_NUM_THREADS": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def manifest() -> Path:
    """dbt's manifest, parsed anew when a file of the dbt project has changed since.

    Raises:
        SetupError: if dbt cannot parse the project.
    """
    write_staging()
    target = PROJECT / "target"
    path, mark = target / "manifest.json", target / "parsed_from.txt"
    parsed_from = _project_hash()
    if path.exists() and mark.exists() and mark.read_text(encoding="utf-8") == parsed_from:
        return path
    # Parsed in part, dbt forgets what the project says of its tests once a staging view has come or gone.
    command = [DBT, "parse", "--no-partial-parse", "--project-dir", ".", "--profiles-dir", "."]
    environment = without_secrets(os.environ) | dbt_environment(settings())
    done = subprocess.run(  # noqa: S603  (a fixed command)
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SetupError(f"dbt cannot parse {PROJECT}:\n{done.stdout[-2000:]}")
    mark.write_text(parsed_from, encoding="utf-8")
    return path


def _project_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in PROJECT.rglob("*") if p.suffix in {".sql", ".py", ".yml", ".csv"}):
        if path.relative_to(PROJECT).parts[0] not in {"target", "logs"}:
            digest.update(str(path.relative_to(PROJECT)).encode() + path.read_bytes())
    return digest.hexdigest()


class Translator(DagsterDbtTranslator):
    """Asset keys, groups and schemas from the folders and contracts rather than from dbt's defaults."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_source_tests_as_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return AssetKey(["tidy", dbt_resource_props["name"]])
        folder = dbt_resource_props["fqn"][1] if dbt_resource_props["resource_type"] == "model" else "seeds"
        return AssetKey([folder, dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return self.get_asset_key(dbt_resource_props).path[0]

    def get_asset_spec(self, manifest: Any, unique_id: str, project: Any) -> Any:
        spec = super().get_asset_spec(manifest, unique_id, project)
        contract = contracts().get(spec.key.path[-1])
        extra = {"dagster/column_schema": table_schema(contract)} if contract and contract.columns else {}
        return spec.replace_attributes(owners=OWNERS, metadata={**spec.metadata, **extra})


def prepare_work(refresh: Refresh) -> None:
    """An empty build file, an empty scratch file and the tidy partitions linked where dbt reads them."""
    work = refresh.settings.work
    for leftover in work.glob("*.duckdb*"):
        leftover.unlink()
    shutil.rmtree(work / "spill", ignore_errors=True)
    (work / "spill").mkdir(parents=True)
    link_partitions(refresh.partitions, refresh.settings)


def require_sound_inputs(of: Settings) -> None:
    """Stops before minutes of building where the gate over the tidy tables has found an error.

    Raises:
        GateError: naming the findings.
    """
    if found := stopping(recorded_checks(of)):
        raise GateError("; ".join(str(finding) for finding in found))


def build_path(of: Settings) -> Path:
    """The private file that dbt builds into; published, it becomes the release."""
    return of.work / "build.duckdb"


@dbt_assets(
    manifest=manifest(),
    project=DbtProject(project_dir=PROJECT, profiles_dir=PROJECT),
    dagster_dbt_translator=Translator(),
    pool="duckdb",
)
def warehouse(context: AssetExecutionContext, dbt: DbtCliResource, refresh: Refresh) -> Iterator[Any]:
    """Builds the warehouse, unless the current release was built from the same inputs by the same code."""
    require_whole(context.run)
    if not refresh.anything_new():
        yield from nothing_new(context, refresh)
        return
    require_sound_inputs(refresh.settings)
    log.info("dbt builds and tests the models")
    prepare_work(refresh)
    os.environ.update(dbt_environment(refresh.settings))
    # Kept from night to night: with it dbt parses only what has changed since.
    target = refresh.settings.home / "dbt"
    # Not its results: where dbt dies before it writes any, the last night's would be taken for this one's.
    (target / RESULTS).unlink(missing_ok=True)
    with secrets_set_aside():
        call = dbt.cli(BUILD, context=context, target_path=target, raise_on_error=False)
    for event in call.stream():
        if isinstance(event, Output):
            log.info("built %s", event.output_name)
        yield event
    if (code := call.process.wait()) not in DBT_ENDED or not (target / RESULTS).exists():
        raise SetupError(f"dbt broke off (exit code {code}); see {target / 'dbt.log'} for why, then refresh again")
    results = dbt_findings(call.get_artifact(RESULTS), call.manifest["nodes"])
    refresh.record_checks("dbt", results)
    broken = [r for r in results if r.expected == BUILDS]
    if broken:
        raise GateError("; ".join(str(r) for r in broken))


def nothing_new(context: AssetExecutionContext, refresh: Refresh) -> Iterator[AssetObservation]:
    """Records a night that builds nothing; confirms the release, and observes its tables, unless news are held back."""
    current, hold = Warehouse(refresh.settings).current(), refresh.held()
    release_id = current.id if current else None
    record_run(refresh.settings, "held" if hold else "nothing new", release_id=release_id, message=str(hold or ""))
    if release_id is None or hold:
        return
    confirm(context, release_id, refresh.only)
    for key in sorted({*context.selected_asset_keys, RELEASE}):
        yield AssetObservation(key, description="Nothing is new: it stays as it is", metadata={"release": release_id})


def dbt_findings(run_results: Mapping[str, Any], nodes: Mapping[str, Any]) -> list[CheckResult]:
    """dbt's test results, and a finding for every model that did not build.

    `nodes` are the manifest's nodes by unique id. A test that dbt skipped has not passed.
    """
    found = []
    for result in run_results["results"]:
        node = nodes.get(result["unique_id"], {})
        name, status = node.get("name", result["unique_id"]), result["status"]
        message = _one_line(result.get("message") or status)
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
