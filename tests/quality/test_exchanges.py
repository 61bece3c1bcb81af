"""Two counties or industries that stand in each other's place in every year, told by who counts them for himself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import numpy as np
import pytest

from orchestration.quality.checklist import tidy_checks

Ask = Callable[..., dict[str, list[tuple[Any, ...]]]]
NAMES = ("counties_are_those_of_business_patterns", "industries_are_those_of_business_patterns")
COUNTIES = [f"{state}{number:03}" for state in ("06", "25") for number in range(1, 81, 2)]
INDUSTRIES = [str(code) for code in range(311, 340)] + [str(code) for code in range(421, 446)]
YEAR = 2019


def counted(codes: list[str], seed: int) -> dict[str, tuple[float, float, float]]:
    """Private jobs, establishments and wages of each code, spread as counties are."""
    dice = np.random.default_rng(seed)
    jobs, size, pay = (dice.lognormal(mean, spread, len(codes)) for mean, spread in ((9, 1), (2.3, 0.4), (10.6, 0.3)))
    return {code: (j, j / s, j * p) for code, j, s, p in zip(codes, jobs + 600, size, pay, strict=True)}


def counted_again(counts: Mapping[str, tuple[float, ...]], seed: int) -> dict[str, tuple[float, ...]]:
    """The same counted by somebody else: a tenth fewer establishments, each figure off by some percent."""
    dice = np.random.default_rng(seed)
    return {code: tuple(f * by * dice.lognormal(0, 0.08) for f, by in zip(row, (1, 0.9, 1), strict=True))
            for code, row in counts.items()}  # fmt: skip


@pytest.fixture
def ask(con: duckdb.DuckDBPyConnection) -> Ask:
    """Asks both checks of one year, some codes of QCEW exchanged for each other."""

    def answer(exchanged: Mapping[str, str] | None = None, years: tuple[int, int] = (YEAR, YEAR)) -> Any:
        of = {**(exchanged or {}), **{b: a for a, b in (exchanged or {}).items()}}
        con.execute(
            "CREATE OR REPLACE TABLE stg_qcew (year SMALLINT, area_fips VARCHAR, own_code VARCHAR, "
            "agglvl_code SMALLINT, "
            "industry_code VARCHAR, size_code VARCHAR, annual_avg_emplvl BIGINT, annual_avg_estabs BIGINT, "
            "total_annual_wages BIGINT)"
        )
        con.execute(
            "CREATE OR REPLACE TABLE stg_cbp_county (year SMALLINT, county_fips VARCHAR, naics_code VARCHAR, "
            "employment BIGINT, establishments BIGINT, annual_payroll BIGINT)"
        )
        counties, industries = counted(COUNTIES, 1), counted(INDUSTRIES, 2)
        for codes, level, place in ((counties, 71, None), (industries, 55, "06")):
            again = counted_again(codes, level)
            for code, row in codes.items():
                named = of.get(code, code)
                area, industry = (f"{place}000", named) if place else (named, "10")
                con.execute("INSERT INTO stg_qcew VALUES (?, ?, '5', ?, ?, '0', ?, ?, ?)",
                            [years[0], area, level, industry, *map(round, row)])  # fmt: skip
                area, industry = (f"{place}001", code) if place else (code, "00")
                jobs, plants, wages = again[code]
                con.execute("INSERT INTO stg_cbp_county VALUES (?, ?, ?, ?, ?, ?)",
                            [years[1], area, industry, round(jobs), round(plants), round(wages / 1000)])  # fmt: skip
        checks = [check for check in tidy_checks() if check.name in NAMES]
        assert {check.severity for check in checks} == {"warning"}
        return {check.name: con.execute(check.sql).fetchall() for check in checks}

    return answer


def far_apart(codes: list[str], seed: int) -> tuple[str, str]:
    """Of a list the code of most jobs and that of fewest."""
    counts = counted(codes, seed)
    return max(codes, key=lambda code: counts[code][0]), min(codes, key=lambda code: counts[code][0])


def test_places_and_industries_that_others_count_alike_pass(ask: Ask) -> None:
    assert ask() == {name: [] for name in NAMES}


def test_two_counties_of_a_state_in_each_others_place_are_named(ask: Ask) -> None:
    big, small = far_apart([code for code in COUNTIES if code.startswith("06")], 1)
    found = ask({big: small})
    assert [row[:3] for row in found[NAMES[0]]] == [(YEAR, *sorted((big, small)))]
    assert found[NAMES[1]] == []


def test_two_industries_in_each_others_place_are_named(ask: Ask) -> None:
    big, small = far_apart(INDUSTRIES, 2)
    found = ask({big: small})
    assert [row[:3] for row in found[NAMES[1]]] == [(YEAR, *sorted((big, small)))]
    assert found[NAMES[0]] == []


def test_years_that_nobody_counted_again_have_no_answer(ask: Ask) -> None:
    big, small = far_apart(INDUSTRIES, 2)
    assert ask({big: small}, years=(YEAR, YEAR - 1)) == {name: [] for name in NAMES}
