"""Settings come from the environment, are checked once, and everything hangs off the home folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from orchestration import settings
from orchestration.settings import Settings, year_range

VARIABLES = tuple(f"CLUSTERS_{name.upper()}" for name in Settings.model_fields)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_everything_hangs_off_home(tmp_path: Path) -> None:
    of = Settings(home=tmp_path)
    places = [of.landing, of.tidy, of.work, of.warehouse, of.releases, of.current, of.dagster_home, of.data_docs]
    assert all(place.is_relative_to(tmp_path) for place in places)
    assert len(set(places)) == len(places)
    assert of.current == tmp_path / "warehouse" / "current.duckdb"


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path))
    monkeypatch.setenv("CLUSTERS_YEARS", "1990-2024")
    monkeypatch.setenv("CLUSTERS_CONTACT", "someone@example.org")
    of = Settings()
    assert (of.home, of.years) == (tmp_path, "1990-2024")
    assert "someone@example.org" in of.user_agent


def test_paths_are_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert Settings(home=Path("here")).home == tmp_path / "here"
    assert Settings(mirror=Path("~/mirror")).mirror == tmp_path / "me" / "mirror"


@pytest.mark.parametrize(("limit", "models"), [("250MB", 1), ("900MiB", 1), ("80%", 1), ("1GB", 2), ("2000MB", 2)])
def test_in_little_memory_one_table_is_built_at_a_time(limit: str, models: int) -> None:
    assert Settings(build_memory_limit=limit).models_at_once == models


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROFILE", "production"),
        ("YEARS", "2020-2015"),
        ("YEARS", "last year"),
        ("YEARS", "2020-2999"),
        ("HOME", "/srv/{clusters}"),
        ("HOME", "/srv/o'brien"),
        ("HOME", "/srv/#1"),
        ("HOME", "/srv/a*"),
        ("HOME", "/srv/50%41"),
        ("MIRROR", "/srv/new\nline"),
        ("TIMEZONE", "Mars/Olympus"),
        ("ATTEMPTS", "0"),
        ("READ_TIMEOUT", "-1"),
        ("THREADS", "many"),
        ("BUILD_MEMORY_LIMIT", "much"),
    ],
)
def test_what_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CLUSTERS_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_a_broker_needs_a_storage_that_machines_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERS_BROKER", "redis://:s3cret-word@db.example.org:6379/0")
    with pytest.raises(ValidationError, match="CLUSTERS_RUN_STORAGE names no database"):
        Settings()
    monkeypatch.setenv("CLUSTERS_RUN_STORAGE", "postgresql+psycopg2://clusters:other-word@db.example.org/clusters")
    assert {"s3cret-word", "other-word"} <= Settings().secrets


def test_a_store_is_for_workers_that_wait_at_a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERS_STORE", "s3://clusters/nightly")
    with pytest.raises(ValidationError, match="CLUSTERS_BROKER names no Redis"):
        Settings()
    monkeypatch.setenv("CLUSTERS_BROKER", "redis://db.example.org:6379/0")
    monkeypatch.setenv("CLUSTERS_RUN_STORAGE", "postgresql+psycopg2://clusters@db.example.org/clusters")
    assert Settings().store == "s3://clusters/nightly"


@pytest.mark.parametrize("address", ["clusters/nightly", "s3://", "s3://me:pw@clusters", "s3://clusters/x?key=pw"])
def test_an_address_of_a_store_has_no_room_for_a_key(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("CLUSTERS_STORE", address)
    with pytest.raises(ValidationError, match="store"):
        Settings()


def test_workers_have_places_of_their_own(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).places == tmp_path / "work" / "places"
    assert Settings(home=tmp_path, worker_scratch=tmp_path / "local").places == tmp_path / "local" / "places"


def test_settings_do_not_change(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings(home=tmp_path).home = tmp_path / "elsewhere"


@pytest.mark.parametrize(("text", "years"), [("2016", [2016]), ("2015-2017", [2015, 2016, 2017])])
def test_ranges_of_years(text: str, years: list[int]) -> None:
    assert list(year_range(text)) == years


@pytest.mark.parametrize(("today", "last"), [("2026-11-28", 2026), ("2031-12-31", 2031), ("2032-01-01", 2032)])
def test_an_open_range_goes_to_the_current_year(monkeypatch: pytest.MonkeyPatch, today: str, last: int) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.fromisoformat(today).replace(tzinfo=tz)

    monkeypatch.setattr(settings, "datetime", Clock)
    assert list(year_range("2015-")) == list(range(2015, last + 1))
    assert list(year_range(Settings().years)) == list(range(2015, last + 1)), "the default is open"
    assert list(year_range(f"{last}-")) == [last]
    with pytest.raises(ValueError, match="ends before it begins"):
        year_range(f"{last + 1}-")
    for beyond in (f"2015-{last + 1}", str(last + 1)):
        with pytest.raises(ValueError, match=r"goes beyond this year; \d{4}- asks"):
            year_range(beyond)


@pytest.mark.parametrize(
    "text", ["", "-", "-2015", "2015--", "2015- ", "9999-", "15-17", "2015-17", "2015-2016-2017", "20a5", "2017-2015"]
)
def test_what_is_no_range_of_years(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        year_range(text)
