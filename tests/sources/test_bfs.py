"""Business Formation Statistics: years become rows, a blank is no county, a mark is not known."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.errors import SourceError
from orchestration.sample.economy import simulate
from orchestration.sources.bfs.sample import PATH, write
from tests.sources.books import book
from tests.sources.reading import Rows, declared, real_file, tidy

HEADER = ["State", "County", "County Code", "fipstate", "fipscty", "BA2021", "BA2022", None]
TITLES = [["County Level Business Applications"], ["The Census Bureau has reviewed the data (DRB CBDRB-FY24-0146)."]]
LINES = [
    ["ZA", "Ash County", "90001", "90", "001", "1,335", "1348", None],
    ["ZA", "Birch County", "90003", "90", "003", "12", " ", None],
    ["ZA", "North Region", "90110", "90", "110", " ", "(D)", None],
]


def read(folder: Path, *rows: list[object]) -> Rows:
    file = folder / "bfs_county_apps_annual.xlsx"
    file.write_bytes(book({"County Data": [*TITLES, *rows]}))
    [(_, form)] = declared("bfs_county")
    return tidy(form.parse, file)


def test_years_become_rows(tmp_path: Path) -> None:
    assert [tuple(row.values()) for row in read(tmp_path, HEADER, *LINES)] == [
        ("90001", "Ash County", 2021, 1335),
        ("90001", "Ash County", 2022, 1348),
        ("90003", "Birch County", 2021, 12),
        ("90110", "North Region", 2022, None),
    ]


def test_numbers_may_be_numbers(tmp_path: Path) -> None:
    [first, second] = read(tmp_path, HEADER, ["ZA", "Ash County", 90001, 90, 1, 0, 1348, None])
    assert (first["county_fips"], first["applications"], second["applications"]) == ("90001", 0, 1348)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[*HEADER[:2], "Code", *HEADER[3:]], *LINES], "column County Code"),
        ([HEADER[:5], *(line[:5] for line in LINES)], "column BA2005 is missing"),
        ([[*HEADER, "BA2021"], *LINES], "column BA2021 stands twice"),
        ([[*HEADER[:6], "BA2022 (p)"], *LINES], r"column 'BA2022 \(p\)' is not named as a year is"),
        ([[*HEADER[:6], "BA 2022"], *LINES], "column 'BA 2022' is not named as a year is"),
        ([[*HEADER[:6], "ba2022"], *LINES], "column 'ba2022' is not named as a year is"),
        ([[*HEADER[:6], "BA2023"], *LINES], "column BA2022 is missing between BA2021 and BA2023"),
        ([HEADER, [*LINES[0][:5], "ninety", "1", None]], "'ninety' where a whole number"),
        ([HEADER, LINES[0], LINES[0]], "2 rows have the same county_fips 90001"),
        ([HEADER], "a header but no rows"),
    ],
)
def test_a_bad_workbook_is_refused(tmp_path: Path, rows: list[list[object]], said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        read(tmp_path, *rows)
    assert caught.value.file == "bfs_county_apps_annual.xlsx"
    assert len(caught.value.remedy) > 10


def test_the_sample_has_each_county_in_its_years(tmp_path: Path) -> None:
    write(tmp_path, simulate(1), 1)
    [(_, form)] = declared("bfs_county")
    rows = tidy(form.parse, tmp_path / PATH)
    years = {county: {r["year"] for r in rows if r["county_fips"] == county} for county in ("94001", "94110")}
    assert years == {"94001": set(range(2018, 2022)), "94110": set(range(2022, 2025))}
    assert [(r["county_fips"], r["year"]) for r in rows if r["applications"] is None] == [("90001", 2018)]


@pytest.mark.mirror
def test_the_real_counties_of_2005_to_2023() -> None:
    [(edition, form)] = declared("bfs_county")
    with duckdb.connect() as con:
        form.parse(con, [real_file(PATH)], edition).create("t")
        total = "SELECT count(*), sum(applications), count(applications) FROM t WHERE year = ?"
        assert con.execute(total, [2016]).fetchone() == (3142, 2_948_578, 3142)
        assert con.execute(total, [2023]).fetchone() == (3144, 5_450_934, 3144)
        maricopa = "SELECT applications FROM t WHERE county_fips = '04013' AND year = 2016"
        assert con.execute(maricopa).fetchone() == (45_178,)
        split = "SELECT county_fips, min(year), max(year) FROM t WHERE county_fips IN ('02261', '02063') GROUP BY ALL"
        assert set(con.execute(split).fetchall()) == {("02261", 2005, 2019), ("02063", 2020, 2023)}
