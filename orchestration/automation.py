"""What runs when: the nightly job, its schedule, and who is told when it fails.

Belongs here: jobs, schedules, sensors. Does not: what the assets do.
"""

import os
from datetime import datetime
from zoneinfo import ZoneInfo

from dagster import (
    AssetSelection,
    DagsterEvent,
    DagsterEventType,
    DagsterRunStatus,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    PartitionedConfig,
    RunFailureSensorContext,
    RunRequest,
    RunStatusSensorContext,
    ScheduleEvaluationContext,
    SkipReason,
    define_asset_job,
    run_failure_sensor,
    run_status_sensor,
    schedule,
)

from orchestration.assets.metadata import SLICES, YEARS
from orchestration.assets.resources import recorded_run
from orchestration.assets.whole import is_whole
from orchestration.dagster_home import ONLY_SHOWS
from orchestration.ending import failure, record_failure
from orchestration.settings import settings
from orchestration.telling import alerts
from orchestration.telling.run_record import last_run

# The tag of runs whose starter tells how they end; the sensors leave those alone.
TOLD_BY = "clusters/told_by"
# `Test sensor` runs it in the interface, which has no address to tell: put on record there, nobody would be told of it.
TRIED = SkipReason(
    "The daemon tells of this run, this was a try. Do not commit the cursor: the daemon would leave it out."
)

nightly = define_asset_job(
    "nightly",
    selection=AssetSelection.all() - AssetSelection.assets(SLICES.key),
    description="A refresh (click `Materialize all`): pull the years of the settings, build, check, publish. Publishes "
    "nothing when nothing is new or a gate says no.",
)

years = define_asset_job(
    "years",
    selection=AssetSelection.all() - AssetSelection.assets(SLICES.key),
    config=PartitionedConfig(
        partitions_def=YEARS,
        run_config_for_partition_key_fn=lambda year: {
            "resources": {"refresh": {"config": {"years": [int(year)], "remake": [int(year)]}}}
        },
    ),
    description="A refresh of one reference year: pulls it, makes all its tables again and publishes them beside the "
    "other years. Its Partitions tab takes several years at once; they run one after the other.",
)


@schedule(
    job=nightly,
    cron_schedule="30 2 * * *",
    execution_timezone=settings().timezone,
    default_status=DefaultScheduleStatus.RUNNING,
)
def nightly_at_half_past_two(context: ScheduleEvaluationContext) -> RunRequest:
    """Every night at 02:30 in the time zone of CLUSTERS_TIMEZONE; once a week everything is made from scratch."""
    due = context.scheduled_execution_time.astimezone(ZoneInfo(settings().timezone))
    if due.strftime("%A").lower() != settings().from_scratch_on:
        return RunRequest()
    return RunRequest(run_config={"resources": {"refresh": {"config": {"from_scratch": True}}}})


def failures(context: RunFailureSensorContext) -> list[DagsterEvent]:
    """The events that say why a run failed: of its steps, else of what comes before them, such as the lock."""
    before_steps = {DagsterEventType.RESOURCE_INIT_FAILURE, DagsterEventType.RUN_FAILURE}
    found = context.instance.get_records_for_run(context.dagster_run.run_id, of_type=before_steps).records
    events = [record.event_log_entry.dagster_event for record in found]
    return [*context.get_step_failure_events()] or [event for event in events if event is not None]


@run_failure_sensor(default_status=DefaultSensorStatus.RUNNING, monitor_all_code_locations=False)
def tell_of_failure(context: RunFailureSensorContext) -> SkipReason | None:
    """One alert about a failed refresh that the daemon or the interface started (see `orchestration.telling.alerts`).

    Who clicks one asset alone reads how that ends, and it says nothing of the refresh.
    """
    if TOLD_BY in context.dagster_run.tags or not is_whole(context.dagster_run):
        return None
    if ONLY_SHOWS in os.environ:
        return TRIED
    run_id, otherwise = context.dagster_run.run_id, context.failure_event.message or "the run failed"
    error = failure(settings(), run_id, failures(context), otherwise)
    ended = context.instance.get_run_record_by_id(run_id)
    last = last_run(settings())
    # This may be told late: a run that has ended since, or has recorded itself, is not to be written over.
    if last is None or ended is None or datetime.fromisoformat(last["finished_at"]).timestamp() < (ended.end_time or 0):
        record_failure(settings(), error)
    alerts.tell_of_failure(settings(), error, run_id)
    return None


@run_status_sensor(
    run_status=DagsterRunStatus.SUCCESS, default_status=DefaultSensorStatus.RUNNING, monitor_all_code_locations=False
)
def tell_of_success(context: RunStatusSensorContext) -> SkipReason | None:
    """An alert about a run that succeeded where a person should look all the same, or the night before failed."""
    run_id = context.dagster_run.run_id
    if TOLD_BY in context.dagster_run.tags or not is_whole(context.dagster_run):
        return None
    if ONLY_SHOWS in os.environ:
        return TRIED
    # Told late, after another run has begun, it would speak of that one's findings.
    if recorded_run(settings()) == run_id:
        alerts.tell_of_success(settings(), run_id)
    return None
