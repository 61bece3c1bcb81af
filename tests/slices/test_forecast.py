"""What would be made of what is landed, before anything is built: certain, perhaps, and why."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import duckdb
import pytest
from rich.console import Console

from orchestration.cli.why import Outlook, print_why
from orchestration.partitions import Partition
from orchestration.release.manifest import YearRecord
from orchestration.slices.forecast import COUNTERPART, FEWER, NEW_YEAR, Expected, expected, origins
from orchestration.slices.ledger import Project, ledger_of, shared_name
from tests.slices.test_ledger import OPTIONS, PARTITIONS, edited, ledger, partition, project, shared

__all__ = ["shared"]
YEARS = (2015, 2016)


@pytest.fixture
def before(shared: duckdb.DuckDBPyConnection) -> dict[int, YearRecord]:
    found = {year: ledger(year, project(), PARTITIONS, shared, OPTIONS) for year in YEARS}
    of_all = origins(project(), PARTITIONS, OPTIONS)
    return {year: YearRecord(year, one.keys, (), one.ingredients, of_all) for year, one in found.items()}


def forecast(
    before: dict[int, YearRecord],
    of: Project | None = None,
    partitions: Sequence[Partition] = PARTITIONS,
    years: Sequence[int] = YEARS,
) -> list[Expected]:
    return expected(of or project(), partitions, OPTIONS, years, before)


def test_nothing_new_makes_nothing(before: dict[int, YearRecord]) -> None:
    assert forecast(before) == []


def test_a_changed_file_makes_what_reads_it(before: dict[int, YearRecord]) -> None:
    occupations = [*PARTITIONS[:2], replace(PARTITIONS[2], path="o26")]
    reasons = ["data oews_industry"]
    assert forecast(before, partitions=occupations) == [Expected(y, "linkage", reasons, certain=True) for y in YEARS]


def test_a_new_year_is_made_whole(before: dict[int, YearRecord]) -> None:
    found = forecast(before, partitions=[*PARTITIONS, partition("bls_qcew", "qcew", "2017", "q17")], years=[2016, 2017])
    assert found == [Expected(2017, table, [NEW_YEAR], certain=True) for table in ("employment", "linkage")]


def test_what_all_years_share_may_turn_out_the_same(before: dict[int, YearRecord]) -> None:
    """A changed list of members is known to differ only once it is made; what certainly differs is told first."""
    members = edited("members", raw_code="SELECT 1")
    perhaps = [Expected(y, t, ["table members"], certain=False) for y in YEARS for t in ("employment", "linkage")]
    assert forecast(before, members) == perhaps
    linkage = edited("linkage", raw_code="SELECT 1").nodes["linkage"]
    both = replace(members, nodes=dict(members.nodes) | {"linkage": linkage})
    found = [one for one in forecast(before, both) if one.year == 2015]
    assert found == [perhaps[0], Expected(2015, "linkage", ["code of linkage"], certain=True)]


def test_what_reads_less_than_before_is_made(before: dict[int, YearRecord]) -> None:
    less = edited("linkage", depends_on={"nodes": ["int_flows"], "macros": []})
    assert forecast(before, less) == [Expected(year, "linkage", [FEWER], certain=True) for year in YEARS]


def test_a_test_over_two_tables_makes_both(before: dict[int, YearRecord]) -> None:
    asked = {"resource_type": "test", "depends_on": {"nodes": ["linkage", "employment"], "macros": []}, "config": {}}
    asked |= {"raw_code": "SELECT 1", "language": "sql", "fqn": ["project", "adds_up"]}
    tested = replace(project(), nodes=dict(project().nodes) | {"adds_up": asked})
    occupations = [*PARTITIONS[:2], replace(PARTITIONS[2], path="o26")]
    one = ledger_of(2015, tested, PARTITIONS, lambda node, _: before[2015].ingredients[shared_name(node)], OPTIONS)
    remembered = {2015: replace(before[2015], keys=one.keys, ingredients=one.ingredients)}
    assert forecast(remembered, tested, years=[2015]) == []
    told = forecast(remembered, tested, occupations, [2015])
    assert [(one.table, one.reasons) for one in told] == [
        ("employment", [COUNTERPART]),
        ("linkage", ["data oews_industry"]),
    ]


@pytest.mark.parametrize(
    ("changed", "in_one_go", "others"),
    [
        (True, True, "the others are made with them, since all years together are small"),
        (True, False, "the others would be taken over"),
        (False, True, "the others would be taken over"),
    ],
)
def test_what_is_told_of_a_small_warehouse_and_of_a_large_one(changed: bool, in_one_go: bool, others: str) -> None:
    found = [Expected(2016, "linkage", ["data oews_industry"], certain=True)] if changed else []
    console = Console(file=io.StringIO(), width=500)
    print_why(Outlook(found, 40, in_one_go), console)
    told = console.file.getvalue()  # type: ignore[attr-defined]
    assert f"would make {len(found)} of 40 tables and years, and 0 only if they turn out to differ; {others}." in told
    assert ("data oews_industry" in told) == changed
