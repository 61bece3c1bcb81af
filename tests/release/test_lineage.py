"""What counts as a release, and in which order they came: by what is written down, not by names, clocks or folders."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import SetupError
from orchestration.release.manifest import manifest_path
from orchestration.release.publish import Warehouse
from orchestration.release.rollback import roll_back
from orchestration.settings import Settings, settings
from orchestration.telling.staleness import staleness
from tests.release.builds import MOMENT, RELEASE_ID, published
from tests.release.test_integrity import write_into


@pytest.fixture
def command(home: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("CLUSTERS_HOME", str(home.home))
    settings.cache_clear()
    return CliRunner()


def next_release(house: Warehouse, days: int = 1) -> str:
    """A release on a night that many days after the first one's."""
    release_id = house.new_release_id(MOMENT + timedelta(days=days))
    published(house, release_id)
    return release_id


def test_a_release_is_later_than_all_before_it_whatever_the_clock_says(warehouse: Warehouse) -> None:
    published(warehouse)
    of_the_future = next_release(warehouse, days=365)
    later = [next_release(warehouse, days=night) for night in (1, 2, 3)]
    order = [RELEASE_ID, of_the_future, *later]
    assert order == sorted(order)
    assert [release.id for release in warehouse.releases()] == order[::-1]
    assert warehouse.retain(keep=2) == [later[0], of_the_future, RELEASE_ID]
    current = warehouse.current()
    assert current is not None
    assert current.id == later[-1]


def test_an_id_is_not_given_again_after_its_release_is_gone(warehouse: Warehouse) -> None:
    published(warehouse)
    second = next_release(warehouse)
    warehouse.retain(keep=1)
    assert warehouse.new_release_id(MOMENT) > second


def test_a_night_with_a_wrong_clock_costs_one_old_release_not_all(warehouse: Warehouse) -> None:
    published(warehouse)
    ids = [RELEASE_ID, *(next_release(warehouse, days=night) for night in range(1, 4))]
    with time_machine.travel(MOMENT + timedelta(days=3650)):
        next_release(warehouse, days=3650)
    assert sorted(release.id for release in warehouse.releases())[:-1] == ids[1:]
    with time_machine.travel(MOMENT + timedelta(days=5)):
        next_release(warehouse, days=5)
    assert sorted(release.id for release in warehouse.releases())[:-2] == ids[1:], "known to be wrong, it costs none"


def test_a_date_of_the_future_is_told_and_is_no_proof_that_all_is_fresh(warehouse: Warehouse, home: Settings) -> None:
    published(warehouse)
    seen = staleness(home, MOMENT + timedelta(hours=1))
    assert seen is not None
    assert not [reason for reason in seen.reasons if "dated" in reason]
    seen = staleness(home, MOMENT - timedelta(days=3))
    assert seen is not None
    assert f"release {RELEASE_ID} is dated 3 days after the clock of this machine" in seen.reasons[0]
    of_the_future = next_release(warehouse, days=365)
    assert of_the_future in str(warehouse.ahead(MOMENT))
    assert warehouse.ahead(MOMENT + timedelta(days=365)) is None


def test_only_what_a_manifest_names_is_a_release(warehouse: Warehouse, home: Settings, command: CliRunner) -> None:
    path = published(warehouse)
    home.releases.chmod(0o755)
    foreign = shutil.copy(path, home.releases / "20991231T000000Z.duckdb")
    (home.releases / "notes.txt").write_text("mine", encoding="utf-8")
    (home.releases / "20990101T000000Z.duckdb").symlink_to(path)
    assert [release.id for release in warehouse.releases()] == [RELEASE_ID]
    assert [stranger.name for stranger in warehouse.strangers()] == [
        "20990101T000000Z.duckdb", "20991231T000000Z.duckdb", "notes.txt",
    ]  # fmt: skip
    with pytest.raises(SetupError, match="there is no release 20991231T000000Z"):
        roll_back(warehouse, "20991231T000000Z")
    assert warehouse.new_release_id(MOMENT + timedelta(days=1)) == "20261123T023000Z"
    assert next_release(warehouse) == "20261123T023000Z"
    assert Path(foreign).exists(), "it is left alone"
    shown = command.invoke(app, ["releases"])
    assert shown.exit_code == 0, shown.output
    assert " ".join(shown.output.split()).count("is no release: no manifest names it") == 3


def test_a_link_to_what_no_manifest_names_is_told(warehouse: Warehouse, home: Settings) -> None:
    """As it stands where somebody restored the releases and not their manifests."""
    published(warehouse)
    manifest_path(home.warehouse, RELEASE_ID).unlink()
    assert warehouse.current() is None
    with pytest.raises(SetupError, match=r"no manifest in .*manifests names. Remedy: restore the whole folder"):
        warehouse.refuse_sample_over_real("live")


def test_nothing_can_be_put_beside_a_release(warehouse: Warehouse, home: Settings) -> None:
    published(warehouse)
    assert home.releases.stat().st_mode & 0o777 == 0o555
    next_release(warehouse)
    warehouse.retain(keep=1)
    assert home.releases.stat().st_mode & 0o777 == 0o555
    if os.geteuid():
        with pytest.raises(PermissionError):
            (home.releases / f"{RELEASE_ID}.duckdb.wal").write_bytes(b"x")


def test_one_to_go_back_to_is_one_that_is_whole(warehouse: Warehouse, home: Settings) -> None:
    published(warehouse)
    second, third = next_release(warehouse, days=1), next_release(warehouse, days=2)
    write_into(home.releases / f"{second}.duckdb")
    assert Warehouse(home.model_copy(update={"keep_bytes": 1})).retain() == [second]
    assert sorted(release.id for release in warehouse.releases()) == [RELEASE_ID, third]


@pytest.mark.parametrize(
    "arguments",
    [
        ["query", "SELECT 1"],
        ["export", "--release", RELEASE_ID],
        ["diff", RELEASE_ID, "current"],
        ["rollback", RELEASE_ID],
    ],
    ids=lambda arguments: arguments[0],
)
def test_nothing_is_read_from_a_release_that_was_altered(
    warehouse: Warehouse, home: Settings, command: CliRunner, arguments: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    published(warehouse)
    next_release(warehouse)
    for release in warehouse.releases():
        write_into(release.path)
    found = command.invoke(app, arguments)
    assert found.exit_code == 1
    assert "no longer what was published" in " ".join(found.output.split())
    shown = command.invoke(app, ["releases"])
    assert "ALTERED" in shown.output
