"""Several slices at a time: a refresh has them made by the job `slices`, a run of its own beside its own run.

Belongs here: starting that run, telling how it goes, and what its end means for the refresh. Does not: making a slice
(see `slice_job`), which slices there are (see `orchestration.slices`).

Workers put slices on the shelf and nothing else. The refresh takes them from there as it does after one that was broken
off, so no release depends on who made a slice.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any, cast

from dagster import AssetExecutionContext, DagsterEvent, DagsterEventType, DagsterRun
from dagster._core.definitions.reconstruct import ReconstructableJob
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.api import execute_run_iterator

from orchestration.assets.dbt_runs import Runs, require_built
from orchestration.assets.desk import findings_of_failed, note_failed, store_of
from orchestration.assets.resources import Refresh
from orchestration.errors import GateError, SetupError
from orchestration.partitions import TidyIndex
from orchestration.settings import Settings, secrets_set_aside
from orchestration.slices.assembly import copy_without
from orchestration.slices.findings import named
from orchestration.slices.making import Slice, Step, makers
from orchestration.slices.phases import span_marts, year_marts
from orchestration.slices.shelf import Shelf
from orchestration.slices.store import Store
from orchestration.telling.failure import failure_of

log = logging.getLogger("clusters.build")

# By name: it asks modules that ask this one.
JOB = ("orchestration.assets.slice_job", "slices_job")
SLICES_JOB = "slices"
# The address stays in the environment, and out of what Dagster keeps of a run.
CELERY: dict[str, Any] = {"broker": {"env": "CLUSTERS_BROKER"}, "backend": {"env": "CLUSTERS_BROKER"}}
NAMES, MAKES = "name_slices", "make_slice"


class Workers:
    """Makers of slices for one refresh. What dbt finds in a slice that cannot be made goes to `runs`."""

    def __init__(self, context: AssetExecutionContext, refresh: Refresh, runs: Runs) -> None:
        self.context, self.refresh, self.runs = context, refresh, runs

    def make_all(self, slices: Sequence[Slice]) -> None:
        """Has slices made and put on the shelf, or leaves them alone where they cannot be made side by side.

        Raises:
            GateError: if a model did not build.
            SetupError: if anything else went wrong with one of them; the others that were begun are on the shelf.
        """
        of, store = self.refresh.settings, store_of(self.refresh.settings)
        # A release that is made again has a home of its own, for this one process.
        if of.broker and self.refresh.rebuild:
            return
        if store:
            slices = self._collect(store, slices)
        at_once = min(_at_once(of), len(slices))
        if at_once == 0:
            return
        log.info("dbt builds and tests %d slices, %d at a time", len(slices), at_once)
        if store:
            store.offer(self.context.run.run_id, self._lent())
        failed = self._run(slices, at_once)
        if store:
            self._collect(store, slices)
            for name, found in store.failed().items():
                note_failed(of, name, found)
            store.clear()
        if failed:
            self._fail(slices, failed)

    def _run(self, slices: Sequence[Slice], at_once: int) -> list[DagsterEvent]:
        """Runs the job to its end; returns what failed."""
        job, instance = ReconstructableJob.for_module(*JOB), self.context.instance
        run = instance.create_run_for_job(
            job_def=job.get_definition(),
            run_config=self._config(slices, at_once),
            tags={"clusters/refresh": self.context.run.run_id},
            job_code_origin=job.get_python_origin(),
        )
        failed: list[DagsterEvent] = []
        is_stopped = False
        # Workers of this machine are its children. They make slices and tell nobody of it.
        inherited = nullcontext() if self.refresh.settings.broker else secrets_set_aside(["run_storage"])
        # Closed at once, as it holds the handlers of signals.
        with inherited, closing(cast(Any, execute_run_iterator(job, run, instance))) as events:
            for event in events:
                is_stopped = is_stopped or _tells_of_a_stop(event)
                # Celery would wait for what other machines have begun; they put it on the shelf for the next refresh.
                if is_stopped and self.refresh.settings.broker:
                    break
                failed += [event] if event.is_failure else []
                # Those that were left out since another one failed succeed, too.
                if not failed:
                    _tell(event, run)
        if is_stopped:
            raise DagsterExecutionInterruptedError
        return failed

    def _collect(self, store: Store, slices: Sequence[Slice]) -> list[Slice]:
        """Takes from the store what workers have left there, for an earlier refresh too; returns what is missing."""
        shelf = Shelf(self.refresh.settings.slices)
        store.collect({one.name for one in slices}, shelf)
        return [one for one in slices if shelf.findings(one.name) is None]

    def _lent(self) -> dict[str, Path]:
        """What slices are made from, by paths below the home."""
        of, nodes = self.refresh.settings, self.runs.parsed["nodes"]
        work, files = of.work, [TidyIndex(of).path, *(of.tidy / part.path for part in self.refresh.partitions)]
        # The tables that slices are made for are by far the largest of the build file, and no slice reads them.
        copy_without(work / "build.duckdb", lent := work / "lent.duckdb", {*year_marts(nodes), *span_marts(nodes)})
        found = {str(path.relative_to(of.home)): path for path in [*files, work / "common.duckdb"]}
        return found | {str((work / "build.duckdb").relative_to(of.home)): lent}

    def _config(self, slices: Sequence[Slice], at_once: int) -> dict[str, Any]:
        far, printed = self.refresh.settings.broker is not None, str(getattr(sys.stdout, "name", ""))
        asked = {
            "refresh": self.context.run.run_id,
            "inputs": self.refresh.inputs_hash,
            # Where the refresh prints into a file, workers beside it do so too, and not on a person's screen.
            "prints_to": printed if Path(printed).is_file() and not far else "",
            "slices": [{"name": one.name, "years": list(one.years), "tables": list(one.tables)} for one in slices],
        }
        executor = CELERY if far else {"max_concurrent": at_once}
        return {
            "ops": {name: {"config": asked} for name in (NAMES, MAKES)},
            "execution": {"config": executor},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        }

    def _fail(self, slices: Sequence[Slice], failed: Sequence[DagsterEvent]) -> None:
        """Ends the refresh as it would have ended had it made the slice itself."""
        for one in slices:
            step = Step(
                named(one.years), "slice", None, {}, one.years, findings_of_failed(self.refresh.settings, one.name)
            )
            self.runs.note(step)
            self.refresh.record_checks("dbt", self.runs.found_so_far())
            require_built(step)
        error = failure_of([event for event in failed if event.is_step_failure] or failed, "the workers failed")
        raise (GateError if error.exit_code == GateError.exit_code else SetupError)(str(error))


def _at_once(of: Settings) -> int:
    """How many slices others can make side by side; 0 where the refresh had better make them by itself."""
    if of.broker is None:
        return at_once if (at_once := makers(of)) > 1 else 0
    from orchestration.celery_app import answering

    if not (found := answering(of)):
        log.warning("no worker answers at CLUSTERS_BROKER: the slices are made on this machine, one by one")
    return found


def _tells_of_a_stop(event: DagsterEvent) -> bool:
    return event.event_type == DagsterEventType.ENGINE_EVENT and "received termination signal" in (event.message or "")


def _tell(event: DagsterEvent, run: DagsterRun) -> None:
    if event.event_type == DagsterEventType.RUN_START:
        log.info("the workers' own run is %s", run.run_id)
    if event.is_step_success and (event.step_key or "").startswith(f"{MAKES}["):
        years = str(event.step_key).removeprefix(f"{MAKES}[").rstrip("]").replace("_", " ")
        log.info("%s: made by a worker in %.0f s", years, event.step_success_data.duration_ms / 1000)
