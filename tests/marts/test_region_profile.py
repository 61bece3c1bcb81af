"""People beside jobs: of the year of the jobs, by the counties that the region had then."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from tests.conftest import Demo


@pytest.fixture(scope="module")
def people(demo: Demo) -> pd.DataFrame:
    """The tidy series as pandas reads them: of a county's or state's year the newest vintage."""
    files = sorted((demo.home / "tidy" / "county_population").rglob("*.parquet"))
    series = pd.concat(map(pd.read_parquet, files)).sort_values(["vintage", "period"])
    return series.groupby(["area_fips", "year"], as_index=False)["population"].last()


@pytest.fixture(scope="module")
def profiles(demo: Demo) -> pd.DataFrame:
    with duckdb.connect(str(demo.home / "warehouse" / "current.duckdb"), read_only=True) as con:
        return con.execute("SELECT region_id, region_type, year, population, population_year FROM region_profile").df()


@pytest.fixture(scope="module")
def members(demo: Demo) -> pd.DataFrame:
    with duckdb.connect(str(demo.home / "warehouse" / "current.duckdb"), read_only=True) as con:
        return con.execute("FROM cbsa_county").df()


def test_people_are_of_the_year_or_the_last_one_before(profiles: pd.DataFrame, people: pd.DataFrame) -> None:
    own = profiles[profiles["region_type"].isin(["county", "state"])].copy()
    code = own["region_id"].str.split(":").str[1]
    own["area_fips"] = code.where(own["region_type"] == "county", code + "000")
    for row in own.itertuples():
        known = people[(people["area_fips"] == row.area_fips) & (people["year"] <= row.year)]
        last = known.loc[known["year"].idxmax()]
        assert (row.population_year, row.population) == (last["year"], last["population"]), row
    assert (own["population_year"] == own["year"]).mean() > 0.75
    assert own.groupby("region_id")["population"].nunique().max() > 3


def test_an_area_is_its_counties_of_the_year(
    profiles: pd.DataFrame, people: pd.DataFrame, members: pd.DataFrame
) -> None:
    areas = profiles[(profiles["region_type"] == "cbsa") & (profiles["population_year"] == profiles["year"])]
    changed = 0
    for row in areas.itertuples():
        mine = members[members["region_id"] == row.region_id]
        now = mine[(mine["valid_from"] <= row.year) & (mine["valid_to"].fillna(9999) >= row.year)]
        codes = now["county_region_id"].str.split(":").str[1]
        held = people[people["area_fips"].isin(codes) & (people["year"] == row.year)]
        assert (len(held), held["population"].sum()) == (len(codes), row.population), row
        changed += len(mine["county_region_id"].unique()) > len(codes)
    assert len(areas) > 100
    assert changed > 0


def test_a_nation_is_its_states(profiles: pd.DataFrame) -> None:
    states = profiles[profiles["region_type"] == "state"].groupby("year")["population"].sum()
    nation = profiles[profiles["region_type"] == "nation"].set_index("year")["population"]
    assert nation.to_dict() == states[nation.index].to_dict()
