"""Patents by county and by metropolitan area: a row a year, sums left out, pages that do not add up refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.errors import SourceError
from orchestration.sample.economy import simulate
from orchestration.sources.uspto.sample import FOLDER, write
from tests.sources.reading import Rows, declared, real_file, text_file, tidy

COUNTIES = [
    "FIPS Code|Mail Code|State or Territory|Regional Area Component|2014|2015|Total",
    "90001|BQ|BRENNMARK|Ash County|1,200|800|2000",
    # Of this one the publisher's years do not make the total.
    "90003|BQ|BRENNMARK|Birch (CA) County|3|0|1",
    "90000|BQ|BRENNMARK|Undetermined County|1|0|1",
    "ALL|ALL|ALL U.S. STATES/REGIONS|ALL AREA COMPONENTS|1204|800|2004",
]
METROS = [
    "GeoType|ID Code|U.S. Regional Title|2014|2015|Total",
    "Metropolitan Statistical Area|190010|Ash, BQ|1200|800|2000",
    "Metropolitan Statistical Area||-- Subtotal --|1200|800|2000",
    "|||||",
    "Micropolitan Statistical Area|290020|Birch, BQ|3|0|3",
    "Non Metro/Micropolitan Statistical Area|900990|Non Metro/Micropolitan Statistical Areas, BQ|0|0|0",
    "Undetermined Statistical Area|100|Undetermined Statistical Areas, US|1|0|1",
    "ALL AREAS|---|TOTAL, ALL AREAS|1204|800|2004",
]
COUNTY_PAGE, METRO_PAGE = f"{FOLDER}/countyall/usa_county_gd.htm", f"{FOLDER}/cls_cbsa/allcbsa_gd.htm"


def page(folder: Path, rows: list[str]) -> Path:
    header, *body = [row.split("|") for row in rows]
    lines = ["".join(f"<th>{cell}</th>" for cell in header)]
    lines += ["".join(f"<td>{cell}</td>" for cell in cells) for cells in body]
    table = [f"<tr>{line}</tr>" for line in lines]
    return text_file(folder, "page.htm", ["<html><body>", '<table border="1">', *table, "</table></body></html>"])


def read(file: Path, source_id: str = "uspto_county") -> Rows:
    ((_, form),) = declared(source_id)
    return tidy(form.parse, file)


def test_a_county_has_a_row_for_each_year(tmp_path: Path) -> None:
    assert [tuple(row.values()) for row in read(page(tmp_path, COUNTIES))] == [
        ("90000", "Undetermined County", 2014, 1),
        ("90000", "Undetermined County", 2015, 0),
        ("90001", "Ash County", 2014, 1200),
        ("90001", "Ash County", 2015, 800),
        ("90003", "Birch (CA) County", 2014, 3),
        ("90003", "Birch (CA) County", 2015, 0),
        ("ALL", "ALL AREA COMPONENTS", 2014, 1204),
        ("ALL", "ALL AREA COMPONENTS", 2015, 800),
    ]


def test_an_area_has_its_kind_and_sums_are_left_out(tmp_path: Path) -> None:
    rows = [r for r in read(page(tmp_path, METROS), "uspto_metro") if r["year"] == 2014]
    assert [(r["area_kind"], r["area_code"], r["patents"]) for r in rows] == [
        ("all", "ALL", 1204),
        ("metropolitan", "190010", 1200),
        ("micropolitan", "290020", 3),
        ("outside", "900990", 0),
        ("undetermined", "100", 1),
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([COUNTIES[0].replace("FIPS Code", "Code"), *COUNTIES[1:]], "FIPS Code is missing"),
        ([COUNTIES[0].replace("2014|2015", "2013|2015"), *COUNTIES[1:]], "no header has a column for each year"),
        ([COUNTIES[0].replace("|Total", "|Sum"), *COUNTIES[1:]], "no header has a column for each year"),
        ([COUNTIES[0], COUNTIES[1].replace("|800|", "|some|"), *COUNTIES[2:]], "2015 holds the text 'some' where a"),
        (
            [COUNTIES[0], COUNTIES[1].replace("|800|", "||"), *COUNTIES[2:]],
            "a year, or the Total, of area 90001 is blank",
        ),
        ([*COUNTIES[:2], *COUNTIES[1:]], "2 rows have the same area_code 90001"),
        (COUNTIES[:-1], "no row of all areas whose years add up"),
        ([*COUNTIES[:-1], COUNTIES[-1].replace("1204", "1205")], "no row of all areas whose years add up"),
    ],
)
def test_a_bad_page_is_refused(tmp_path: Path, rows: list[str], said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        read(page(tmp_path, rows))
    assert (caught.value.dataset, caught.value.file) == ("uspto_county", "page.htm")
    assert len(caught.value.remedy) > 10


def test_another_kind_of_area_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="a kind that is not known"):
        read(page(tmp_path, [row.replace("Micropolitan Stat", "Rural Stat") for row in METROS]), "uspto_metro")


def test_the_samples_pages_are_of_one_country(tmp_path: Path) -> None:
    write(tmp_path, simulate(1), 1)
    counties, areas = read(tmp_path / COUNTY_PAGE), read(tmp_path / METRO_PAGE, "uspto_metro")
    total = {r["year"]: r["patents"] for r in counties if r["area_code"] == "ALL"}
    assert list(total) == list(range(2018, 2025))
    assert total == {r["year"]: r["patents"] for r in areas if r["area_kind"] == "all"}
    for year, patents in total.items():
        assert sum(r["patents"] for r in counties if r["year"] == year) == 2 * patents > 1000
        assert sum(r["patents"] for r in areas if r["year"] == year) == 2 * patents


@pytest.mark.mirror
def test_the_real_counties(tmp_path: Path) -> None:
    """Some 3,000 counties of 2000 to 2015; the parts hold up to a thousandth more than the whole, as published."""
    real = text_file(tmp_path, "usa_county_gd.htm", [real_file(COUNTY_PAGE).read_text(encoding="utf-8")])
    rows = read(real)
    patents = {(r["area_code"], r["year"]): r["patents"] for r in rows}
    assert (patents["06085", 2012], patents["06085", 2015]) == (11_490, 14_571)
    assert patents["06085", 2012] + patents["06081", 2012] == 14_556
    ranked = sorted((n, code) for (code, year), n in patents.items() if year == 2015 and code != "ALL")
    assert ranked[-1][1] == "06085"
    assert (len(ranked), patents["ALL", 2015], sum(n for n, _ in ranked)) == (3019, 140_928, 141_001)


@pytest.mark.mirror
def test_the_real_areas(tmp_path: Path) -> None:
    real = text_file(tmp_path, "allcbsa_gd.htm", [real_file(METRO_PAGE).read_text(encoding="utf-8")])
    rows = [r for r in read(real, "uspto_metro") if r["year"] == 2015]
    assert {r["area_kind"] for r in rows} == {"metropolitan", "micropolitan", "outside", "undetermined", "all"}
    patents = {r["area_code"]: r["patents"] for r in rows}
    assert (patents["141940"], patents["ALL"]) == (14_618, 140_928)
