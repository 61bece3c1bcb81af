"""What a build from scratch says of a release: named tables and years, and nothing that cannot be compared."""

from __future__ import annotations

from orchestration.release.contents import TableContent
from orchestration.slices.equality import compared

KEYS = {2015: {"employment": "a", "linkage": "b"}, 2016: {"employment": "c", "linkage": "d"}}
RELEASED = [
    TableContent("dim_region", 0, 3, "00"),
    *(TableContent(table, year, 2, f"{table}{year}") for year in KEYS for table in ("employment", "linkage")),
]


def changed(*places: tuple[str, int]) -> list[TableContent]:
    return [
        TableContent(c.table_name, c.year, c.rows, "ff") if (c.table_name, c.year) in places else c for c in RELEASED
    ]


def test_equal_is_said_with_a_count() -> None:
    found = compared(RELEASED, RELEASED, KEYS, KEYS, all_inputs_equal=True)
    assert found is not None
    assert (found.passed, found.observed) == (True, "the same rows in 5 tables and years")


def test_a_difference_is_named_by_table_and_year_and_stops() -> None:
    made = changed(("linkage", 2015), ("linkage", 2016), ("dim_region", 0))
    found = compared(RELEASED, made, KEYS, KEYS, all_inputs_equal=True)
    assert found is not None
    assert (found.passed, found.severity) == (False, "error")
    assert found.observed == "other rows in dim_region, linkage (2015, 2016)"


def test_a_table_that_came_or_went_under_an_equal_key_differs() -> None:
    found = compared(RELEASED, RELEASED[:-1], KEYS, KEYS, all_inputs_equal=True)
    assert found is not None
    assert found.observed == "other rows in linkage (2016)"


def test_what_has_another_key_may_differ() -> None:
    now = KEYS | {2016: {"employment": "c", "linkage": "e"}}
    made = changed(("linkage", 2016), ("dim_region", 0))
    found = compared(RELEASED, made, KEYS, now, all_inputs_equal=False)
    assert found is not None
    assert (found.passed, found.observed) == (True, "the same rows in 3 tables and years")


def test_nothing_to_compare_is_no_pass() -> None:
    others = {year: dict.fromkeys(of_year, "new") for year, of_year in KEYS.items()}
    assert compared(RELEASED, changed(("employment", 2015)), KEYS, others, all_inputs_equal=False) is None
