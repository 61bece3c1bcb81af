"""02:30 in zones with summer time: it is there twice on one night of the year and not at all on another."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from dagster import RunRequest, build_schedule_context
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.automation import nightly_at_half_past_two
from orchestration.settings import settings

NIGHTS = timedelta(days=3)


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/New_York", date(2027, 3, 14)),
        ("America/New_York", date(2027, 11, 7)),
        ("Europe/Berlin", date(2027, 3, 28)),
        ("Europe/Berlin", date(2027, 10, 31)),
        ("Australia/Lord_Howe", date(2027, 10, 3)),
        ("Australia/Lord_Howe", date(2027, 4, 4)),
    ],
)
def test_each_night_has_one_run(zone: str, change: date) -> None:
    first, last = (datetime(d.year, d.month, d.day, tzinfo=ZoneInfo(zone)) for d in (change - NIGHTS, change + NIGHTS))
    runs = schedule_execution_time_iterator(first.timestamp(), nightly_at_half_past_two.cron_schedule, zone, 1)
    found = list(takewhile(lambda run: run < last, runs))
    assert Counter(run.astimezone(ZoneInfo(zone)).date() for run in found) == {
        change + timedelta(days=n): 1 for n in range(-NIGHTS.days, NIGHTS.days)
    }
    hours = [(b - a).total_seconds() / 3600 for a, b in pairwise(found)]
    assert all(22.5 <= h <= 25.5 for h in hours), hours
    assert {(run.astimezone(ZoneInfo(zone)).hour, run.minute) for run in found} <= {(2, 30), (3, 0), (3, 30)}


@pytest.mark.parametrize(
    ("day", "on", "made"),
    [("2027-03-14", "sunday", True), ("2027-03-15", "sunday", False), ("2027-03-14", "never", False),
     ("2027-03-15", "monday", True)],
)  # fmt: skip
def test_once_a_week_everything_is_made_from_scratch(
    monkeypatch: pytest.MonkeyPatch, day: str, on: str, made: bool
) -> None:
    """By the calendar of the schedule's zone, where it may be another day than in UTC."""
    monkeypatch.setenv("CLUSTERS_TIMEZONE", "Pacific/Auckland")
    monkeypatch.setenv("CLUSTERS_FROM_SCRATCH_ON", on)
    settings.cache_clear()
    due = datetime.fromisoformat(f"{day}T02:30").replace(tzinfo=ZoneInfo("Pacific/Auckland")).astimezone(UTC)
    context = build_schedule_context(scheduled_execution_time=due)
    asked = nightly_at_half_past_two(context)
    settings.cache_clear()
    assert isinstance(asked, RunRequest)
    assert asked.run_config == ({"resources": {"refresh": {"config": {"from_scratch": True}}}} if made else {})


def test_the_iterator_is_asked_as_dagster_asks_it() -> None:
    assert nightly_at_half_past_two.cron_schedule == "30 2 * * *"
