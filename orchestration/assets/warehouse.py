"""The dbt project as Dagster assets: every seed, staging view, intermediate table and mart, with its tests as checks.

Belongs here: the assets and the order of a build. Does not: dbt's manifest (`dbt_project`), a run of dbt (`dbt_runs`).
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dagster import AssetExecutionContext, AssetMaterialization, AssetObservation, OpExecutionContext
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

from orchestration.assets.dbt_project import PROJECT, Translator, dbt_environment, manifest, parsed_project, project_of
from orchestration.assets.dbt_runs import Runs
from orchestration.assets.metadata import SLICES, confirm
from orchestration.assets.resources import Refresh, recorded_checks
from orchestration.assets.whole import RELEASE, WAREHOUSE, require_whole
from orchestration.assets.workers import Workers
from orchestration.contracts import mart_contracts
from orchestration.errors import GateError
from orchestration.quality.verdict import CheckResult, stopping
from orchestration.release.contents import TableContent, table_contents
from orchestration.release.inputs import options
from orchestration.release.publish import Warehouse
from orchestration.release.reading import opened
from orchestration.settings import Settings
from orchestration.slices.builder import Build
from orchestration.slices.equality import compared
from orchestration.telling.run_record import record_run

log = logging.getLogger("clusters.build")


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
    name=WAREHOUSE,
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
    with opened(file, memory_limit) as con:
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
