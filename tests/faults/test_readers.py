"""Readers are never disturbed by publishing, and what a held connection sees is what docs/analysts.md says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import PROJECT_ROOT, Settings
from tests.faults.readers import made, publish, run

RELEASES = 5


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A warehouse with one stamped release."""
    settings = Settings(home=tmp_path / "home")
    publish(settings, *made(settings, 0))
    return settings


def test_readers_see_no_error_and_never_two_releases_at_once(home: Settings) -> None:
    reading = run(home, processes=8, publishes=RELEASES, seconds=5.0)
    assert reading.wrong == []
    assert len(reading.releases) > 1
    assert len(reading.seconds) >= 6  # every reader that does not hold its connection


def test_readers_would_tell_of_a_mix(home: Settings) -> None:
    """The readers' own check: a file whose tables are of two releases is found."""
    path = home.current.resolve()
    path.chmod(0o644)
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE dim_region SET stamp = 'another' WHERE region_id = 'state:06'")
    reading = run(home, processes=1, publishes=0, seconds=0.5)
    assert reading.wrong
    assert set(reading.wrong) == {f"one connection saw ['{path.stem}', 'another']"}


def test_what_analysts_are_told_of_held_connections(home: Settings, tmp_path: Path) -> None:
    """The example in docs/analysts.md runs as printed, with a release published where it says so."""
    text = (PROJECT_ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
    example = re.search(r"```python held-connection\n(.*?)```", text, re.DOTALL)
    assert example is not None
    publishing = "from tests.faults.readers import *; s = Settings(); publish(s, *made(s, 1))"
    code = example[1].replace("# … a refresh publishes …", publishing)
    assert publishing in code
    (tmp_path / "data").symlink_to(home.home)
    environment = os.environ | {"CLUSTERS_HOME": str(home.home), "PYTHONPATH": str(PROJECT_ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["20261122T000000Z", "20261122T000100Z", "20261122T000100Z"]
