"""Business Dynamics Statistics: marks are not known, accounts add up, states and counties are read."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import SourceError
from orchestration.quality.named_sql import read_checks
from orchestration.sample.economy import simulate
from orchestration.sources.bds import sample
from orchestration.sources.declaration import PACKAGE
from tests.sources.reading import Rows, declared, real_file, text_file, tidy

REAL = "www2.census.gov/programs-surveys/bds/tables/time-series/bds2018_st.csv"
HEADER = ",".join(("year", "st", *sample.FIGURES))
FIRST = "2018,4,90,100,1000,950,12,12.245,8,8.163,150,60,90,6.316,15.789,50,20,30,2.105,5.263,100,10.526,10.526,5,5,9"
WITHHELD = "2018,5,8,9,30,29,D,S,D,S,D,D,D,S,S,D,D,D,S,S,(D),X,N,D,D,D"
CHECKS = {(c.table, c.name): c.sql for c in read_checks(PACKAGE / "bds" / "checks.sql")}


def read(file: Path, source_id: str = "bds_state") -> Rows:
    [(_, form), *_] = declared(source_id)
    return tidy(form.parse, file)


def test_figures_and_marks(tmp_path: Path) -> None:
    first, withheld = read(text_file(tmp_path, "bds2018_st.csv", [HEADER, FIRST, WITHHELD]))
    assert (first["state_fips"], first["year"], first["mean_employment"], first["births"]) == ("04", 2018, 950, 12)
    assert (first["birth_rate"], first["job_creation"], first["net_job_creation"]) == (12.245, 150, 100)
    told = {name for name, value in withheld.items() if value is not None}
    assert told == {"state_fips", "year", "firms", "establishments", "employment", "mean_employment"}


def test_the_newest_vintage_is_asked_for_first() -> None:
    editions = [(edition.vintage, form.resources[0].url.rsplit("/", 2)[-2:]) for edition, form in declared("bds_state")]
    assert editions[0] == ("2026", ["2026", "bds2026_st.csv"])
    assert editions[-1] == ("2018", ["time-series", "bds2018_st.csv"])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([HEADER.replace(",denom,", ",mean,"), FIRST], "column denom is missing"),
        ([HEADER, FIRST.replace(",12.245,", ",twelve,")], "column estabs_entry_rate holds the text 'twelve'"),
        ([HEADER, FIRST, FIRST], "2 rows have the same state_fips 04, year 2018"),
        ([HEADER], "a header but no rows"),
        (["<!doctype html><html>Not found</html>"], "answered with an HTML page"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        read(text_file(tmp_path, "bds2018_st.csv", lines))
    assert caught.value.file == "bds2018_st.csv"
    assert len(caught.value.remedy) > 10


COUNTIES = HEADER.replace("year,st,", "year,st,cty,")


def of_county(state: str, county: str) -> str:
    return FIRST.replace("2018,4,", f"2018,{state},{county},")


def test_codes_of_counties_get_their_zeros_back(tmp_path: Path) -> None:
    lines = [COUNTIES, of_county("4", "1"), of_county("04", "013")]
    rows = read(text_file(tmp_path, "bds2023_st_cty.csv", lines), "bds_county")
    assert [row["county_fips"] for row in rows] == ["04001", "04013"]


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([("4", "1234")], "line 2: column cty holds the text '1234' where a code of 3 characters belongs"),
        ([("104", "1")], "line 2: column st holds the text '104' where a code of 2 characters belongs"),
        ([("4", "1"), ("04", "001")], "2 rows have the same st 04, cty 001"),
    ],
)
def test_a_code_of_a_county_is_not_cut(tmp_path: Path, places: list[tuple[str, str]], said: str) -> None:
    lines = [COUNTIES, *(of_county(*place) for place in places)]
    with pytest.raises(SourceError, match=said):
        read(text_file(tmp_path, "bds2023_st_cty.csv", lines), "bds_county")


def found(table: str, path: Path, check: str) -> int:
    [(edition, form), *_] = declared(table.removeprefix("stg_"))
    with duckdb.connect() as con:
        form.parse(con, [path], edition).create(table)
        return len(con.execute(CHECKS[table, check]).fetchall())


@pytest.mark.parametrize("change", [(",90,6.316,", ",80,6.316,"), (",12.245,", ",12,"), (",15.789,", ",14.789,")])
def test_accounts_that_do_not_add_up_are_found(tmp_path: Path, change: tuple[str, str]) -> None:
    right = text_file(tmp_path, "right.csv", [HEADER, FIRST, WITHHELD])
    wrong = text_file(tmp_path, "wrong.csv", [HEADER, FIRST.replace(*change), WITHHELD])
    assert [found("stg_bds_state", file, "accounts_of_jobs_add_up") for file in (right, wrong)] == [0, 1]


@pytest.mark.parametrize(("table", "name", "withheld"), [("bds_state", "st", 0), ("bds_county", "st_cty", 180)])
def test_the_samples_accounts_add_up(tmp_path: Path, table: str, name: str, withheld: int) -> None:
    sample.write(tmp_path, simulate(1), 1)
    path = tmp_path / sample.FOLDER / f"bds2023_{name}.csv"
    rows = read(path, table)
    assert {row["year"] for row in rows} == set(sample.YEARS)
    assert sum(row["births"] is None for row in rows) == withheld
    assert found(f"stg_{table}", path, "accounts_of_jobs_add_up") == 0


@pytest.mark.mirror
def test_the_real_states_of_1978_to_2018(tmp_path: Path) -> None:
    """47 states; their births and continuers make all jobs created, in each of 1,927 rows."""
    path = Path(shutil.copy(real_file(REAL), tmp_path))  # what is read is parsed beside it
    rows = read(path)
    assert (len(rows), len({row["state_fips"] for row in rows})) == (1927, 47)
    assert all(r["job_creation"] == r["job_creation_births"] + r["job_creation_continuers"] > 0 for r in rows)
    assert {check: found("stg_bds_state", path, check) for table, check in CHECKS if table == "stg_bds_state"} == {
        "accounts_of_jobs_add_up": 0,
        "destroyed_jobs_add_up": 0,
    }
    [arizona] = [row for row in rows if (row["state_fips"], row["year"]) == ("04", 2016)]
    assert (arizona["establishments"], arizona["deaths"]) == (124_748, 10_577)
