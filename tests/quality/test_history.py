"""Each rule learned from history, with a case that passes and one that fails, run by the gate itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.contracts import contracts
from orchestration.quality.gate import run_gate
from orchestration.quality.history import history_expectations
from orchestration.quality.profiles import TableProfile, profile, profile_of
from orchestration.quality.verdict import CheckResult, stopping

COUNTIES = {"regions": 3200, "region_type": "county"}
STATES = {"regions": 51, "region_type": "state"}
BEFORE = [
    TableProfile("employment", 2015, 2_900_000, 1.30e8, 0.60, **COUNTIES),
    TableProfile("employment", 2015, 100_000, 1.40e8, 0.20, **STATES),
    TableProfile("employment", 2016, 2_920_000, 1.32e8, 0.60, **COUNTIES),
    TableProfile("employment", 2016, 101_000, 1.42e8, 0.20, **STATES),
    TableProfile("employment", 2019, 139_000, 1.47e8, 0.20, **STATES),
    TableProfile("employment", 2020, 138_000, 1.40e8, 0.20, **STATES),
]


@pytest.fixture
def judged(tmp_path: Path):
    """Failed findings of comparing two lists of profiles, by check name, and the names of all checks."""

    def judge(
        now: list[TableProfile], before: list[TableProfile], **known: Any
    ) -> tuple[dict[str, CheckResult], set[str]]:
        checks = history_expectations(now, before, **known)
        with duckdb.connect(config={"threads": 1}) as con:
            con.execute("CREATE TABLE employment (year INTEGER)")
            con.execute("CREATE TABLE cluster_dynamics (to_year INTEGER)")
            results = run_gate(con, {}, tmp_path, checks=checks)
        return {r.check_name: r for r in results if not r.passed}, {r.check_name for r in results}

    return judge


def changed(year: int, region_type: str = "county", **values: object) -> list[TableProfile]:
    return [replace(p, **values) if (p.year, p.region_type) == (year, region_type) else p for p in BEFORE]  # type: ignore[arg-type]


def test_same_release_passes_every_rule(judged) -> None:
    failures, all_checks = judged(BEFORE, BEFORE)
    assert failures == {}
    assert all_checks == {
        "neighbouring_years",
        "history_years_kept",
        "history_types_kept",
        "history_rows",
        "history_regions_kept",
        "history_employment",
        "history_disclosure",
        "history_suppression",
    }


def test_first_release_compares_neighbouring_years_only(judged) -> None:
    assert judged(BEFORE, []) == ({}, {"neighbouring_years"})


@pytest.mark.parametrize(
    ("now", "failing", "observed"),
    [
        (changed(2016, rows=2_630_000), None, ""),
        (changed(2016, rows=2_620_000), "history_rows", "region_type = county, rows = 2620000, rows_before = 2920000"),
        (changed(2016, rows=3_640_000), None, ""),
        (changed(2016, rows=3_660_000), "history_rows", "year = 2016"),
        # as many more rows as there are more regions
        (changed(2016, rows=3_660_000, regions=3300), None, ""),
        (BEFORE[:5], "history_years_kept", "year = 2020"),
        ([*BEFORE, replace(BEFORE[5], year=2021)], None, ""),
        ([replace(BEFORE[0], year=2014), *BEFORE], None, ""),
        (
            changed(2016, regions=3199),
            "history_regions_kept",
            "year = 2016, period = NULL, region_type = county, regions = 3199, regions_before = 3200",
        ),
        (changed(2016, regions=3201), None, ""),
        (
            [p for p in BEFORE if (p.year, p.region_type) != (2016, "county")],
            "history_types_kept",
            "year = 2016, period = NULL, region_type = county, rows_before = 2920000",
        ),
        (changed(2016, employment=1.32e8 * 1.019), None, ""),
        (changed(2016, employment=1.32e8 * 1.021), "history_employment", "year = 2016"),
        (changed(2016, employment=1.32e8 * 0.979), "history_employment", "year = 2016"),
        (changed(2016, employment=None), "history_employment", "employment = NULL"),
        # what new regions bring is not held against the old total
        (changed(2016, employment=1.32e8 * 1.05, regions=3300), None, ""),
        ([*BEFORE, TableProfile("employment", 2020, 2_900_000, 1.3e8, 0.6, **COUNTIES)], None, ""),
        # figures that were withheld are no loss
        (
            changed(2016, employment=1.32e8 * 1.05, suppressed_share=0.55),
            "history_disclosure",
            "suppressed_share = 0.55, share_before = 0.6",
        ),
        (changed(2016, employment=1.32e8 * 0.95, suppressed_share=0.55), "history_employment", "year = 2016"),
        (changed(2016, employment=1.32e8 * 1.05, suppressed_share=0.595), "history_employment", "year = 2016"),
    ],
)
def test_against_the_previous_release(judged, now, failing, observed) -> None:
    failures, _ = judged(now, BEFORE)
    assert set(failures) == ({failing} if failing else set())
    if failing:
        assert observed in failures[failing].observed
        assert stopping(failures.values())


SPANS = [
    TableProfile("cluster_dynamics", end, 100, regions=5, region_type="state", period=f"{begin}-{end}")
    for begin, end in ((2019, 2020), (2020, 2021), (2019, 2021))
]


@pytest.mark.parametrize(
    ("now", "failing", "observed"),
    [
        # The span up to the newest year goes when another year comes, any other when fewer of them are kept.
        ([*SPANS[:2], replace(SPANS[1], year=2022, period="2021-2022")], None, ""),
        (SPANS[:2], None, ""),
        (SPANS[:1], "history_years_kept", "year = 2021, period = 2019-2021"),
        ([SPANS[0], replace(SPANS[1], region_type="cbsa")], "history_types_kept", "region_type = state"),
        ([SPANS[0], replace(SPANS[1], rows=80)], "history_rows", "period = 2020-2021"),
    ],
)
def test_a_span_may_go_while_its_years_stay(judged, now, failing, observed) -> None:
    failures, _ = judged(now, SPANS, of_spans=("cluster_dynamics",))
    assert set(failures) == ({failing} if failing else set())
    if failing:
        assert observed in failures[failing].observed
    # Of any other table what is gone is lost.
    assert "history_years_kept" in judged(SPANS[:2], SPANS)[0]


def test_suppression_jump_is_a_warning(judged) -> None:
    assert judged(changed(2016, suppressed_share=0.69), BEFORE)[0] == {}
    failures, _ = judged(changed(2016, suppressed_share=0.71), BEFORE)
    assert set(failures) == {"history_suppression"}
    assert stopping(failures.values()) == []


@pytest.mark.parametrize(
    ("rows", "fails"),
    # the counties' rows: with the states', 3,000,000 the year before
    [(2_150_000, False), (2_148_000, True), (3_888_000, False), (3_890_000, True)],
)
def test_a_third_of_the_rows_gone_against_the_year_before(judged, rows: int, fails: bool) -> None:
    failures, _ = judged(changed(2016, rows=rows), [])
    assert ("neighbouring_years" in failures) is fails
    if fails:
        assert f"year = 2016, rows = {rows + 101_000}, earlier_year = 2015" in failures["neighbouring_years"].observed


def test_one_type_of_region_may_be_printed_in_less_detail_from_a_year_on(judged) -> None:
    metros = [TableProfile("employment", y, n, 9e7, 0.6, 390, "cbsa") for y, n in ((2015, 300_000), (2016, 390))]
    assert judged([*BEFORE[:4], *metros], [])[0] == {}
    assert judged([*BEFORE[:4], *metros], [*BEFORE[:4], metros[0]])[0] == {}


@pytest.mark.parametrize(("year", "fails"), [(2017, True), (2018, False), (2035, False)])
def test_years_that_are_missing_widen_the_limits(judged, year: int, fails: bool) -> None:
    """Four tenths more rows are too many for a year, and nothing for two and more."""
    counties = [p for p in BEFORE[:4] if p.region_type == "county"]
    late = TableProfile("employment", year, 4_100_000, 1.6e8, 0.6, **COUNTIES)
    assert ("neighbouring_years" in judged([*counties, late], [])[0]) is fails


QUIET = [TableProfile("employment", 2010 + i, 1000 + 10 * (i % 2), 5000.0 + 100 * i, 0.6, **STATES) for i in range(6)]


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


@pytest.mark.parametrize(("year", "breaks"), [(2018, ()), (2016, (2016,))])
def test_what_is_learned_holds_from_year_to_year_within_a_classification(judged, year: int, breaks: tuple) -> None:
    new = replace(QUIET[-1], year=year, rows=940, employment=6200.0, suppressed_share=0.5)
    failures, asked = judged([*QUIET, new], QUIET, breaks=breaks)
    assert failures == {}
    assert "neighbouring_rows" in asked


def test_years_before_what_is_released_are_held_to_the_year_they_lead_to(judged) -> None:
    early = replace(QUIET[0], year=2009, rows=1010, employment=4900.0)
    assert judged([early, *QUIET], QUIET)[0] == {}
    assert set(judged([replace(early, employment=4000.0), *QUIET], QUIET)[0]) == {"neighbouring_employment"}
    # and years far before are nobody's neighbours
    assert judged([replace(early, year=1999, employment=4000.0), *QUIET], QUIET)[0] == {}


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
    assert judged(whole, whole) == ({}, {"history_years_kept", "history_types_kept", "history_rows"})
    failures, _ = judged([TableProfile("employment", None, 899)], whole)
    assert set(failures) == {"history_rows"}
    assert "rows = 899, rows_before = 1000" in failures["history_rows"].observed


@pytest.mark.parametrize("rows", [1251, 5000])
def test_a_table_of_no_time_grows_where_something_is_new(judged, rows: int) -> None:
    """Industries of another edition of their classification, areas of another list."""
    whole, grown = [TableProfile("employment", None, 1000)], [TableProfile("employment", None, rows)]
    assert set(judged(grown, whole)[0]) == {"history_rows"}
    assert judged(grown, whole, news="bls_qcew 2022") == (
        {},
        {"history_years_kept", "history_types_kept", "history_rows"},
    )
    assert set(judged([TableProfile("employment", None, 899)], whole, news="bls_qcew 2022")[0]) == {"history_rows"}


def test_growth_within_a_year_is_told_where_what_is_new_reaches_all_years(judged) -> None:
    grown = changed(2016, rows=3_660_000)
    assert set(judged(grown, BEFORE, news="bls_qcew 2022")[0]) == {"history_rows"}
    failures, _ = judged(grown, BEFORE, news="census_delineation 2023-07", lasting_news="census_delineation 2023-07")
    assert set(failures) == {"history_growth"}
    assert stopping(failures.values()) == []
    assert "census_delineation 2023-07" in failures["history_growth"].expected


def test_editions_and_spans_are_kept_like_years(judged) -> None:
    lists = [TableProfile("employment", None, 1900, period=month) for month in ("2015-07", "2023-07")]
    assert judged([*lists, TableProfile("employment", None, 3000, period="2028-07")], lists)[0] == {}
    failures, _ = judged(lists[1:], lists)
    assert "period = 2015-07" in failures["history_years_kept"].observed
    spans = [TableProfile("employment", 2017, 500, period=p) for p in ("2015-2017", "2016-2017")]
    assert judged([*spans, TableProfile("employment", 2017, 4000, period="2010-2017")], spans)[0] == {}
    assert set(judged(spans[1:], spans)[0]) == {"history_years_kept"}


def test_a_table_that_another_version_dated_otherwise_is_not_compared(judged) -> None:
    lists = [TableProfile("employment", None, 1900, period="2023-07")]
    assert judged(lists, [TableProfile("employment", None, 4000)]) == ({}, set())


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
            TableProfile("employment", 2015, 3, 15.0, 1 / 3, 2, "county"),
            TableProfile("employment", 2015, 1, 30.0, 0.0, 1, "state"),
            TableProfile("employment", 2016, 1, None, 1.0, 1, "state"),
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
        ) == [
            TableProfile("qcew", 2016, 1, 0.0, 1.0, 1, "county"),
            TableProfile("qcew", 2016, 1, 7.0, 0.0, 1, "state"),
        ]


def test_profile_goes_by_the_dates_of_the_contract() -> None:
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE cluster_dynamics AS SELECT * FROM (VALUES ('state:06', 'x', 2015, 2017), "
            "('state:08', 'x', 2015, 2017), ('state:06', 'x', 2016, 2017)) "
            "AS t(region_id, cluster_id, from_year, to_year)"
        )
        assert profile_of(con, contracts()["cluster_dynamics"]) == [
            TableProfile("cluster_dynamics", 2017, 2, regions=2, region_type="state", period="2015-2017"),
            TableProfile("cluster_dynamics", 2017, 1, regions=1, region_type="state", period="2016-2017"),
        ]
        con.execute("CREATE TABLE lists AS SELECT * FROM (VALUES ('2010s', 2011), ('2020s', 2020)) AS t(period, year)")
        found = profile(con, "lists", dates=("period", "year"))
        assert [p.time for p in found] == [(2011, "2010s"), (2020, "2020s")]
        con.execute("CREATE TABLE by_type AS SELECT 'state' AS region_type, 2016 AS year")
        assert profile(con, "by_type") == [TableProfile("by_type", 2016, 1, region_type="state")]
