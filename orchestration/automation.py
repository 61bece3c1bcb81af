"""What runs when: the nightly job, its schedule, and who is told when it fails.

Belongs here: jobs, schedules, sensors. Does not: what the assets do.
"""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from dagster import (
    AssetSelection,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    ScheduleEvaluationContext,
    define_asset_job,
    in_process_executor,
    run_failure_sensor,
    schedule,
)

from orchestration.refresh import failed_checks, failure, record_failure
from orchestration.run_record import last_run
from orchestration.settings import settings, year_range

log = logging.getLogger("clusters.alert")

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"

nightly = define_asset_job(
    "nightly",
    selection=AssetSelection.all(),
    description="Pull, build, check, publish. Publishes nothing when nothing is new or a gate says no.",
    executor_def=in_process_executor,
)


def range_tags(years: Sequence[int]) -> dict[str, str]:
    """Run tags that ask for a range of QCEW reference years in one run.

    Example:
        >>> sorted(range_tags(range(2015, 2018)).values())
        ['2015', '2017']
    """
    return {RANGE_START: str(min(years)), RANGE_END: str(max(years))}


@schedule(
    job=nightly,
    cron_schedule="30 2 * * *",
    execution_timezone=settings().timezone,
    default_status=DefaultScheduleStatus.RUNNING,
)
def nightly_at_half_past_two(context: ScheduleEvaluationContext) -> RunRequest:
    """Every night at 02:30 in the time zone of CLUSTERS_TIMEZONE."""
    return RunRequest(tags=range_tags(year_range(settings().years)))


@run_failure_sensor(default_status=DefaultSensorStatus.RUNNING, monitor_all_code_locations=False)
def tell_of_failure(context: RunFailureSensorContext) -> None:
    """A failed run in the log, in `alerts.jsonl` and, if CLUSTERS_WEBHOOK is set, as a JSON message to it."""
    run_id, otherwise = context.dagster_run.run_id, context.failure_event.message or "the run failed"
    error = failure(settings(), run_id, context.get_step_failure_events(), otherwise)
    ended = context.instance.get_run_record_by_id(run_id)
    last = last_run(settings())
    # This may be told late: a run that has ended since, or has recorded itself, is not to be written over.
    if last is None or ended is None or datetime.fromisoformat(last["finished_at"]).timestamp() < (ended.end_time or 0):
        record_failure(settings(), error)
    tell(
        {
            "run_id": run_id,
            "outcome": "failed",
            "exit_code": error.exit_code,
            "message": str(error),
            "failed_checks": failed_checks(error),
        }
    )


def tell(record: dict[str, Any]) -> None:
    """Appends an alert to `alerts.jsonl`, logs it, and posts it to the webhook if there is one."""
    log.error("refresh failed: %s", record["message"])
    record = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **record}
    settings().home.mkdir(parents=True, exist_ok=True)
    with (settings().home / "alerts.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    if settings().webhook:
        try:
            httpx.post(str(settings().webhook), json=record, timeout=10).raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The address may carry a token, so only the kind of error is logged.
            log.warning("the webhook could not be told (%s)", type(error).__name__)
