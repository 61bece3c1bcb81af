"""One refresh from start to end, as the `clusters` command runs it: the nightly job, in this process.

Belongs here: starting the job, passing on what it says, and its outcome. Does not: any step of it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.dagster_home import UNWATCHED, make_storage, prepare_dagster
from orchestration.ending import failure, failure_recorded
from orchestration.errors import ClustersError, GateError, Stopped
from orchestration.release.publish import Warehouse
from orchestration.settings import Settings
from orchestration.stopping import listening
from orchestration.telling.run_record import last_run
from orchestration.telling.unwritable import storage_errors_named

if TYPE_CHECKING:
    from dagster import ExecuteInProcessResult

    from orchestration.partitions import Partition
    from orchestration.sources.source import Source

Progress = Callable[[str, str], None]

STAGES = {
    "clusters.landing": "pull",
    "clusters.ingest": "parse",
    "clusters.gate": "check",
    "clusters.build": "build",
    "clusters.release": "publish",
}

LOG = "last_run.log"


@dataclass(frozen=True)
class Summary:
    """What a refresh did. `pulled` is (edition, outcome, files, bytes), `outcome` `published`, `nothing new` or `held`.

    Held: something is new, and it is what a person rolled back.
    """

    outcome: str
    release_id: str
    profile: str
    path: Path
    pulled: list[tuple[str, str, int, int]]
    notes: list[str]
    warnings: list[str]
    seconds: float


def refresh(
    settings: Settings,
    years: Sequence[int],
    only: Sequence[str] | None,
    progress: Progress,
    accept_revision: Sequence[str] = (),
    *,
    from_scratch: bool = False,
) -> Summary:
    """Runs the nightly job and returns what it did; the run also stands in the Dagster UI.

    Raises:
        ClustersError: with the exit code of what stopped it (`Stopped`: a person or the system). The previous release
            is untouched then.

    Example:
        >>> refresh(settings(), range(2015, 2021), None, print).outcome  # doctest: +SKIP
        'published'
    """
    started = time.monotonic()
    house = Warehouse(settings)
    with storage_errors_named(settings.home):
        with house.lock():
            pass
        config = {"only": list(only or []), "from_scratch": from_scratch}
        with failure_recorded(settings):
            house.refuse_sample_over_real(settings.profile)
            if (error := run_nightly(settings, years, config, progress, accept_revision)) is not None:
                raise error
    now, last = house.current(), last_run(settings)
    if now is None or last is None:
        raise GateError("the run ended without an error, yet nothing is published")
    shown = _shown(settings, years)
    return Summary(
        outcome=last["outcome"],
        release_id=now.id,
        profile=now.profile,
        path=settings.current,
        pulled=[(p.name, p.outcome, len(p.files), sum(f.bytes for f in p.files)) for p in shown],
        notes=_notes(settings, shown, years),
        warnings=_warnings(settings, shown),
        seconds=time.monotonic() - started,
    )


def run_nightly(
    settings: Settings,
    years: Sequence[int],
    config: dict[str, Any],
    progress: Progress,
    accept_revision: Sequence[str] = (),
    rebuild: str = "",
) -> ClustersError | None:
    """Runs the nightly job in this process; `config` is that of `orchestration.assets.resources.Refresh`, the other two
    are what a person asks for (see `ByCommand` there).

    Returns the error that stopped it, if one did.
    """
    with listening() as heard:
        try:
            with _told(progress):
                progress("start", "loading")
                from orchestration.assets.resources import ByCommand, asked_by_command

                with asked_by_command(ByCommand(tuple(accept_revision), rebuild)):
                    result = _run(settings, years, config, heard)
        except BaseException:
            if (number := heard()) is None:
                raise
            return Stopped(number)
        number = heard()
    if result.success:
        return None
    events = [event for event in result.all_events if event.is_failure]
    return failure(settings, result.run_id, events, "the run failed", number)


def _run(
    settings: Settings, years: Sequence[int], config: dict[str, Any], heard: Callable[[], int | None]
) -> ExecuteInProcessResult:
    prepare_dagster(settings)
    if settings.run_storage:
        make_storage(settings)
    from dagster import DagsterInstance
    from dagster._core.instance.ref import InstanceRef

    from orchestration.automation import TOLD_BY
    from orchestration.definitions import defs
    from orchestration.event_log import held_event_log

    # Where nothing is new the gates have nothing to say, and Dagster would remark on each of their checks.
    logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)
    # dbt and Dagster print much that nobody reads until something fails. Workers add to it what they print.
    (settings.home / LOG).unlink(missing_ok=True)
    log = (settings.home / LOG).open("a", encoding="utf-8")
    overrides = UNWATCHED | held_event_log(settings)
    reference = InstanceRef.from_dir(str(settings.dagster_home), overrides=overrides)
    with DagsterInstance.from_ref(reference) as instance, log, redirect_stdout(log):
        result = defs.resolve_job_def("nightly").execute_in_process(
            instance=instance,
            tags={TOLD_BY: "the command"},
            run_config={
                "resources": {"refresh": {"config": {"years": list(years), **config}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=False,
        )
        if not result.success and (number := heard()) is not None:
            instance.report_run_canceled(result.dagster_run, str(Stopped(number)))
        return result


def _shown(settings: Settings, years: Sequence[int]) -> list[Partition]:
    """The partitions that this refresh was about: of the years asked for (see `Source.earlier`), and of no year."""
    from orchestration.partitions import TidyIndex
    from orchestration.sources.catalogue import SOURCES

    def asked(source: Source) -> set[str]:
        return {str(year - n) for year in years for n in range(source.earlier + 1)}

    sources = {p: SOURCES[p.source_id] for p in TidyIndex(settings).active()}
    return [p for p, source in sources.items() if not source.by_year or p.period in asked(source)]


def _notes(settings: Settings, partitions: Sequence[Partition], years: Sequence[int]) -> list[str]:
    """What is good to know and no fault: which of the years asked for are there.

    Of a source that failed tonight a warning says more.
    """
    from orchestration.assets.resources import recorded_checks
    from orchestration.sources.catalogue import SOURCES

    last = last_run(settings) or {}
    notes = [last["message"]] if last.get("outcome") == "nothing new" and last["message"] else []
    if last.get("in_part"):
        notes.append("a part was asked for; that the rest is as publishers offer it is confirmed by a refresh of all")
    failed = {f.table_name for f in recorded_checks(settings) if f.tool == "refresh" and not f.passed}
    for name, source in SOURCES.items():
        if not source.by_year or source.contract.name in failed:
            continue
        held = sorted(p.period for p in partitions if p.source_id == name and int(p.period) in years)
        if len(held) < len(years):
            notes.append(f"{name}: asked for {years[0]} to {years[-1]}, there are {', '.join(held) or 'none'}")
    return notes


def _warnings(settings: Settings, partitions: Sequence[Partition]) -> list[str]:
    from orchestration.assets.resources import recorded_checks

    warnings = [
        f"{p.name}: the publisher no longer offers it; the copy landed earlier is used"
        for p in partitions
        if p.outcome == "kept"
    ]
    last = last_run(settings) or {}
    if last.get("outcome") == "held":
        remedy = "it is published once that changes, or after `clusters rollback --lift`"
        warnings.append(f"what is new is held back: {last['message']}; {remedy}")
    warnings += [f"{p.name}: {p.warning}" for p in partitions if p.warning]
    return warnings + [f.in_words for f in recorded_checks(settings) if not f.passed and f.severity == "warning"]


@contextmanager
def _told(progress: Progress) -> Iterator[None]:
    """Passes what the rooms log on to `progress` while the refresh runs."""

    class Teller(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            progress(STAGES.get(record.name, record.name.rsplit(".", 1)[-1]), record.getMessage())

    logger, teller = logging.getLogger("clusters"), Teller(level=logging.INFO)
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(teller)
    try:
        yield
    finally:
        logger.removeHandler(teller)
        logger.setLevel(level)
