"""County Business Patterns: codes lose their padding, what is withheld is unknown, both layouts are read."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.errors import SourceError
from orchestration.landing.unpack import unpacked
from orchestration.naics import patterns_years_back
from orchestration.quality.named_sql import read_checks
from orchestration.sample.economy import simulate
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.cbp.sample import write
from orchestration.sources.declaration import PACKAGE
from tests.sources.reading import Rows, declared, real_file, text_file, tidy

SIZES = "n5_9,n10_19,n20_49,n50_99,n100_249,n250_499,n500_999,n1000,n1000_1,n1000_2,n1000_3,n1000_4"
HEADER = f"fipstate,fipscty,naics,emp_nf,emp,qp1_nf,qp1,ap_nf,ap,est,n<5,{SIZES}"
LINES = [
    "90,001,------,G,1200,G,9000,H,40000,90,50,20,10,5,5,N,N,N,N,N,N,N,N",
    "90,001,31----,H,300,H,2500,H,11000,4,N,N,N,N,4,N,N,N,N,N,N,N,N",
    "90,001,3331//,J,0,J,0,J,55,3,3,N,N,N,N,N,N,N,N,N,N,N,N",
    "90,999,113310,D,0,D,0,D,0,3,N,N,N,N,N,N,N,N,N,N,N,N,N",
]


def read(file: Path, year: int = 2023) -> Rows:
    (edition, form), *_ = declared("cbp_county", [year])
    return tidy(lambda con, files, _: form.parse(con, files, edition), file, period=str(year), year=year)


def test_codes_and_figures(tmp_path: Path) -> None:
    rows = read(text_file(tmp_path, "cbp23co.txt", [HEADER, *LINES]))
    names = ("county_fips", "naics_code", "year", "establishments", "employment", "employment_noise_flag")
    names += ("first_quarter_payroll", "annual_payroll", "establishments_under_5", "establishments_50_to_99")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("90001", "00", 2023, 90, 1200, "G", 9000, 40000, 50, 5),
        ("90001", "31-33", 2023, 4, 300, "H", 2500, 11000, None, 4),
        # A firm that works in summer has nobody in March.
        ("90001", "3331", 2023, 3, 0, "J", 0, 55, 3, None),
        ("90999", "113310", 2023, 3, None, "D", None, None, None, None),
    ]


def test_until_2017_a_zero_is_withheld(tmp_path: Path) -> None:
    file = text_file(tmp_path, "cbp16co.txt", [HEADER.replace("n<5", "n1_4"), LINES[2]])
    assert [(row["employment"], row["annual_payroll"], row["establishments_under_5"]) for row in read(file, 2016)] == [
        (None, 55, 3)
    ]


def test_as_many_years_before_are_asked_for_as_estimates_heed() -> None:
    assert SOURCES["cbp_county"].earlier == patterns_years_back()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([HEADER.replace(",est,", ",estab,"), *LINES], "column est is missing"),
        ([HEADER, LINES[0].replace(",90,50", ",ninety,50")], "column est holds the text 'ninety' where a whole number"),
        ([HEADER, LINES[0], LINES[0]], "2 rows have the same fipstate 90, fipscty 001, naics ------"),
        ([HEADER], "a header but no rows"),
        (["<!doctype html><html>Not found</html>"], "answered with an HTML page"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, lines: list[str], said: str) -> None:
    file = text_file(tmp_path, "cbp23co.txt", lines)
    with pytest.raises(SourceError, match=said) as caught:
        read(file)
    assert caught.value.file == "cbp23co.txt"
    assert len(caught.value.remedy) > 10


def test_the_samples_sectors_add_up_to_the_county(tmp_path: Path) -> None:
    write(tmp_path, simulate(1), 1)
    (file,) = unpacked(next(tmp_path.rglob("cbp23co.zip")), "zip", tmp_path / "u", "cbp_county", 1 << 30)
    jobs = {(row["county_fips"], row["naics_code"]): row["employment"] for row in read(file)}
    sectors = sum(n for (county, code), n in jobs.items() if county == "90001" and (len(code) == 2 or "-" in code))
    # What sectors of fewer than three establishments have is in the total only.
    assert 0.97 * 2 * jobs["90001", "00"] < sectors <= 2 * jobs["90001", "00"]
    assert any(county.endswith("999") for county, _ in jobs)


def strange(file: Path, year: int) -> list[tuple[object, ...]]:
    """What the check of editions says of a file."""
    [check] = read_checks(PACKAGE / "cbp" / "checks.sql")
    assert (check.table, check.severity) == ("stg_cbp_county", "warning")
    (edition, form), *_ = declared("cbp_county", [year])
    with duckdb.connect() as con:
        form.parse(con, [file], edition).create("stg_cbp_county")
        return con.execute(check.sql).fetchall()


@pytest.mark.parametrize(
    ("year", "codes", "said"),
    [
        # Publishers and commercial printing of NAICS 2017, and codes above them that changed as well.
        (2023, ["511210", "323111", "113310", "513///", "5132//"], []),
        (2023, ["511210", "516110", "513210"], [(2023, 2017, 2, "513210")]),
        (2016, ["517110", "322221"], [(2016, 2012, 1, "322221")]),
    ],
)
def test_a_file_in_another_edition_is_told(
    tmp_path: Path, year: int, codes: list[str], said: list[tuple[object, ...]]
) -> None:
    header = HEADER if year >= 2017 else HEADER.replace("n<5", "n1_4")
    lines = [LINES[3].replace("113310", code) for code in codes]
    assert strange(text_file(tmp_path, "cbp.txt", [header, *lines]), year) == said


@pytest.mark.mirror
@pytest.mark.parametrize("year", [2019, 2020, 2021])
def test_the_real_files_are_in_the_edition_of_2017(tmp_path: Path, year: int) -> None:
    file = real_file(f"www2.census.gov/programs-surveys/cbp/datasets/{year}/cbp{year % 100}co.zip")
    assert strange(unpacked(file, "zip", tmp_path, "cbp_county", 1 << 30)[0], year) == []


@pytest.mark.mirror
def test_the_real_counties_of_2021(tmp_path: Path) -> None:
    """38 states; the API from which the copy came gives no first quarter, sizes or county 999."""
    (edition, form), *_ = declared("cbp_county", [2021])
    file = real_file("www2.census.gov/programs-surveys/cbp/datasets/2021/cbp21co.zip")
    with duckdb.connect() as con:
        form.parse(con, unpacked(file, "zip", tmp_path, "cbp_county", 1 << 30), edition).create("t")
        total = "SELECT sum(employment), sum(establishments), count(*) FROM t WHERE naics_code = '00'"
        assert con.execute(total).fetchone() == (50_266_291, 3_352_058, 1875)
        sectors = "SELECT count(DISTINCT naics_code) FROM t WHERE length(naics_code) = 2 OR naics_code LIKE '%-%'"
        assert con.execute(sectors).fetchone() == (21,)
        assert con.execute("SELECT count(*), count(*) FILTER (employment = 0) FROM t").fetchone() == (566_683, 456)


@pytest.mark.mirror
def test_the_jobs_of_phoenix_in_2019(tmp_path: Path) -> None:
    """Maricopa and Pinal together, as the Bureau has them by metropolitan area; no size class is there."""
    (edition, form), *_ = declared("cbp_county", [2019])
    file = real_file("www2.census.gov/programs-surveys/cbp/datasets/2019/cbp19co.zip")
    with duckdb.connect() as con:
        form.parse(con, unpacked(file, "zip", tmp_path, "cbp_county", 1 << 30), edition).create("t")
        phoenix = "SELECT sum(employment) FROM t WHERE naics_code = '00' AND county_fips IN ('04013', '04021')"
        assert con.execute(phoenix).fetchone() == (1_849_812,)
        sizes = "SELECT count(COLUMNS('establishments_.*')), min(establishments) FROM t"
        assert con.execute(sizes).fetchone() == (*[0] * 9, 3)
