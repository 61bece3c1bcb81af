"""The dbt project as Dagster assets: every seed, staging view, intermediate table and mart, with its tests as checks.

Belongs here: dbt's manifest, its assets, and the order of a build. Does not: any model, one run of dbt (`dbt_runs`).
"""

import hashlib
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dagster import AssetExecutionContext, AssetKey, AssetMaterialization, AssetObservation, OpExecutionContext
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets
from dagster_dbt.compat import DBT_PYTHON_VERSION

from orchestration.assets.dbt_runs import Runs
from orchestration.assets.metadata import OWNERS, SLICES, confirm, table_schema
from orchestration.assets.resources import Refresh, recorded_checks
from orchestration.assets.whole import RELEASE, require_whole
from orchestration.assets.workers import Workers
from orchestration.contracts import contracts, mart_contracts
from orchestration.errors import GateError, SetupError
from orchestration.quality.verdict import CheckResult, stopping
from orchestration.release.contents import TableContent, table_contents
from orchestration.release.inputs import options
from orchestration.release.publish import Warehouse
from orchestration.settings import PROJECT_ROOT, Settings, settings, without_secrets
from orchestration.slices.builder import Build
from orchestration.slices.equality import compared
from orchestration.slices.ledger import Project
from orchestration.sources.staging import write_staging
from orchestration.telling.run_record import record_run

log = logging.getLogger("clusters.build")

PROJECT = PROJECT_ROOT / "dbt_project"
# Beside this Python: the command works from a virtual environment that nobody has activated.
DBT = str(Path(sys.executable).with_name("dbt"))
# The same dbt, but ended with the refresh that started it.
DBT_OF_REFRESH = str(Path(__file__).with_name("dbt.sh"))


class InstalledDbt(DbtCliResource):
    """The dbt of this Python, whose version is known without starting it for two seconds to ask."""

    @cached_property
    def _cli_version(self) -> Any:
        return DBT_PYTHON_VERSION


DBT_CLI = InstalledDbt(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=DBT_OF_REFRESH)


def dbt_environment(of: Settings) -> dict[str, str]:
    """What the dbt profile reads from the environment."""
    return {
        "CLUSTERS_HOME": str(of.home),
        "CLUSTERS_TIDY": str(of.work / "tidy"),
        "CLUSTERS_DBT": DBT,
        "CLUSTERS_BUILD_MEMORY_LIMIT": of.build_memory_limit,
        "CLUSTERS_THREADS": str(of.threads),
        "CLUSTERS_MODELS_AT_ONCE": str(of.models_at_once),
        "CLUSTERS_BOUND_PROGRAMMES": str(of.bound_programmes),
        # Products of matrices are summed in the order of their threads: on one, every machine gets the same last digit.
        "OPENBLAS_NUM_THREADS": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        # Written out in JSON, all that is for dbt's developers takes a tenth of its time.
        "DBT_LOG_LEVEL_FILE": "info",
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
    if not refresh.anything_to_make():
        yield from nothing_new(context, refresh)
        return
    require_sound_inputs(refresh.settings)
    of, parsed = refresh.settings, parsed_project()
    runs = Runs(context, dbt, of, dbt_environment(of), parsed, Translator())
    workers = Workers(context, refresh, runs).make_all
    build = Build(of, project_of(parsed), refresh.partitions, options(of), refresh.before(), refresh.remakes, workers)
    for step in build.steps():
        if step.done_by:
            log.info("%s: made by %s", step.name, step.done_by)
            runs.note(step)
            continue
        log.info("dbt builds and tests %s", step.name)
        began = time.monotonic()
        try:
            runs.carry_out(step)
        finally:
            refresh.record_checks("dbt", runs.found_so_far())
        tables = build.made.get(step.years[0], ["all"]) if step.years else []
        tell_of_slices(context, step.years, build.rows, tables, time.monotonic() - began)
    refresh.record_checks("dbt", runs.findings(build))
    refresh.record_years(runs.records(build))
    if refresh.remakes:
        refresh.record_checks("ledger", against_release(build, refresh))
    yield from runs.events(build)


def tell_of_slices(
    context: AssetExecutionContext | OpExecutionContext,
    years: Sequence[int],
    rows: Mapping[int, int],
    tables: Sequence[str],
    seconds: float,
) -> None:
    """Shows in the interface that tables of years were made together: those years' partitions of the slices."""
    for year in years:
        told: dict[str, int | str] = {
            "publisher's rows": rows[year],
            "tables": ", ".join(tables),
            "seconds": round(seconds),
        }
        if len(years) > 1:
            told["made together with"] = f"{len(years) - 1} other years"
        context.log_event(AssetMaterialization(SLICES.key, partition=str(year), metadata=told))


def against_release(build: Build, refresh: Refresh) -> list[CheckResult]:
    """What a build from scratch says of the current release."""
    released, current = refresh.released_manifest(), Warehouse(refresh.settings).current()
    if released is None or current is None:
        return []
    # Of the files themselves: what a manifest says of rows that were copied is what it said before they were.
    of_release, made = (_contents(path, refresh.settings.build_memory_limit) for path in (current.path, build.path))
    found = compared(
        of_release,
        made,
        {record.year: record.keys for record in released.years},
        build.keys,
        all_inputs_equal=released.release.inputs_hash == refresh.inputs_hash,
        severity="warning" if refresh.accept_revision else "error",
    )
    if found is None:
        log.info("nothing in the release is of the same inputs, code and engines: it cannot be compared")
    return [found] if found else []


def _contents(file: Path, memory_limit: str) -> list[TableContent]:
    with duckdb.connect(str(file), read_only=True, config={"memory_limit": memory_limit}) as con:
        return table_contents(con, mart_contracts().values())


def nothing_new(context: AssetExecutionContext, refresh: Refresh) -> Iterator[AssetObservation]:
    """Records a night that builds nothing; confirms the release, and observes its tables, unless news are held back."""
    current, hold = Warehouse(refresh.settings).current(), refresh.held()
    release_id = current.id if current else None
    outcome, message = "held" if hold else "nothing new", str(hold or "")
    run = record_run(refresh.settings, outcome, asked=refresh.asked, release_id=release_id, message=message)
    if release_id is None or hold:
        return
    confirm(context, release_id, run)
    for key in sorted({*context.selected_asset_keys, RELEASE}):
        yield AssetObservation(key, description="Nothing is new: it stays as it is", metadata={"release": release_id})


def parsed_project() -> dict[str, Any]:
    """dbt's manifest, read."""
    return json.loads(manifest().read_text(encoding="utf-8"))


def project_of(parsed: Mapping[str, Any]) -> Project:
    """What keys read of dbt's manifest."""
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    return Project(parsed["nodes"], parsed["macros"], variables)
