"""Finished slices that wait for a release: whole or not there."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from orchestration.quality.verdict import CheckResult
from orchestration.slices.shelf import Shelf, name_of

WARNED = CheckResult("rows_fit", "employment", "dbt", "warning", False, "1 row that does not fit", "none")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "slices")


@pytest.fixture
def slice_file(tmp_path: Path) -> Path:
    path = tmp_path / "slice.duckdb"
    path.write_bytes(b"a slice of 2016")
    return path


def test_what_is_put_is_found_with_what_its_tests_found(shelf: Shelf, slice_file: Path) -> None:
    assert shelf.findings("a") is None
    shelf.put("a", slice_file, [WARNED])
    assert shelf.findings("a") == [WARNED]
    assert (shelf.path("a").read_bytes(), slice_file.exists()) == (b"a slice of 2016", False)


def test_a_damaged_slice_is_told_and_not_used(shelf: Shelf, slice_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    shelf.put("a", slice_file, [])
    shelf.path("a").write_bytes(b"a slice of 2017")
    with caplog.at_level(logging.WARNING):
        assert shelf.findings("a") is None
        assert shelf.findings("a") is None
    assert caplog.text.count("a.duckdb is damaged on disk; it is made again") == 1
    assert not list(shelf.folder.iterdir())


@pytest.mark.parametrize("note", ["", "{}", '{"sha256": "0a", "findings": [{"check": "x"}]}', "[1]"])
def test_a_damaged_note_counts_as_a_damaged_slice(shelf: Shelf, slice_file: Path, note: str) -> None:
    shelf.put("a", slice_file, [])
    (shelf.folder / "a.json").write_text(note, encoding="utf-8")
    assert shelf.findings("a") is None


def test_a_slice_without_its_note_is_not_there(shelf: Shelf, slice_file: Path) -> None:
    """As a kill between the two leaves it."""
    shelf.put("a", slice_file, [])
    (shelf.folder / "a.json").unlink()
    assert shelf.findings("a") is None


def test_only_what_is_wanted_stays(shelf: Shelf, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "made").write_bytes(name.encode())
        shelf.put(name, tmp_path / "made", [])
    (shelf.folder / "a.half").write_text("{", encoding="utf-8")
    shelf.keep_only({"a"})
    assert sorted(path.name for path in shelf.folder.iterdir()) == ["a.duckdb", "a.json"]
    shelf.clear()
    assert not shelf.folder.exists()
    shelf.keep_only({"a"})


def test_a_name_is_of_years_tables_and_keys() -> None:
    one = {2015: {"employment": "a", "linkage": "b"}}
    assert name_of(one) == name_of({2015: {"linkage": "b", "employment": "a"}})
    others = [{2016: one[2015]}, {2015: {"employment": "a"}}, {2015: one[2015] | {"linkage": "c"}}]
    assert len({name_of(keys) for keys in (one, *others)}) == 4
