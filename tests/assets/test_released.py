"""What a refresh takes for new and for replaced, against the current release's manifest."""

from __future__ import annotations

import pytest

from orchestration.assets.resources import Refresh
from orchestration.partitions import Partition


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
