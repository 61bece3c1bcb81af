"""The directory of institutions: codes get their zeros back, -2 is unknown, persons are not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.errors import SourceError
from orchestration.landing.unpack import unpacked
from orchestration.sample.economy import simulate
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.ipeds.sample import campuses, write
from tests.sources.reading import Rows, declared, real_file, text_file, tidy

HEADER = "UNITID,INSTNM,CITY,STABBR,ZIP,FIPS,CHFNM,OPEID,ICLEVEL,CONTROL,CYACTIVE,COUNTYCD"
LINES = [
    '100654,"Ash University","Ash","AL","35762-0110", 1,"Dr. A",00100200,1,1,1,1089',
    '100663,"Colegio Ñandú","Far","GU"," ",66,"B",-2,-3,-3,3,-2',
]


def read(*files: Path, period: str = "2020") -> Rows:
    form = next(f for e, f in declared("ipeds_institutions") if e.period == period)
    return tidy(form.parse, *files, period=period)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_codes_and_unknown_marks(tmp_path: Path, encoding: str) -> None:
    rows = read(text_file(tmp_path, "hd2020.csv", [HEADER, *LINES], encoding=encoding))
    assert [tuple(row.values()) for row in rows] == [
        ("100654", "Ash University", "00100200", "Ash", "AL", "35762", "01089", 1, 1, True),
        ("100663", "Colegio Ñandú", None, "Far", "GU", None, None, None, None, False),
    ]


def test_bytes_of_no_known_encoding_are_refused(tmp_path: Path) -> None:
    file = text_file(tmp_path, "hd2020.csv", [HEADER, *LINES], encoding="cp1252")
    file.write_bytes(file.read_bytes().replace(b"Ash University", b"Ash \x81niversity"))
    with pytest.raises(SourceError, match="text neither in UTF-8 nor in cp1252"):
        read(file)


def test_quotes_within_quotes_and_the_revised_file(tmp_path: Path) -> None:
    first = text_file(tmp_path, "hd2020.csv", [HEADER, LINES[1]], encoding="cp1252")
    odd = LINES[0].replace("Ash University", 'The "Ash" University')
    revised = text_file(tmp_path, "hd2020_rv.csv", [HEADER, odd], encoding="cp1252")
    (row,) = read(first, revised)
    assert (row["unit_id"], row["county_fips"]) == ("100654", "01089")


def test_a_file_of_another_year_is_refused(tmp_path: Path) -> None:
    right = text_file(tmp_path, "hd2020.csv", [HEADER, *LINES], encoding="cp1252")
    wrong = text_file(tmp_path, "hd2019_rv.csv", [HEADER, *LINES], encoding="cp1252")
    with pytest.raises(SourceError, match="by its name the file is of 2019, not of 2020") as caught:
        read(right, wrong)
    assert (caught.value.dataset, caught.value.file) == ("ipeds_institutions", "hd2019_rv.csv")
    assert "another year's file" in caught.value.remedy


def test_nothing_of_persons_is_kept() -> None:
    names = [column.name for column in SOURCES["ipeds_institutions"].contract.columns]
    assert names == [
        *("unit_id", "name", "opeid", "city", "state_abbreviation", "zip_code", "county_fips", "level", "control"),
        *("is_active", "period", "vintage"),
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([HEADER.replace("COUNTYCD", "COUNTY"), *LINES], "column COUNTYCD is missing"),
        ([HEADER, LINES[0], LINES[0]], "2 rows have the same unit_id 100654"),
        ([HEADER, LINES[0].replace(",1,1,1,1089", ",one,1,1,1089")], "ICLEVEL holds the text 'one' where a whole"),
        ([HEADER, LINES[0].replace(",1,1089", ",yes,1089")], "CYACTIVE holds the text 'yes' where a whole"),
        ([HEADER, LINES[0].replace("1089", "101089")], "COUNTYCD holds the text '101089' where a code of 5"),
        ([HEADER, LINES[0], LINES[1] + ",7"], "line 3 has 13 cells where the header has 12"),
        ([HEADER], "a header but no rows"),
        (["<!doctype html><html>Not found</html>"], "answered with an HTML page"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        read(text_file(tmp_path, "hd2020.csv", lines))
    assert caught.value.file == "hd2020.csv"
    assert len(caught.value.remedy) > 10


def test_the_samples_campuses_are_read(tmp_path: Path) -> None:
    economy = simulate(1)
    write(tmp_path, economy, 1)
    (file,) = unpacked(next(tmp_path.rglob("HD2024.zip")), "zip", tmp_path / "u", "ipeds_institutions", 1 << 30)
    rows = {row["unit_id"]: row for row in read(file, period="2024")}
    assert {u: (r["name"], r["county_fips"], r["zip_code"]) for u, r in rows.items()} == {
        c.unit_id: (c.name, c.county.code, c.zip_code) for c in campuses(economy)
    }
    branches = [r["opeid"][:6] for r in rows.values()]
    assert len(set(branches)) < len(branches)


@pytest.mark.mirror
def test_the_real_directory_of_2020(tmp_path: Path) -> None:
    file = real_file("nces.ed.gov/ipeds/datacenter/data/HD2020.zip")
    rows = {row["unit_id"]: row for row in read(unpacked(file, "zip", tmp_path, "ipeds_institutions", 1 << 30)[0])}
    assert len(rows) == 6440
    assert sum(row["county_fips"] is None for row in rows.values()) == 3
    mit = rows["166683"]
    assert (mit["name"], mit["county_fips"]) == ("Massachusetts Institute of Technology", "25017")
