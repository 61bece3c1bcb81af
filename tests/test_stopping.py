"""Ctrl-C and SIGTERM in a refresh: one line, the exit code that a shell expects, and no alert."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestration import refresh as refreshing
from orchestration.cli import app
from orchestration.errors import GateError, Stopped
from orchestration.settings import Settings, settings
from orchestration.stopping import listening
from orchestration.telling.run_record import gates_stopped, last_run, record_run

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


def send(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(5)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    for name in ("WEBHOOK", "SMTP_URL", "MAIL_TO"):
        monkeypatch.delenv(f"CLUSTERS_{name}", raising=False)
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLUSTERS_PROFILE", "sample")
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@BOTH
def test_which_signal_came_is_known_and_the_handlers_are_put_back(number: int) -> None:
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    with listening() as heard:
        assert heard() is None
        with pytest.raises(KeyboardInterrupt):
            send(number)
        assert heard() == number
        assert heard() == number
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_signal_is_heard_that_another_handler_takes() -> None:
    """Dagster's does, which takes both for Ctrl-C."""
    taken = []
    with listening() as heard:
        signal.signal(signal.SIGTERM, lambda *_: taken.append(1))
        os.kill(os.getpid(), signal.SIGTERM)
        while not taken:
            time.sleep(0.01)
        assert heard() == signal.SIGTERM


def test_outside_the_main_thread_nothing_is_heard_and_nothing_breaks() -> None:
    found: list[Any] = []

    def run() -> None:
        with listening() as heard:
            found.append(heard())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [None]


@BOTH
def test_a_refresh_that_is_stopped_says_so_in_a_line(
    home: Settings, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    record_run(home, "published", release_id="20260101T000000Z")
    monkeypatch.setattr(refreshing, "_run", lambda *_: send(number))
    result = CliRunner().invoke(app, ["refresh"])
    name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
    lines = [line for line in result.stderr.splitlines() if "start: loading" not in line]
    assert result.exit_code == 128 + number
    assert lines == [f"clusters: stopped by {name}; the published release stays. Refresh again to go on."]
    record, before = json.loads((home.home / "last_run.json").read_text()), last_run(home)
    assert (record["outcome"], record["exit_code"]) == ("stopped", 128 + number)
    assert record["message"] == str(Stopped(number))
    assert before is not None
    assert record["succeeded_at"] == before["succeeded_at"]
    assert not (home.home / "alerts.jsonl").exists()


def test_that_the_gates_stopped_is_remembered_until_a_run_ends_well(home: Settings) -> None:
    """The next refresh takes out what they stopped, also where one in between was stopped by hand."""
    assert not gates_stopped(last_run(home))
    record_run(home, "failed", exit_code=GateError.exit_code)
    for outcome, code in (("stopped", 130), ("failed", 2)):
        record_run(home, outcome, exit_code=code)
        assert gates_stopped(last_run(home))
    record_run(home, "nothing new")
    assert not gates_stopped(last_run(home))
    record_run(home, "stopped", exit_code=143)
    assert not gates_stopped(last_run(home))


def test_a_record_of_an_earlier_version_tells_of_the_gates_too() -> None:
    assert gates_stopped({"outcome": "failed", "exit_code": 3})
    assert not gates_stopped({"outcome": "failed", "exit_code": 2})
