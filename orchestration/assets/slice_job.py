"""The job `slices`: makes the slices it is asked for, each in a process of its own, and puts them on the shelf.

Belongs here: the job, and what one worker does. Does not: who asks for which slices and waits (see `workers`).
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from multiprocessing import parent_process
from pathlib import Path
from signal import SIGKILL

from dagster import (
    Config,
    DynamicOut,
    DynamicOutput,
    ExecutorDefinition,
    In,
    JobDefinition,
    Nothing,
    OpExecutionContext,
    graph,
    multiprocess_executor,
    op,
)
from dagster_dbt import DbtCliResource

from orchestration.assets.dbt_project import DBT_CLI, dbt_environment, parsed_project, project_of
from orchestration.assets.dbt_runs import require_built, run_dbt
from orchestration.assets.desk import Desk, desk_of
from orchestration.assets.resources import Refresh
from orchestration.assets.warehouse import tell_of_slices
from orchestration.assets.workers import MAKES, NAMES, SLICES_JOB
from orchestration.errors import SetupError
from orchestration.settings import settings
from orchestration.slices.findings import named
from orchestration.slices.making import FILE, Slice, Step, emptied, place_of_ones_own, slice_step
from orchestration.slices.phases import rows_by_year


class Wanted(Config):
    """One slice, as `orchestration.slices.making.Slice` has it."""

    name: str
    years: list[int]
    tables: list[str]

    @property
    def key(self) -> str:
        """By which name of a step it is made."""
        return named(self.years).replace(" ", "_")


class Asked(Config):
    """Slices for one refresh: its run, the hash of what its release is made from, and the file that it prints to."""

    refresh: str
    inputs: str
    prints_to: str
    slices: list[Wanted]


# A step's name is all that passes from one to the other: a value would be a file, in a folder that machines must share.
@op(name=NAMES, out=DynamicOut(Nothing))
def name_slices(config: Asked) -> Iterator[DynamicOutput[None]]:
    """Names the slices, so that each becomes a step."""
    for wanted in config.slices:
        yield DynamicOutput(None, mapping_key=wanted.key)


@op(name=MAKES, ins={"named": In(Nothing)})
def make_slice(context: OpExecutionContext, config: Asked, dbt: DbtCliResource) -> None:
    """Makes one slice, unless another one could not be made: the refresh is going to fail then."""
    _end_with_the_refresh()
    [wanted] = [wanted for wanted in config.slices if wanted.key == context.get_mapping_key()]
    one, began = Slice(wanted.name, wanted.years, wanted.tables), time.monotonic()
    desk = desk_of(config.refresh)
    desk.require_asked_for()
    desk.take()
    _require_same_inputs(desk.refresh, config.inputs)
    if desk.given_up():
        context.log.info("left out, since another slice could not be made")
        return
    with _printing_to(config.prints_to), place_of_ones_own(desk.of.places) as place:
        step = _made(dbt, desk, one, place)
        desk.require_asked_for()
        desk.put(one.name, place / "slice" / FILE, step.found)
        emptied(place / "slice")
    tell_of_slices(context, one.years, rows_by_year(desk.refresh.partitions), one.tables, time.monotonic() - began)


def _made(dbt: DbtCliResource, desk: Desk, one: Slice, place: Path) -> Step:
    of, parsed = desk.of, parsed_project()
    step = slice_step(one, emptied(place / "slice"), project_of(parsed), desk.refresh.partitions, of)
    desk.take(Path(step.environment["CLUSTERS_TIDY"]))
    # Two processes of DuckDB that spill into one folder take each other's files for their own.
    spill = {"CLUSTERS_SPILL": str(emptied(place / "spill"))}
    os.environ.update({**dbt_environment(of), **step.environment, **spill})
    try:
        run_dbt(dbt, step, place / "dbt", parsed, lambda _: None)
        require_built(step)
    except Exception:
        desk.require_asked_for()
        desk.put_failed(one.name, step.found)
        raise
    return step


def _end_with_the_refresh() -> None:
    """Ends this process when the one that started it is killed, and dbt with it (see `dbt.sh`)."""
    started_by = parent_process()
    if started_by is None:
        return

    def watch() -> None:
        started_by.join()
        os.kill(os.getpid(), SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _require_same_inputs(refresh: Refresh, inputs: str) -> None:
    if refresh.inputs_hash != inputs:
        raise SetupError(
            "a worker has other code, settings, libraries or tidy files than the refresh that asks for slices. Remedy: "
            "install the same checkout for both, with equal CLUSTERS_* settings and one CLUSTERS_HOME or CLUSTERS_STORE"
        )


@contextmanager
def _printing_to(path: str) -> Iterator[None]:
    """Lets what dbt says in this process go where the refresh prints to."""
    with Path(path).open("a", encoding="utf-8") if path else nullcontext(sys.stdout) as out, redirect_stdout(out):
        yield


@graph(name=SLICES_JOB)
def slices() -> None:
    """The slices of one refresh, side by side."""
    name_slices().map(make_slice)


def slices_job() -> JobDefinition:
    """The job, for processes of this machine, or for Celery's workers where the settings name a broker."""
    return slices.to_job(
        resource_defs={"dbt": DBT_CLI},
        executor_def=_celery() if settings().broker else multiprocess_executor,
        description="Makes slices for a refresh that asks for them. No button makes sense of it: click `nightly`.",
    )


def _celery() -> ExecutorDefinition:
    # An optional dependency, see `orchestration.dagster_home`.
    from dagster_celery import celery_executor

    return celery_executor
