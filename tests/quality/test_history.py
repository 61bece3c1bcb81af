"""Each rule learned from history, with a case that passes and one that fails, run by the gate itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.quality.gate import run_gate
from orchestration.quality.history import TableProfile, history_expectations, profile
from orchestration.quality.verdict import CheckResult, stopping

NATION = {"county": 3200, "nation": 1, "state": 51}
STATES = {"nation": 1, "state": 51}
BEFORE = [
    TableProfile("employment", 2015, 3_000_000, 1.40e8, 0.60, NATION),
    TableProfile("employment", 2016, 3_020_000, 1.42e8, 0.60, NATION),
    TableProfile("employment", 2019, 139_000, 1.47e8, 0.20, STATES),
    TableProfile("employment", 2020, 138_000, 1.40e8, 0.20, STATES),
]


@pytest.fixture
def judged(tmp_path: Path):
    """Failed findings of comparing two lists of profiles, by check name, and the names of all checks."""

    def judge(now: list[TableProfile], before: list[TableProfile]) -> tuple[dict[str, CheckResult], set[str]]:
        checks = history_expectations(now, before)
        with duckdb.connect(config={"threads": 1}) as con:
            con.execute("CREATE TABLE employment (year INTEGER)")
            results = run_gate(con, {}, tmp_path, checks=checks)
        return {r.check_name: r for r in results if not r.passed}, {r.check_name for r in results}

    return judge


def changed(year: int, **values: object) -> list[TableProfile]:
    return [replace(p, **values) if p.year == year else p for p in BEFORE]  # type: ignore[arg-type]


def test_same_release_passes_every_rule(judged) -> None:
    failures, all_checks = judged(BEFORE, BEFORE)
    assert failures == {}
    assert all_checks == {
        "neighbouring_years",
        "history_years_kept",
        "history_rows",
        "history_regions_kept",
        "history_employment",
        "history_suppression",
    }


def test_first_release_compares_neighbouring_years_only(judged) -> None:
    assert judged(BEFORE, []) == ({}, {"neighbouring_years"})


@pytest.mark.parametrize(
    ("now", "failing", "observed"),
    [
        (changed(2016, rows=2_730_000), None, ""),
        (changed(2016, rows=2_700_000), "history_rows", "year = 2016, rows = 2700000, rows_before = 3020000"),
        (changed(2016, rows=3_770_000), None, ""),
        (changed(2016, rows=3_780_000), "history_rows", "year = 2016"),
        (BEFORE[:3], "history_years_kept", "year = 2020"),
        ([*BEFORE, replace(BEFORE[3], year=2021)], None, ""),
        (
            changed(2016, regions=NATION | {"county": 3199}),
            "history_regions_kept",
            "year = 2016, region_type = county, regions = 3199, regions_before = 3200",
        ),
        (changed(2016, regions=NATION | {"county": 3201}), None, ""),
        (
            changed(2016, regions={"nation": 1, "state": 51, "cbsa": 9}),
            "history_regions_kept",
            "regions = 0, regions_before = 3200",
        ),
        (changed(2016, employment=1.42e8 * 1.019), None, ""),
        (changed(2016, employment=1.42e8 * 1.021), "history_employment", "year = 2016"),
        (changed(2016, employment=1.42e8 * 0.979), "history_employment", "year = 2016"),
        (changed(2016, employment=None), "history_employment", "employment = NULL"),
        (changed(2020, rows=3_000_000, employment=9e8, regions=NATION), None, ""),
    ],
)
def test_against_the_previous_release(judged, now, failing, observed) -> None:
    failures, _ = judged(now, BEFORE)
    assert set(failures) == ({failing} if failing else set())
    if failing:
        assert observed in failures[failing].observed
        assert stopping(failures.values())


def test_suppression_jump_is_a_warning(judged) -> None:
    assert judged(changed(2016, suppressed_share=0.69), BEFORE)[0] == {}
    failures, _ = judged(changed(2016, suppressed_share=0.71), BEFORE)
    assert set(failures) == {"history_suppression"}
    assert stopping(failures.values()) == []


@pytest.mark.parametrize(
    ("rows", "fails"),
    [(2_260_000, False), (2_240_000, True), (3_980_000, False), (4_000_000, True)],
)
def test_a_third_of_the_rows_gone_against_the_year_before(judged, rows: int, fails: bool) -> None:
    failures, _ = judged(changed(2016, rows=rows), [])
    assert ("neighbouring_years" in failures) is fails
    if fails:
        assert f"year = 2016, rows = {rows}, earlier_year = 2015" in failures["neighbouring_years"].observed


QUIET = [TableProfile("employment", 2010 + i, 1000 + 10 * (i % 2), 5000.0 + 100 * i, 0.6, STATES) for i in range(6)]


@pytest.mark.parametrize(
    ("values", "failing"),
    [
        ({"rows": 1045, "employment": 5700.0}, set()),
        ({"rows": 940, "employment": 5600.0}, {"neighbouring_rows"}),
        ({"rows": 1010, "employment": 6200.0}, {"neighbouring_employment"}),
        ({"rows": 1010, "employment": 5600.0, "suppressed_share": 0.54}, {"neighbouring_suppressed_share"}),
    ],
)
def test_limits_of_a_new_year_are_learned_from_the_years_before(judged, values: dict, failing: set[str]) -> None:
    """A quiet history narrows limits that would let a tenth of the rows go."""
    failures, _ = judged([*QUIET, replace(QUIET[-1], year=2016, **values)], QUIET)
    assert set(failures) == failing


def test_few_or_restless_years_leave_wide_limits(judged) -> None:
    restless = [replace(p, rows=1000 + 300 * (p.year % 2)) for p in QUIET]
    new = replace(QUIET[-1], year=2016, rows=1000, employment=5600.0)
    assert judged([*restless, new], restless)[0] == {}
    few = QUIET[-4:]
    assert "neighbouring_rows" not in judged([*few, replace(new, rows=940)], few)[1]


def test_table_emptied_or_vanished(judged) -> None:
    failures, _ = judged([], BEFORE)
    assert set(failures) == {"history_years_kept"}
    failures, _ = judged([], [replace(p, table_name="gone") for p in BEFORE])
    assert set(failures) == {"table_exists"}


def test_table_without_years_or_regions(judged) -> None:
    whole = [TableProfile("employment", None, 1000)]
    assert judged(whole, whole) == ({}, {"history_years_kept", "history_rows"})
    failures, _ = judged([TableProfile("employment", None, 899)], whole)
    assert set(failures) == {"history_rows"}
    assert "year = NULL, rows = 899, rows_before = 1000" in failures["history_rows"].observed


def test_profile_counts_by_year_and_region_type() -> None:
    with duckdb.connect() as con:
        con.execute(
            """
            CREATE TABLE employment AS SELECT * FROM (VALUES
                ('county:06001', 2015, 10), ('county:06003', 2015, NULL), ('state:06', 2015, 30),
                ('county:06001', 2015, 5), ('state:06', 2016, NULL)
            ) AS t(region_id, year, employment)
            """
        )
        assert profile(con, "employment") == [
            TableProfile("employment", 2015, 4, 45.0, 0.25, {"county": 2, "state": 1}),
            TableProfile("employment", 2016, 1, None, 1.0, {"state": 1}),
        ]
        con.execute("CREATE TABLE plain AS SELECT 1 AS x UNION ALL SELECT 2")
        assert profile(con, "plain") == [TableProfile("plain", None, 2)]
        con.execute("CREATE TABLE empty (year INTEGER)")
        assert profile(con, "empty") == []
        assert profile(con, "absent") == []


def test_profile_takes_a_publishers_own_columns() -> None:
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE qcew AS SELECT * FROM "
            "(VALUES ('06001', 70, 2016, 0, 'N'), ('06000', 50, 2016, 7, ''))"
            " AS t(area_fips, agglvl_code, year, annual_avg_emplvl, disclosure_code)"
        )
        assert profile(
            con,
            "qcew",
            region="area_fips",
            region_type="CASE WHEN agglvl_code >= 70 THEN 'county' ELSE 'state' END",
            employment="annual_avg_emplvl",
            suppressed="disclosure_code = 'N'",
        ) == [TableProfile("qcew", 2016, 2, 7.0, 0.5, {"county": 1, "state": 1})]
