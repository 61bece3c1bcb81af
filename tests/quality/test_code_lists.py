"""Codes without a title: a list of titles that is behind is told, codes that are none stop the release."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pytest

from orchestration.quality.checklist import tidy_checks

Ask = Callable[..., dict[str, list[tuple[Any, ...]]]]
SECTORS = [("11", 9999), ("31", 9999), ("44", 9999), ("51", 9999)]
COUNTIES = [f"60{n:03}" for n in range(1, 41, 2)]
NAMES = {f"{codes}_are_{state}" for codes in ("areas", "industries") for state in ("known", "titled")}
FEW = [("60001", "10", 100)]
CODES = [f"31{n}" for n in range(1100, 1140)]


@pytest.fixture
def ask(con: duckdb.DuckDBPyConnection) -> Ask:
    """Asks the checks of codes: rows of QCEW (area, industry, jobs), listed industries (code, mark), listed areas."""

    def answer(
        rows: Sequence[tuple[str, str, int | None]] = FEW,
        industries: Sequence[tuple[str, int]] = SECTORS,
        areas: Sequence[str] = ("US000", "60000", *COUNTIES),
        year: int = 2022,
    ) -> dict[str, list[tuple[Any, ...]]]:
        con.execute("CREATE OR REPLACE TABLE stg_qcew_areas AS SELECT unnest(?::VARCHAR[]) AS area_fips", [list(areas)])
        con.execute("CREATE OR REPLACE TABLE stg_qcew_industries (industry_code VARCHAR, naics_mark SMALLINT)")
        con.executemany("INSERT INTO stg_qcew_industries VALUES (?, ?)", [("10", 9999), *industries])
        con.execute(
            "CREATE OR REPLACE TABLE stg_qcew (area_fips VARCHAR, industry_code VARCHAR, annual_avg_emplvl BIGINT, "
            "year SMALLINT, own_code VARCHAR, agglvl_code SMALLINT)"
        )
        con.executemany(
            "INSERT INTO stg_qcew VALUES ($1, $2, $3, $4, CASE $2 WHEN '10' THEN '0' ELSE '5' END, "
            "CASE $1 WHEN 'US000' THEN 10 ELSE 70 END + CASE $2 WHEN '10' THEN 0 ELSE length($2) + 2 END)",
            [(*row, year) for row in rows],
        )
        checks = [c for c in tidy_checks() if c.name in NAMES]
        found = {f"{c.severity}: {c.name}": con.execute(c.sql).fetchall() for c in checks}
        return {name: rows for name, rows in found.items() if rows}

    return answer


def test_codes_with_titles_pass(ask: Ask) -> None:
    assert ask([*FEW, ("US000", "311111", 7)], [*SECTORS, ("311111", 9999)]) == {}


def test_a_list_one_edition_behind_is_told_with_codes_and_jobs(ask: Ask) -> None:
    listed = [*SECTORS, *((code, 9999) for code in CODES)]
    new = [("US000", "449", None), ("US000", "449110", 70), ("US000", "449121", 30), ("60001", "449121", 30)]
    known = [("US000", code, 5) for code in CODES]
    assert ask([*FEW, *known, *new], listed) == {
        "warning: industries_are_titled": [(2022, 3, 100, "449", "449121")],
    }


def test_a_code_of_a_retired_edition_has_no_title_in_a_later_one(ask: Ask) -> None:
    listed = [*SECTORS, ("334113", 2007)]
    row = [*FEW, ("US000", "334113", 12)]
    assert ask(row, listed, year=2010) == {}
    assert ask(row, listed, year=2011) == {"warning: industries_are_titled": [(2011, 1, 12, "334113", "334113")]}


def test_a_reused_code_has_the_title_of_its_edition_whatever_the_list_says(ask: Ask) -> None:
    listed = [*SECTORS, ("516110", 2002), ("516210", 9999)]
    row = [*FEW, ("US000", "516110", 9)]
    assert ask(row, listed, year=2005) == ask(row, listed, year=2022) == {}
    assert ask(row, listed, year=2012) == {"warning: industries_are_titled": [(2012, 1, 9, "516110", "516110")]}


def test_mostly_unknown_codes_are_another_classification(ask: Ask) -> None:
    rows = [("US000", code, 5) for code in CODES]
    found = ask([*FEW, *rows], [*SECTORS, *((code, 9999) for code in CODES[:25])])
    assert found["error: industries_are_known"] == [(2022, 15, 41, 0, "311125")]
    # A quarter of the codes is as far as a list can be behind.
    assert "error: industries_are_known" not in ask([*FEW, *rows], [*SECTORS, *((code, 9999) for code in CODES[:31])])


def test_codes_in_no_sector_are_none_of_naics(ask: Ask) -> None:
    known = [("US000", code, 5) for code in CODES]
    found = ask([*FEW, *known, ("US000", "8299", 3)], [*SECTORS, *((code, 9999) for code in CODES)])
    assert found["error: industries_are_known"] == [(2022, 1, 42, 1, "8299")]


def test_retired_areas_missing_from_the_list_are_told(ask: Ask) -> None:
    rows = [(county, "10", 50) for county in COUNTIES]
    found = ask([*rows, ("60777", "10", 40), ("C9906", "10", 60)])
    assert found == {"warning: areas_are_titled": [(2022, 2, 100, "60777", "C9906")]}


def test_retired_areas_of_an_earlier_list_have_their_titles(ask: Ask) -> None:
    rows = [(county, "10", 50) for county in COUNTIES]
    assert ask([*rows, ("60777", "10", 40)], areas=["60000", *COUNTIES, "60777", "60000", *COUNTIES]) == {}


def test_an_area_of_no_listed_state_stops_the_release(ask: Ask) -> None:
    rows = [(county, "10", 50) for county in COUNTIES]
    assert ask([*rows, ("97001", "10", 40)])["error: areas_are_known"] == [("97001", 2022, 1)]
    assert ask([*rows, ("97000", "10", 40)])["error: areas_are_known"] == [("97000", 2022, 1)]


def test_many_unknown_areas_stop_the_release(ask: Ask) -> None:
    rows = [(county, "10", 50) for county in COUNTIES]
    found = ask([*rows, ("60771", "10", 4), ("60773", "10", 4), ("60775", "10", 4)])
    assert found["error: areas_are_known"] == [("60771", 2022, 1), ("60773", 2022, 1), ("60775", 2022, 1)]
