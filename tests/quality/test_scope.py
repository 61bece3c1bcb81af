"""What has not changed since it passed is not asked again; what is new, doubtful or failed before is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import mart_contracts
from orchestration.quality.checklist import mart_profiles
from orchestration.quality.checks import SqlCheck
from orchestration.quality.engine import open_file, open_parquet
from orchestration.quality.gate import run_gate
from orchestration.quality.profiles import TableProfile
from orchestration.quality.scope import Scope, with_neighbours
from orchestration.quality.verdict import CheckResult

from .conftest import contract

NO_BIG_ONE = SqlCheck("no_big_one", "employment", "error", "FROM employment WHERE employment > 1000", "none above 1000")
ONE_BIG_ONE = SqlCheck(
    "one_big_one", "employment", "error", "SELECT 1 WHERE NOT EXISTS (FROM employment WHERE employment > 1000)", "one"
)


@pytest.fixture
def file(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """A file with the table of 2016, the same of 2017, and one without years."""
    path = tmp_path / "build.duckdb"
    con.execute(f"ATTACH '{path}' AS build")
    con.execute(
        "CREATE TABLE build.employment AS FROM employment UNION ALL SELECT * REPLACE (2017 AS year) FROM employment"
    )
    con.execute("CREATE TABLE build.places AS SELECT DISTINCT region_id FROM employment")
    con.execute("DETACH build")
    return path


def change(path: Path, sql: str) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute(sql)


def asked(path: Path, scope: Scope, *checks: SqlCheck, contracts: bool = True) -> dict[str, CheckResult]:
    with open_file(path, scope.years) as con:
        promised = {"employment": contract()} if contracts else {}
        found = run_gate(con, promised, path.parent / "docs", checks=checks, tables=["employment"], scope=scope)
    return {finding.check_name: finding for finding in found}


def passed(path: Path, *checks: SqlCheck) -> Mapping[tuple[str, str], CheckResult]:
    """What a first look at everything finds, marked so that a test sees where it is told again."""
    found = asked(path, Scope(), *checks)
    return {("employment", n): replace(f, observed="as before") for n, f in found.items() if f.passed}


def failures(found: Mapping[str, CheckResult]) -> set[str]:
    return {name for name, finding in found.items() if not finding.passed}


def test_a_table_with_nothing_new_is_not_asked_again(file: Path) -> None:
    known = passed(file, NO_BIG_ONE)
    found = asked(file, Scope({"employment": []}, known), NO_BIG_ONE)
    assert found.keys() == {name for _, name in known}
    assert {f.observed for f in found.values()} == {"as before"}


def test_new_years_are_asked_and_the_others_are_not(file: Path) -> None:
    scope = Scope({"employment": [2017]}, passed(file, NO_BIG_ONE))
    change(file, "UPDATE employment SET employment = 5000 WHERE year = 2016 AND region_id = 'county:06001'")
    found = asked(file, scope, NO_BIG_ONE)
    assert (failures(found), found["row_count"].observed) == (set(), "20 rows")
    change(file, "UPDATE employment SET employment = 5000, share = 7 WHERE year = 2017 AND region_id = 'county:06002'")
    found = asked(file, scope, NO_BIG_ONE)
    assert failures(found) == {"no_big_one", "range__share"}
    # In doubt everything is looked at, so what is told is of all years.
    assert found["no_big_one"].observed.startswith("2 rows offending")


def test_what_is_right_beside_the_other_years_is_right(file: Path) -> None:
    change(file, "UPDATE employment SET employment = 5000 WHERE year = 2016 AND region_id = 'county:06001'")
    scope = Scope({"employment": [2017]}, passed(file, ONE_BIG_ONE))
    assert failures(asked(file, scope, ONE_BIG_ONE)) == set()
    change(file, "UPDATE employment SET employment = 1 WHERE year = 2016 AND region_id = 'county:06001'")
    assert failures(asked(file, scope, ONE_BIG_ONE)) == {"one_big_one"}


@pytest.mark.parametrize("years", [[], [2017]], ids=["nothing new", "a new year"])
def test_what_failed_before_is_asked_of_everything(file: Path, years: list[int]) -> None:
    change(file, "UPDATE employment SET employment = 5000 WHERE year = 2016 AND region_id = 'county:06001'")
    warning = replace(NO_BIG_ONE, severity="warning")
    scope = Scope({"employment": years}, passed(file, warning))
    found = asked(file, scope, warning)
    assert (failures(found), found["no_big_one"].severity) == ({"no_big_one"}, "warning")


def test_a_new_table_without_years_is_held_against_all_years(file: Path) -> None:
    sql = "SELECT year, region_id FROM employment ANTI JOIN places USING (region_id)"
    check = SqlCheck("regions_are_known", "employment", "error", sql, "known regions")
    known = passed(file, check)
    change(file, "DELETE FROM places WHERE region_id = 'county:06003'")
    for new in ([], [2017]):
        found = asked(file, Scope({"employment": new, "places": None}, known), check)
        assert found["regions_are_known"].observed.startswith("2 rows offending"), new
    assert failures(asked(file, Scope({"employment": [], "places": []}, known), check)) == set()


def test_tables_whose_new_years_differ_are_held_against_each_other_whole(file: Path) -> None:
    """A survey of 2016 that comes with the employment of 2017: neither new year meets the other."""
    change(file, "CREATE TABLE survey AS SELECT year, region_id, employment FROM employment")
    sql = (
        "SELECT e.year FROM employment AS e JOIN survey AS s USING (year, region_id) WHERE s.employment > e.employment"
    )
    check = SqlCheck("survey_agrees", "employment", "warning", sql, "no more in the survey")
    known = passed(file, check)
    change(file, "UPDATE survey SET employment = 10 ** 6 WHERE year = 2016")
    for of_survey in ([2016], [2016, 2017]):
        scope = Scope({"employment": [2017], "survey": of_survey}, known)
        assert failures(asked(file, scope, check)) == {"survey_agrees"}, of_survey


def test_checks_of_all_years_and_of_profiles_are_asked_every_night(file: Path) -> None:
    every = replace(
        ONE_BIG_ONE, sql="SELECT 1 WHERE (SELECT count(DISTINCT year) FROM employment) < 2", of_all_years=True
    )
    profiles = SqlCheck("history_rows", "employment", "error", "SELECT 1 FROM (VALUES (1)) WHERE false", "rows")
    known = passed(file, every, profiles)
    for years in ([], [2017]):
        found = asked(file, Scope({"employment": years}, known), every, profiles, contracts=False)
        assert {f.observed for f in found.values()} == {"no offending row"}
    change(file, "DELETE FROM employment WHERE year = 2016")
    lost = asked(file, Scope({"employment": []}, known), every, replace(profiles, sql="SELECT 1"), contracts=False)
    assert failures(lost) == {"one_big_one", "history_rows"}


def test_a_check_that_is_new_is_asked_of_everything(file: Path) -> None:
    change(file, "UPDATE employment SET employment = 5000 WHERE year = 2016 AND region_id = 'county:06001'")
    assert failures(asked(file, Scope({"employment": []}, passed(file)), NO_BIG_ONE)) == {"no_big_one"}


def test_files_of_some_years_and_of_all(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for year in (2016, 2017):
        con.execute(f"UPDATE employment SET year = {year}")
        con.execute(f"COPY employment TO '{tmp_path}/{year}.parquet'")
    both = [tmp_path / "2016.parquet", tmp_path / "2017.parquet"]
    wrong = replace(NO_BIG_ONE, sql="FROM employment WHERE year = 2016 LIMIT 1")
    scope = Scope({"employment": [2017]})
    with open_parquet({"employment": both[1:], "every_employment": both}) as opened:
        [found] = run_gate(opened, {}, tmp_path / "docs", checks=[wrong], scope=scope)
        assert not found.passed
        known = {("employment", "no_big_one"): replace(found, passed=True)}
        [found] = run_gate(opened, {}, tmp_path / "docs", checks=[wrong], scope=replace(scope, passed=known))
        assert found.observed == "no offending row"


@pytest.mark.parametrize("looked_at", [[], [2017]], ids=["nothing new", "a new year"])
def test_profiles_of_what_is_not_looked_at_are_those_of_before(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, looked_at: list[int]
) -> None:
    """All of a table without years, the years of another; a year that is lost is not known any longer."""
    build = tmp_path / "marts.duckdb"
    con.execute(f"ATTACH '{build}' AS marts")
    for name, mart in mart_contracts().items():
        columns = ", ".join(f'"{c.name}" {c.data_type}' for c in mart.columns)
        con.execute(f"CREATE TABLE marts.{name} ({columns})")
    con.execute("INSERT INTO marts.employment (region_id, year) VALUES ('state:06', 2016), ('state:06', 2017)")
    con.execute("DETACH marts")
    before = [TableProfile("employment", year, 8, region_type="state") for year in (2015, 2016, 2017)]
    before += [TableProfile("dim_cluster", None, 9), TableProfile("dim_region", None, 9)]
    scope = Scope({"employment": looked_at, "dim_cluster": [], "dim_region": None})
    with open_file(build, scope.years) as opened:
        found = {(p.table_name, p.year): p.rows for p in mart_profiles(opened, scope, before)}
    newest = 1 if looked_at else 8
    assert found == {("employment", 2016): 8, ("employment", 2017): newest, ("dim_cluster", None): 9}


@pytest.mark.parametrize(
    ("new", "now", "before", "looked_at"),
    [
        ([2018], [2016, 2017, 2018], [2016, 2017], {2017, 2018}),
        ([2016], [2015, 2016, 2017, 2018], [2015, 2016, 2017, 2018], {2015, 2016, 2017}),
        ([], [2015, 2017], [2015, 2016, 2017], {2015, 2017}),
        ([2012], [2012, 2016, 2017], [2016, 2017], {2012, 2016}),
        ([2016], [2016], [2016], {2016}),
    ],
    ids=["one more", "a revision", "one less", "over a gap", "alone"],
)
def test_years_that_checks_compare(new: list[int], now: list[int], before: list[int], looked_at: set[int]) -> None:
    assert with_neighbours(new, now, before) == looked_at
