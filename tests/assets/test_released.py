"""What a refresh takes for new and for replaced, against the current release's manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.assets.release import tell_of_hold
from orchestration.assets.resources import Refresh, recorded_checks
from orchestration.partitions import Partition
from orchestration.release.publish import Warehouse
from orchestration.release.rollback import Hold, write_hold
from orchestration.settings import Settings, settings
from orchestration.telling.findings import concerns


def partition(source: str, period: str, vintage: str | None = None, path: str = "a.parquet") -> Partition:
    return Partition(source, source, period, vintage, "csv", path, 1, "new", ())


RELEASED = [
    partition("bls_qcew", "2016"),
    partition("census_population", "2020s", "2024"),
    partition("bls_qcew_areas", "series", "2026-01-05"),
]


@pytest.mark.parametrize(
    ("now", "added", "replaced"),
    [
        (RELEASED, [], []),
        ([*RELEASED, partition("bls_qcew", "2015")], ["bls_qcew:2015"], []),
        ([partition("bls_qcew", "2016", path="b.parquet"), *RELEASED[1:]], [], ["bls_qcew:2016"]),
        (
            [RELEASED[0], partition("census_population", "2020s", "2025", "b.parquet"), RELEASED[2]],
            ["census_population:2020s@2025"],
            ["census_population:2020s@2024"],
        ),
        # a source that keeps its vintages has one more, and none in place of another
        (
            [*RELEASED, partition("bls_qcew_areas", "series", "2026-11-05", "b.parquet")],
            ["bls_qcew_areas:series@2026-11-05"],
            [],
        ),
    ],
)
def test_new_and_replaced(
    monkeypatch: pytest.MonkeyPatch, now: list[Partition], added: list[str], replaced: list[str]
) -> None:
    monkeypatch.setattr(Refresh, "released", lambda self: RELEASED)
    monkeypatch.setattr(Refresh, "partitions", property(lambda self: now))
    refresh = Refresh()
    assert [p.name for p in refresh.added()] == added
    assert [p.name for p in refresh.replaced()] == replaced


def test_without_a_release_nothing_is_called_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Refresh, "released", lambda self: [])
    monkeypatch.setattr(Refresh, "partitions", property(lambda self: RELEASED))
    assert Refresh().added() == []


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


def test_the_end_of_a_hold_is_told(home: Settings) -> None:
    house = Warehouse(home)
    tell_of_hold(Refresh(), house)
    assert recorded_checks(home) == []
    home.warehouse.mkdir(parents=True)
    write_hold(house.folder, Hold("b", "a", "2026-11-22T09:00:00+00:00", ["qcew/2016/b.parquet"], ["9a"], ["bb"]))
    tell_of_hold(Refresh(), house)
    (told,) = concerns(home, None)
    assert "release b was rolled back to a" in told.observed
    assert "because of qcew/2016" in told.observed
    assert "clusters rollback" in told.remedy
