"""Where a slice is made, and how many are made at once."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from orchestration.settings import Settings
from orchestration.slices.making import emptied, makers, place_of_ones_own

ASKED = 4


@pytest.mark.parametrize(
    ("limit", "memory", "number"),
    [("1GB", 100e9, ASKED), ("1GB", 8.9e9, ASKED), ("1GB", 8.7e9, 3), ("1GB", 1e9, 1), ("1600MB", 8e9, 2)],
)
def test_memory_says_how_many_slices_are_made_at_once(
    limit: str, memory: float, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="clusters.build"):
        assert makers(Settings(workers=ASKED, build_memory_limit=limit), memory) == number
    said = f"memory has room for {number} of CLUSTERS_WORKERS={ASKED}"
    assert (said in caplog.text) is (number < ASKED)


def test_how_much_this_machine_has_is_known() -> None:
    assert makers(Settings(workers=2, build_memory_limit="1000TB")) == 1
    assert makers(Settings(workers=2, build_memory_limit="1MB")) == 2


def test_one_is_one_and_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="clusters.build"):
        assert makers(Settings(workers=1, build_memory_limit="1GB"), memory=1.0) == 1
    assert not caplog.text


def test_nobody_shares_a_place_and_what_is_left_there_is_found_again(tmp_path: Path) -> None:
    with place_of_ones_own(tmp_path / "places") as one, place_of_ones_own(tmp_path / "places") as other:
        assert one != other
        (one / "parsed").touch()
    with place_of_ones_own(tmp_path / "places") as again:
        assert (again, (again / "parsed").exists()) == (one, True)


def test_a_place_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), place_of_ones_own(tmp_path) as one:
        raise ZeroDivisionError
    with place_of_ones_own(tmp_path) as again:
        assert again == one


def test_an_emptied_folder_is_there_and_empty(tmp_path: Path) -> None:
    for _ in range(2):
        folder = emptied(tmp_path / "slice")
        assert list(folder.iterdir()) == []
        (folder / "left").touch()
