"""How a refresh ended that did not publish: which error a failed run amounts to, and the record of it.

Belongs here: from the events of a run to one error, and that into the run record. Does not: running anything
(`refresh`), who is told (`telling`).
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from orchestration.errors import ClustersError, GateError, Stopped
from orchestration.settings import Settings
from orchestration.telling.run_record import record_run
from orchestration.telling.unwritable import storage_error

if TYPE_CHECKING:
    from dagster import DagsterEvent


def failure(
    settings: Settings, run_id: str, events: Sequence[DagsterEvent], otherwise: str, heard: int | None = None
) -> ClustersError:
    """The error that a failed run amounts to: what the gates found, or else what was raised, or that it was stopped.

    `otherwise` is said where the events hold no error, `heard` is the signal by which the run was stopped, if one was
    heard. What a gate found before that is no less so for the stop.
    """
    from orchestration.assets.dbt_runs import SKIPPED
    from orchestration.assets.resources import recorded_checks, recorded_run
    from orchestration.partitions import TidyIndex
    from orchestration.quality.verdict import stopping
    from orchestration.telling.failure import before_a_stop, failure_of, gate_error, is_of_a_gate, was_interrupted

    failed = stopping(recorded_checks(settings)) if recorded_run(settings) == run_id else []
    if heard is not None or was_interrupted(events):
        events = before_a_stop(events)
        # What dbt left out as it was told to end, too, has failed no gate.
        carried_out = [finding for finding in failed if finding.observed != SKIPPED]
        if not any(map(is_of_a_gate, events)) or (failed and not carried_out):
            # Which signal it was Dagster does not say; who stops the service sends this one.
            return Stopped(heard or signal.SIGTERM)
        failed = carried_out
    error = failure_of(events, otherwise)
    if (unwritable := storage_error(settings.home, str(error))) is not None:
        return unwritable
    if failed and error.exit_code in (ClustersError.exit_code, GateError.exit_code):
        return gate_error(failed, TidyIndex(settings).active(), settings.data_docs)
    return error


@contextmanager
def failure_recorded(settings: Settings) -> Iterator[None]:
    """Whatever ends the block early is remembered as how the run ended, also what Dagster itself fails of."""
    try:
        yield
    except Exception as error:
        # A disk that takes nothing more may not take the record either.
        with suppress(OSError):
            record_failure(settings, error if isinstance(error, ClustersError) else ClustersError(str(error)))
        raise


def record_failure(settings: Settings, error: ClustersError) -> dict[str, Any]:
    """Remembers how the run that ends now failed, or that it was stopped, and returns the record."""
    outcome = "stopped" if isinstance(error, Stopped) else "failed"
    return record_run(
        settings, outcome, exit_code=error.exit_code, message=str(error), failed_checks=failed_checks(error)
    )


def failed_checks(error: ClustersError) -> list[str]:
    """The checks that stopped a release, as `table.check`; none if something else stopped the run."""
    from orchestration.telling.failure import GatesStopped

    findings = error.findings if isinstance(error, GatesStopped) else []
    return [f"{finding.table_name}.{finding.check_name}" for finding in findings]
