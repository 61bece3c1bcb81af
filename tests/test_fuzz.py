"""Damaged files end as the source's error or as a table. The long form is `bench/fuzz.py`."""

from __future__ import annotations

from bench.fuzz import account
from tests.conftest import Demo


def test_damaged_files_end_as_a_table_or_as_the_source_s_error(demo: Demo) -> None:
    violations, ends = account(10, 1, demo.home / "sample")
    assert violations == []
    assert sum(ends.values()) > 5
