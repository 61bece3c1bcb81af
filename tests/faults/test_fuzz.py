"""Damaged files end as the source's error or as a table. The long form is `bench/fuzz.py`."""

from __future__ import annotations

import pytest

from bench.fuzz import ENDS, account
from tests.faults.conftest import House

pytestmark = pytest.mark.slow


def test_damaged_files_end_as_a_table_or_as_the_source_s_error(good_house: House) -> None:
    violations, ends = account(15, 1, good_house.mirror)
    assert violations == []
    assert sum(ends.values()) > 20
    assert set(ends) <= set(ENDS)
