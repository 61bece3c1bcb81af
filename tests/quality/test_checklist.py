"""Which checks the gates make of contracts: what must be kept, which years must be there, what may be empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import contracts, mart_contracts
from orchestration.quality.checklist import (
    BEFORE,
    EARLIER,
    findings,
    lost_checks,
    mart_checks,
    mart_profiles,
    of_own_years,
    revised_checks,
    too_few_years,
)
from orchestration.quality.profiles import TableProfile
from orchestration.quality.verdict import stopping

TWO_STATES = "('state:06'), ('state:08')"
REGIONS = "SELECT region_id, 'x' AS name FROM (VALUES {}) AS t(region_id)"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"ATTACH ':memory:' AS {EARLIER}")
        yield connection


@pytest.mark.parametrize(
    ("now", "lost"),
    [
        ("('state:06'), ('state:08')", []),
        ("('state:06'), ('state:08'), ('state:09')", []),
        # as many as before, and yet one is gone
        ("('state:06'), ('state:09')", [("state:08",)]),
    ],
)
def test_a_key_that_is_gone_is_found_whatever_has_come(con: duckdb.DuckDBPyConnection, now: str, lost: list) -> None:
    con.execute(f"CREATE TABLE {EARLIER}.main.dim_region AS {REGIONS.format(TWO_STATES)}")
    con.execute(f"CREATE TABLE dim_region AS {REGIONS.format(now)}")
    [check] = lost_checks(con, {"dim_region": contracts()["dim_region"]})
    assert (check.name, check.severity) == ("history_keys_kept", "error")
    assert con.execute(check.sql).fetchall() == lost
    [check] = lost_checks(con, {"dim_region": contracts()["dim_region"]}, same_code=False)
    assert check.severity == "warning"


def test_keys_are_looked_for_in_every_mart_of_no_time(con: duckdb.DuckDBPyConnection) -> None:
    for name, contract in mart_contracts().items():
        columns = ", ".join(f'NULL::{c.data_type} AS "{c.name}"' for c in contract.columns)
        for place in ("main", f"{EARLIER}.main"):
            con.execute(f"CREATE TABLE {place}.{name} AS SELECT {columns}")
    of_no_time = {name for name, contract in mart_contracts().items() if not contract.dates}
    assert {check.table for check in lost_checks(con, mart_contracts())} == of_no_time
    assert {"dim_region", "dim_industry", "cluster_industry"} <= of_no_time


def test_a_table_that_the_release_before_lacked_or_keyed_otherwise_is_compared_where_it_can_be(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("CREATE TABLE cluster_industry AS SELECT 'a' AS cluster_id, 'naics2022:1' AS industry_id")
    wanted = {"cluster_industry": contracts()["cluster_industry"]}
    assert lost_checks(con, wanted) == []
    con.execute(f"CREATE TABLE {EARLIER}.main.cluster_industry AS SELECT 'b' AS cluster_id, 5 AS weight")
    [check] = lost_checks(con, wanted)
    assert con.execute(check.sql).fetchall() == [("b",)]


def qcew(year: int, areas: list[str], industry: str) -> str:
    return (
        f"SELECT {year}::SMALLINT AS year, unnest({areas})::VARCHAR AS area_fips, '5' AS own_code, "
        f"'{industry}' AS industry_code, '0' AS size_code"
    )


@pytest.mark.parametrize(
    ("areas", "industry", "lost"),
    [
        (["51001", "51003"], "4821", []),
        (["51001", "51003", "51005"], "4821", []),
        (["51001", "51005"], "4821", [(2016, "area_fips", "51003")]),
        (["51001", "51003"], "4841", [(2016, "industry_code", "4821")]),
    ],
)
def test_areas_and_industries_lost_within_a_year_are_found_before_anything_is_built(
    con: duckdb.DuckDBPyConnection, areas: list[str], industry: str, lost: list
) -> None:
    con.execute(f"CREATE TABLE {BEFORE}stg_qcew AS {qcew(2016, ['51001', '51003'], '4821')}")
    other_year = qcew(2017, ["51001", "51003"], "4821")
    con.execute(f"CREATE TABLE stg_qcew AS {qcew(2016, areas, industry)} UNION ALL {other_year}")
    [check] = [c for c in revised_checks(con, ["stg_qcew"]) if c.name == "history_keys_kept"]
    assert con.execute(check.sql).fetchall() == lost


def test_every_mart_with_years_or_regions_has_a_profile_and_every_one_with_years_all_of_them() -> None:
    dated = {name for name, contract in mart_contracts().items() if contract.year}
    assert {"employment", "cluster_dynamics", "region_structure", "bound_evidence", "cluster_linkage"} <= dated
    own = set(of_own_years(mart_contracts()))
    assert own == {
        "cluster_firms",
        "cluster_occupation",
        "cluster_skill_gap",
        "region_dynamism",
        "region_innovation",
        "region_skills",
        "research_institution",
    }
    assert {check.table for check in mart_checks()} == dated - {"employment"} - own
    with duckdb.connect(config={"threads": 1}) as con:
        for name, contract in mart_contracts().items():
            columns = ", ".join(f'NULL::{c.data_type} AS "{c.name}"' for c in contract.columns)
            con.execute(f"CREATE TABLE {name} AS SELECT {columns}")
        assert {p.table_name for p in mart_profiles(con)} == set(mart_contracts())


def test_a_year_that_a_table_lacks_is_found() -> None:
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("CREATE TABLE employment AS SELECT unnest([2015, 2016, 2018]) AS year")
        con.execute("CREATE TABLE region_structure AS SELECT unnest([2015, 2018]) AS year")
        con.execute("CREATE TABLE cluster_dynamics AS SELECT 2015 AS from_year, unnest([2016, 2018]) AS to_year")
        con.execute("CREATE TABLE cluster_linkage (year INTEGER)")
        found = {
            check.table: con.execute(check.sql).fetchall()
            for check in mart_checks()
            if check.table in ("region_structure", "cluster_dynamics", "cluster_linkage")
        }
    # whether a table may be empty is another check's to say
    assert found == {"region_structure": [(2016,)], "cluster_dynamics": [], "cluster_linkage": []}


@pytest.mark.parametrize(("years", "stops"), [([2016], False), ([2015, 2016], True)])
def test_a_table_that_compares_two_years_may_be_empty_with_one_and_says_why(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, years: list[int], stops: bool
) -> None:
    contract = contracts()["cluster_dynamics"]
    con.execute(f"CREATE TABLE cluster_dynamics ({', '.join(f'{c.name} {c.data_type}' for c in contract.columns)})")
    tables, profiles = {"cluster_dynamics": contract}, [TableProfile("employment", year, 5) for year in years]
    found = findings(con, tables, [], [], [], tmp_path, empty=too_few_years(tables, profiles))
    count = next(f for f in found if f.check_name == "row_count")
    assert (count.observed, bool(stopping(found))) == ("0 rows", stops)
    assert ("it needs 2 years and there is 1 (2016)" in count.expected) is not stops


def test_a_table_of_other_sources_may_be_empty_and_says_why(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    contract = contracts()["region_dynamism"]
    con.execute(f"CREATE TABLE region_dynamism ({', '.join(f'{c.name} {c.data_type}' for c in contract.columns)})")
    tables = {"region_dynamism": contract}
    for empty, stops in ((of_own_years(tables), False), ({}, True)):
        found = findings(con, tables, [], [], [], tmp_path, empty=empty)
        count = next(f for f in found if f.check_name == "row_count")
        assert (count.observed, bool(stopping(found))) == ("0 rows", stops)
        assert ("its sources are optional" in count.expected) is not stops


def test_which_tables_need_two_years_is_said_by_their_contracts() -> None:
    one, two = ([TableProfile("employment", year, 5) for year in years] for years in ([2016], [2016, 2019]))
    assert set(too_few_years(mart_contracts(), one)) == {"cluster_dynamics"}
    assert too_few_years(mart_contracts(), two) == {}
