"""A refresh that is killed, starved of space or started twice harms nothing, and the next one needs no help.

The long form is `bench/crash.py`; kills between any two steps of publishing are in tests/release.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from orchestration.contracts import mart_contracts
from orchestration.errors import Stopped
from orchestration.release.contents import TableContent, table_contents
from orchestration.release.home import WORDLESS
from orchestration.settings import PROJECT_ROOT
from tests.conftest import linked_copy
from tests.faults.conftest import House, house_environment
from tests.faults.crash import BOUNDARIES, COMMAND, Site, after_seconds, fingerprint


@pytest.fixture
def site(house: House, tmp_path: Path) -> Site:
    """The house of these tests, with publishers that change on demand."""
    return Site(tmp_path, house)


def contents(house: House) -> list[TableContent]:
    """What the tables of the release hold, each hashed anew."""
    with duckdb.connect(str(house.current), read_only=True) as con:
        return table_contents(con, mart_contracts().values())


@pytest.fixture(scope="module")
def at_once(good_house: House, tmp_path_factory: pytest.TempPathFactory) -> list[TableContent]:
    """What comes of the year that changes where nothing is killed and all years are made at once."""
    base = tmp_path_factory.mktemp("at_once")
    house = House(base / "home", base / "mirror")
    linked_copy(good_house.home, house.home)
    linked_copy(good_house.mirror, house.mirror)
    Site(base, house, year_by_year=True).change_input()
    with house_environment(house):
        result = house.refresh()
    assert result.exit_code == 0, result.output
    assert "Published release" in result.output
    made = contents(house)
    assert made != contents(good_house), "nothing changed"
    return made


def test_kills_at_boundaries_then_a_refresh_without_help(
    house: House, tmp_path: Path, at_once: list[TableContent]
) -> None:
    """Each kill is aimed at a later stage than the one before, so that the earlier are shown to block nothing. What the
    last left finished is taken, and what comes of it all is what is made at once."""
    site = Site(tmp_path, house, year_by_year=True)
    site.change_input()
    for stage in ("half a partition", "a year at work", "a year put by"):
        crashed = site.kill_when(BOUNDARIES[stage])
        assert (stage, crashed.end, crashed.violations) == (stage, "old release", [])
    before = fingerprint(site.house.current)
    [put_by] = (site.house.home / "slices").glob("*.duckdb")
    assert site.recover() == []
    assert not put_by.exists()
    assert fingerprint(site.house.current)[0] != before[0]
    assert contents(site.house) == at_once


def test_dbt_ends_with_a_refresh_that_is_killed_alone(site: Site) -> None:
    """An orphan would go on writing into the build file, and the next refresh builds into that."""
    site.change_input()
    crashed = site.kill_when(BOUNDARIES["dbt at work"], group=False)
    assert (crashed.end, crashed.violations) == ("old release", [])
    time.sleep(0.5)
    assert processes_of(site, "dbt") == []
    assert site.recover() == []
    alert = json.loads((site.house.home / "alerts.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    [told] = [finding for finding in alert["findings"] if finding["check"] == f"refresh.{WORDLESS}"]
    assert "was killed, or the machine stopped" in told["observed"]


def test_workers_end_with_a_refresh_that_is_killed_and_make_what_it_would_have_made(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: list[TableContent]
) -> None:
    """The refresh alone is killed. The next one has both years made side by side; all years at once are the same."""
    site = Site(tmp_path, house, year_by_year=True)
    site.change_input()
    with monkeypatch.context() as patch:
        patch.setenv("CLUSTERS_WORKERS", "2")
        crashed = site.kill_when(BOUNDARIES["a worker at work"], group=False)
        assert (crashed.end, crashed.violations) == ("old release", [])
        time.sleep(1)
        assert processes_of(site, "dbt") + processes_of(site, Path(sys.executable).name) == []
        before = fingerprint(site.house.current)
        assert site.recover() == []
    assert fingerprint(site.house.current)[0] != before[0]
    with DagsterInstance.from_config(str(site.house.home / "dagster")) as instance:
        [last, killed] = instance.get_runs(RunsFilter(job_name="slices"))
    assert (last.status, killed.status) == (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE)
    assert contents(site.house) == at_once


def test_results_of_the_last_night_are_not_taken_where_dbt_is_killed(site: Site) -> None:
    site.change_input()
    before = fingerprint(site.house.current)
    assert (site.house.home / "dbt" / "run_results.json").exists()
    watched = site.start()
    while not BOUNDARIES["dbt at work"](watched) and watched.process.poll() is None:
        time.sleep(0.002)
    [dbt] = processes_of(site, "dbt")
    os.kill(dbt, signal.SIGKILL)
    assert watched.process.wait(timeout=120) == 1
    assert fingerprint(site.house.current) == before
    assert "dbt broke off (exit code -9)" in site.house.status()["last_run"]["message"]


def test_a_refresh_told_to_end_ends_dbt_and_leaves_nothing(site: Site) -> None:
    """As Ctrl-C at a terminal and `systemctl stop` do it: every process of the group gets the signal.

    The second refresh comes as far as the first, which stood in its way by nothing; the third comes to its end.
    """
    site.change_input()
    for number in (signal.SIGINT, signal.SIGTERM):
        told_to_end(site, number)
    assert site.recover() == []


def told_to_end(site: Site, number: int) -> None:
    """A refresh that gets the signal while dbt builds says so, ends with all of its own, and changes nothing."""
    before, alerts = fingerprint(site.house.current), site.house.home / "alerts.jsonl"
    told = alerts.read_text(encoding="utf-8") if alerts.exists() else ""
    watched = site.start(stderr=subprocess.PIPE)
    while not BOUNDARIES["dbt at work"](watched) and watched.process.poll() is None:
        time.sleep(0.002)
    assert watched.process.poll() is None, "dbt was never at work"
    os.killpg(watched.process.pid, number)
    _, said = watched.process.communicate(timeout=60)
    assert watched.process.returncode == 128 + number
    lines = [line for line in said.decode().splitlines() if not line.startswith("[")]
    assert [line.split(";")[0] for line in lines] == [f"clusters: {str(Stopped(number)).split(';')[0]}"]
    assert processes_of(site, "dbt") == []
    assert fingerprint(site.house.current) == before
    record = json.loads((site.house.home / "last_run.json").read_text(encoding="utf-8"))
    assert (record["outcome"], record["exit_code"]) == ("stopped", 128 + number)
    assert (alerts.read_text(encoding="utf-8") if alerts.exists() else "") == told


def processes_of(site: Site, program: str) -> list[int]:
    """Ids of the processes of a program that work for this home."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            names = [Path(part).name for part in (entry / "cmdline").read_text().split("\0")[:2]]
            if program in names and f"CLUSTERS_HOME={site.house.home}\0" in (entry / "environ").read_text():
                found.append(int(entry.name))
    return found


def test_of_two_refreshes_at_once_one_publishes(site: Site) -> None:
    """Also where a process that was killed has left its name as the holder's."""
    site.change_input()
    (site.house.home / "refresh.holder.json").write_text(json.dumps({"pid": 1, "started_at": "2020-01-01"}))
    before = fingerprint(site.house.current)
    both = [site.start(), site.start()]
    assert sorted(one.process.wait(timeout=300) for one in both) == [0, 4]
    assert fingerprint(site.house.current)[0] != before[0]
    assert site.leftovers() == []


@pytest.fixture
def small_disk(site: Site, tmp_path: Path) -> Iterator[Path]:
    """The home moved to a file system of its own, of 200 MB, which needs the right to mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", place], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"a file system that can be filled needs root: {done.stderr.strip()}")
    try:
        shutil.copytree(site.house.home, place / "home", symlinks=True)
        site.house = House(place / "home", site.house.mirror)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def refreshed(site: Site) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND, env=site.environment, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("free", [0, 3_000_000])
def test_a_full_disk_is_named_and_harms_nothing(site: Site, small_disk: Path, free: int) -> None:
    """Without any space a refresh cannot begin; with 3 MB it fails while dbt builds."""
    site.change_input()
    before = fingerprint(site.house.current)
    ballast = small_disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(small_disk).free - free)
    done = refreshed(site)
    assert done.returncode == 1, done.stderr
    for said in (f"clusters: {site.house.home} cannot be written to: ", "MB free)", "Remedy: free some space there"):
        assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert fingerprint(site.house.current) == before
    ballast.unlink()
    if free:
        assert site.recover() == []
        assert fingerprint(site.house.current)[0] != before[0]


def test_a_read_only_folder_is_named(site: Site, small_disk: Path) -> None:
    before = fingerprint(site.house.current)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = refreshed(site)
    assert done.returncode == 1
    assert "cannot be written to: Read-only file system" in done.stderr
    assert "Remedy: let the user who refreshes write there" in done.stderr
    assert fingerprint(site.house.current) == before


def test_the_watch_tells_an_end_from_a_kill(site: Site) -> None:
    """The watch itself: nothing to publish, and a refresh that is let run to its end."""
    crashed = site.kill_when(after_seconds(300.0))
    assert (crashed.end, crashed.violations) == ("had ended", [])
