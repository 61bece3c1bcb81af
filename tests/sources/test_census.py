"""Census files in their old and new layouts become the same tidy tables."""

from __future__ import annotations

from pathlib import Path

import duckdb
import openpyxl
import pytest

from orchestration.errors import SourceError
from orchestration.sources.census.parse import (
    parse_adjacency,
    parse_delineation,
    parse_gazetteer,
    parse_population,
    parse_ragged_adjacency,
)
from orchestration.sources.source import Edition
from tests.sources.reading import Rows, real_file, text_file, tidy

RAGGED = [
    '"Autauga County, AL"\t01001\t"Autauga County, AL"\t01001',
    '\t\t"Chilton County, AL"\t01021',
    '"Doña Ana County, NM"\t35013\t"Doña Ana County, NM"\t35013',
    '\t\t"El Paso County, TX"\t48141',
    '\t\t"El Paso County, TX"\t48141',
]
PIPED = [
    "County Name|County GEOID|Neighbor Name|Neighbor GEOID|Length",
    "Autauga County, AL|01001|Autauga County, AL|01001|0",
    "Autauga County, AL|01001|Chilton County, AL|01021|1234",
    "Doña Ana County, NM|35013|Doña Ana County, NM|35013|0",
    "Doña Ana County, NM|35013|El Paso County, TX|48141|99",
]
# As published: a county may stand beside itself, and a pair may lack its reverse.
PAIRS = [
    {"county_fips": "01001", "neighbour_fips": "01001"},
    {"county_fips": "01001", "neighbour_fips": "01021"},
    {"county_fips": "35013", "neighbour_fips": "35013"},
    {"county_fips": "35013", "neighbour_fips": "48141"},
]
TABBED_GAZETTEER = [
    "USPS\tGEOID\tANSICODE\tNAME\tPOP10\tHU10\tALAND\tAWATER\tALAND_SQMI\tAWATER_SQMI\tINTPTLAT\tINTPTLONG   ",
    "NM\t35013\t00929104\tDoña Ana County\t209\t81\t9861045042\t18426414\t3807.370\t7.114\t32.350912\t-106.832182",
]
PIPED_GAZETTEER = [
    "USPS|GEOID|GEOIDFQ|ANSICODE|NAME|ALAND|AWATER|ALAND_SQMI|AWATER_SQMI|INTPTLAT|INTPTLONG",
    "NM|35013|0500000US35013|00929104|Doña Ana County|9861045042|18426414|3807.370|7.114|32.350912|-106.832182",
]
DOÑA_ANA = {
    "county_fips": "35013",
    "county_name": "Doña Ana County",
    "land_area_m2": 9_861_045_042,
    "latitude": 32.350912,
    "longitude": -106.832182,
}
DELINEATION_HEADER = [
    "CBSA Code",
    "Metropolitan Division Code",
    "CSA Code",
    "CBSA Title",
    "Metropolitan/Micropolitan Statistical Area",
    "County/County Equivalent",
    "State Name",
    "FIPS State Code",
    "FIPS County Code",
    "Central/Outlying County",
]
METRO, MICRO = "Metropolitan Statistical Area", "Micropolitan Statistical Area"
MEMBERS = [
    ["41940", "", "488", "San Jose-Sunnyvale, CA", METRO, "Santa Clara County", "California", "06", "085", "Central"],
    ["10100", "", "", "Aberdeen, SD", MICRO, "Brown County", "South Dakota", "46", "013", "Central"],
]  # fmt: skip
NOTES = ["Note: The 2023 delineations are of July 2023", "Source: File prepared by U.S. Census Bureau"]


def workbook(tmp_path: Path, header: list[str], rows: list[list[str]]) -> Path:
    """A delineation as the Census Bureau lays it out: two lines above the header, notes below the rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["List 1. CORE BASED STATISTICAL AREAS (CBSAs)"])
    sheet.append([])
    for row in (header, *rows, *([note] for note in NOTES)):
        sheet.append(row)
    path = tmp_path / "list1_2023.xlsx"
    book.save(path)
    return path


def delineated(path: Path) -> Rows:
    return tidy(parse_delineation, path, period="2023-07")


def test_ragged_adjacency(tmp_path: Path) -> None:
    path = text_file(tmp_path, "county_adjacency.txt", RAGGED, encoding="latin-1", end="\r\n")
    assert tidy(parse_ragged_adjacency, path) == PAIRS


@pytest.mark.parametrize("line", ["\t\tChilton County\t1021", "\tChilton County\t01021", "<html>", "\t\tX\t"])
def test_ragged_adjacency_names_the_line_it_cannot_read(tmp_path: Path, line: str) -> None:
    path = text_file(tmp_path, "county_adjacency.txt", [RAGGED[0], line])
    with pytest.raises(SourceError, match=r"^census_adjacency: county_adjacency\.txt: line 2 .*Remedy: "):
        tidy(parse_ragged_adjacency, path)


def test_ragged_adjacency_needs_a_county_to_begin_with(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 1 "):
        tidy(parse_ragged_adjacency, text_file(tmp_path, "county_adjacency.txt", RAGGED[1:]))


def test_ragged_adjacency_reads_a_line_without_its_name_with_a_note(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines = [*RAGGED, '    46013\t"Edmunds County, SD"\t46045', '\t\t"Spink County, SD"\t46115']
    path = text_file(tmp_path, "county_adjacency.txt", lines, encoding="latin-1", end="\r\n")
    with caplog.at_level("WARNING", logger="clusters.ingest"):
        read = tidy(parse_ragged_adjacency, path)
    assert [row for row in read if row not in PAIRS] == [
        {"county_fips": "46013", "neighbour_fips": "46045"},
        {"county_fips": "46013", "neighbour_fips": "46115"},
    ]
    (note,) = caplog.messages
    assert note.startswith("census_adjacency: county_adjacency.txt: line 6 lacks its first field")


@pytest.mark.parametrize(
    "line", ["    4601\tEdmunds\t46045", "Spink\tEdmunds\t46045", "46013\tEdmunds", "46013\tX\t4604"]
)
def test_ragged_adjacency_guesses_no_code(tmp_path: Path, line: str) -> None:
    with pytest.raises(SourceError, match=r"county_adjacency\.txt: line 6 "):
        tidy(parse_ragged_adjacency, text_file(tmp_path, "county_adjacency.txt", [*RAGGED, line], "latin-1"))


def test_piped_adjacency(tmp_path: Path) -> None:
    assert tidy(parse_adjacency, text_file(tmp_path, "county_adjacency2025.txt", PIPED)) == PAIRS


def test_piped_adjacency_without_its_column(tmp_path: Path) -> None:
    path = text_file(tmp_path, "county_adjacency2024.txt", [PIPED[0].replace("Neighbor GEOID", "Neighbor"), *PIPED[1:]])
    with pytest.raises(SourceError, match=r"county_adjacency2024\.txt: column Neighbor GEOID is missing"):
        tidy(parse_adjacency, path)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("lines", [TABBED_GAZETTEER, PIPED_GAZETTEER], ids=["tabs", "bars"])
def test_gazetteer_in_both_layouts_and_encodings(tmp_path: Path, lines: list[str], encoding: str) -> None:
    assert tidy(parse_gazetteer, text_file(tmp_path, "Gaz_counties_national.txt", lines, encoding)) == [DOÑA_ANA]


def test_gazetteer_with_a_mark_and_padding(tmp_path: Path) -> None:
    lines = ["\ufeff" + TABBED_GAZETTEER[0], TABBED_GAZETTEER[1] + "     "]
    assert tidy(parse_gazetteer, text_file(tmp_path, "2024_Gaz_counties_national.txt", lines)) == [DOÑA_ANA]


def test_population_is_one_row_a_place_and_year(tmp_path: Path) -> None:
    lines = [
        "SUMLEV,REGION,DIVISION,STATE,COUNTY,STNAME,CTYNAME,ESTIMATESBASE2020,POPESTIMATE2020,POPESTIMATE2021,NPOPCHG2021",
        "040,3,6,1,0,Alabama,Alabama,5025369,5033094,5049196,16102",
        "050,4,8,35,13,New Mexico,Doña Ana County,219561,219908,221508,1600",
        "010,0,0,0,0,United States,United States,1,2,3,4",
    ]
    path = text_file(tmp_path, "co-est2021-alldata.csv", lines, encoding="latin-1")
    assert tidy(parse_population, path) == [
        {"area_fips": "01000", "year": 2020, "population": 5_033_094},
        {"area_fips": "01000", "year": 2021, "population": 5_049_196},
        {"area_fips": "35013", "year": 2020, "population": 219_908},
        {"area_fips": "35013", "year": 2021, "population": 221_508},
    ]


@pytest.mark.parametrize(("vintage", "fits"), [("2021", True), ("2020", False), ("2022", False), (None, True)])
def test_population_of_another_vintage_is_refused(tmp_path: Path, vintage: str | None, fits: bool) -> None:
    lines = ["SUMLEV,STATE,COUNTY,POPESTIMATE2020,POPESTIMATE2021", "050,01,001,10,11"]
    path = text_file(tmp_path, "co-est.csv", lines, "latin-1")
    if fits:
        assert len(tidy(parse_population, path, period="2020s", vintage=vintage)) == 2
        return
    with pytest.raises(SourceError, match=rf"co-est\.csv: the estimates end with 2021, not with {vintage}"):
        tidy(parse_population, path, period="2020s", vintage=vintage)


def test_population_without_estimates(tmp_path: Path) -> None:
    path = text_file(tmp_path, "co-est2021-alldata.csv", ["SUMLEV,STATE,COUNTY,POPESTIMATESBASE", "050,01,001,5"])
    with pytest.raises(SourceError, match=r"census_population: co-est2021-alldata\.csv: no column POPESTIMATE<year>"):
        tidy(parse_population, path)


def test_delineation_leaves_the_notes_at_the_foot(tmp_path: Path) -> None:
    assert delineated(workbook(tmp_path, DELINEATION_HEADER, MEMBERS)) == [
        {
            "cbsa_code": "10100",
            "cbsa_title": "Aberdeen, SD",
            "cbsa_kind": "micropolitan",
            "county_fips": "46013",
        },
        {
            "cbsa_code": "41940",
            "cbsa_title": "San Jose-Sunnyvale, CA",
            "cbsa_kind": "metropolitan",
            "county_fips": "06085",
        },
    ]


def numbered(row: list[str]) -> list[object]:
    """A row whose codes are typed as numbers, as spreadsheets do when a person has opened them."""
    return [float(cell) if cell.isdigit() else cell for cell in row]


def test_delineation_with_codes_typed_as_numbers(tmp_path: Path) -> None:
    rows = [numbered(MEMBERS[1]), MEMBERS[0], [" 41940", *numbered(MEMBERS[0])[1:8], 7, "Outlying"]]
    read = delineated(workbook(tmp_path, DELINEATION_HEADER, rows))
    assert [(row["cbsa_code"], row["county_fips"]) for row in read] == [
        ("10100", "46013"),
        ("41940", "06007"),
        ("41940", "06085"),
    ]


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        (8, 13.027, "row 5: column FIPS County Code holds the number 13.027 where a code belongs"),
        (0, 10100.5, "row 5: column CBSA Code holds the number 10100.5 where a code belongs"),
        (0, 110100, "row 5: column CBSA Code holds the text '110100' where a code of 5 characters belongs"),
        (7, "46013", "row 5: column FIPS State Code holds the text '46013' where a code of 2 characters belongs"),
        (8, "", "row 5: column FIPS County Code is blank where every row must have it"),
        (0, "", "row 5: column CBSA Code is blank where every row must have it"),
    ],
)
@pytest.mark.parametrize("last", [False, True], ids=["in the middle", "as the last"])
def test_delineation_loses_no_row_without_a_word(
    tmp_path: Path, column: int, cell: object, problem: str, last: bool
) -> None:
    odd: list[object] = [*MEMBERS[1]]
    odd[column] = cell
    rows = [MEMBERS[0], odd] + ([] if last else [["10140", *MEMBERS[1][1:8], "027", "Central"]])
    with pytest.raises(SourceError, match=rf"list1_2023\.xlsx: {problem}"):
        delineated(workbook(tmp_path, DELINEATION_HEADER, rows))


def test_delineation_with_a_county_twice_is_refused(tmp_path: Path) -> None:
    rows = [*MEMBERS, ["10140", *MEMBERS[1][1:]]]
    with pytest.raises(SourceError, match="2 rows have the same state 46, county 013"):
        delineated(workbook(tmp_path, DELINEATION_HEADER, rows))


def test_delineation_in_another_order_of_columns(tmp_path: Path) -> None:
    turned = workbook(tmp_path, DELINEATION_HEADER[::-1], [row[::-1] for row in MEMBERS])
    assert [row["county_fips"] for row in delineated(turned)] == ["46013", "06085"]


def test_delineation_without_its_column(tmp_path: Path) -> None:
    header = ["FIPS" if name == "FIPS County Code" else name for name in DELINEATION_HEADER]
    with pytest.raises(SourceError, match=r"list1_2023\.xlsx: column FIPS County Code is missing.*Remedy: "):
        delineated(workbook(tmp_path, header, MEMBERS))


def test_real_delineation_of_another_vintage_is_refused() -> None:
    path = real_file(
        "www2.census.gov/programs-surveys/metro-micro/geographies/reference-files/2015/delineation-files/list1.xls"
    )
    with duckdb.connect() as con, pytest.raises(SourceError, match="the delineation is of July 2015, not of 2023-07"):
        parse_delineation(con, [path], Edition("2023-07", None, ()))


def test_gazetteer_archive_with_two_files_is_refused(tmp_path: Path) -> None:
    files = [text_file(tmp_path, f"{n}.txt", PIPED_GAZETTEER) for n in (1, 2)]
    with pytest.raises(SourceError, match=r"1\.txt: the archive holds 2 files for one: 1\.txt, 2\.txt"):
        tidy(parse_gazetteer, *files)


def test_delineation_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "list1_2023.xlsx"
    path.write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(
        SourceError, match=r"census_delineation: list1_2023\.xlsx: the publisher sent a xlsx archive that is tr"
    ):
        delineated(path)


@pytest.mark.mirror
def test_real_references(tmp_path: Path) -> None:
    reference = "www2.census.gov/geo/docs"
    adjacency = real(tmp_path, parse_ragged_adjacency, f"{reference}/reference/county_adjacency.txt")
    neighbours = {(row["county_fips"], row["neighbour_fips"]) for row in adjacency}
    assert ("01001", "01021") in neighbours
    assert len({county for county, _ in neighbours}) > 3_130
    path = f"{reference}/maps-data/data/gazetteer/2010_Gazetteer/Gaz_counties_national.txt"
    gazetteer = {row["county_fips"]: row for row in real(tmp_path, parse_gazetteer, path)}
    assert len(gazetteer) == 3_221
    assert gazetteer["35013"]["county_name"] == "Doña Ana County"
    assert gazetteer["01001"]["land_area_m2"] == 1_539_582_278


@pytest.mark.mirror
def test_real_population(tmp_path: Path) -> None:
    path = "www2.census.gov/programs-surveys/popest/datasets/2010-2019/counties/totals/co-est2019-alldata.csv"
    rows = real(tmp_path, parse_population, path)
    assert len(rows) == (3_142 + 51) * 10
    found = {(row["area_fips"], row["year"]): row["population"] for row in rows}
    assert found["06085", 2019] == 1_927_852


@pytest.mark.mirror
def test_real_delineation_in_the_older_workbook_format(tmp_path: Path) -> None:
    path = "www2.census.gov/programs-surveys/metro-micro/geographies/reference-files/2015/delineation-files/list1.xls"
    rows = real(tmp_path, parse_delineation, path, period="2015-07")
    metros = {row["cbsa_code"] for row in rows if row["cbsa_kind"] == "metropolitan"}
    assert len(metros) == 389
    assert [row["county_fips"] for row in rows if row["cbsa_code"] == "41940"] == ["06069", "06085"]
    assert all(len(row["county_fips"]) == 5 for row in rows)


def real(tmp_path: Path, parse, path: str, period: str = "series") -> Rows:
    """Tidy rows of a real file, through a link: nothing is written beside it."""
    source = real_file(path)
    link = tmp_path / source.name
    link.symlink_to(source)
    return tidy(parse, link, period=period)
