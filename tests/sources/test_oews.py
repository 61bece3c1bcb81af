"""OEWS workbooks: marks become NULL, codes lose their padding, and only the workbooks wanted are read."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.errors import SourceError
from orchestration.landing.unpack import unpacked
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.oews.parse import naics_code, parse_industry, parse_metro
from orchestration.sources.source import Parser
from orchestration.sources.tidy import write_partition
from tests.sources.books import Cells, book
from tests.sources.reading import Rows, declared, real_file
from tests.sources.reading import tidy as tidy_of

HEADER = [
    "AREA", "AREA_TITLE", "AREA_TYPE", "PRIM_STATE", "NAICS", "NAICS_TITLE", "I_GROUP", "OWN_CODE", "OCC_CODE",
    "OCC_TITLE", "O_GROUP", "TOT_EMP", "EMP_PRSE", "JOBS_1000", "LOC_QUOTIENT", "A_MEAN", "A_MEDIAN",
]  # fmt: skip
ABILENE = ["10180", "Abilene, TX", 4, "TX", "000000", "Cross-industry", "cross-industry", "1235"]
MSA = [
    HEADER,
    [*ABILENE, "00-0000", "All Occupations", "total", 75070, 0, 1000, 1, 54360, 44340],
    [*ABILENE, "29-1229", "Physicians, All Other", "detailed", 60, 21.5, 0.812, 1.05, 301500, "#"],
    [*ABILENE, "27-2011", "Actors", "detailed", "**", "**", "**", "**", "*", "*"],
    [
        10420,
        "Akron, OH",
        4,
        "OH",
        *ABILENE[4:],
        "00-0000",
        "All Occupations",
        "total",
        320000,
        0,
        1000,
        1,
        60000,
        48000,
    ],
]
US = ["99", "U.S.", 1, "US"]
SECTOR = [HEADER, [*US, "31-33", "Manufacturing", "sector", None, "00-0000", "All Occupations", "total", 12_700_000]]
THREE = [HEADER, [*US, "113000", "Forestry and Logging", "3-digit", None, "00-0000", "All Occupations", "total", 41620]]
FOUR = [
    HEADER,
    [*US, "113300", "Logging", "4-digit", None, "00-0000", "All Occupations", "total", 41620],
    [*US, "113300", "Logging", "4-digit", None, "45-4022", "Logging Equipment Operators", "detailed", "**"],
    [*US, "3250A1", "Chemical Manufacturing (3251 and 3252 only)", "4-digit", "", "00-0000", "All", "total", 170],
    [*US, "999100", "Federal Executive Branch", "4-digit", "1", "00-0000", "All Occupations", "total", 2_000_000],
]


def tidy(parse: Parser, *files: Path) -> Rows:
    """What a parser makes of files asked for as May 2025."""
    return tidy_of(parse, *files, period="2025-05")


def written(folder: Path, name: str, rows: Cells, sheet: str = "Sheet1") -> Path:
    path = folder / name
    path.write_bytes(book({sheet: rows}))
    return path


def changed(rows: Cells, row: int, column: str, value: object) -> Cells:
    edited = [list(cells) for cells in rows]
    edited[row][HEADER.index(column)] = value
    return edited


def test_marks_are_unknown_and_not_zero(tmp_path: Path) -> None:
    rows = tidy(parse_metro, written(tmp_path, "MSA_M2025_dl.xlsx", MSA))
    total, actors, physicians, akron = rows
    assert total == {
        "year": 2025, "area_code": "10180", "area_title": "Abilene, TX", "occupation_code": "00-0000",
        "occupation_title": "All Occupations", "occupation_group": "total", "employment": 75070,
        "jobs_per_1000": 1000.0, "location_quotient": 1.0, "annual_mean_wage": 54360, "annual_median_wage": 44340,
        "annual_median_wage_topcoded": False,
    }  # fmt: skip
    figures = (
        "employment",
        "location_quotient",
        "annual_mean_wage",
        "annual_median_wage",
        "annual_median_wage_topcoded",
    )
    assert [physicians[name] for name in figures] == [60, 1.05, 301500, None, True]
    assert [actors[name] for name in figures] == [None, None, None, None, False]
    assert (akron["area_code"], akron["employment"]) == ("10420", 320000)


def test_only_metropolitan_areas_are_read(tmp_path: Path) -> None:
    files = [written(tmp_path, "BOS_M2025_dl.xlsx", [HEADER]), written(tmp_path, "MSA_M2025_dl.xlsx", MSA)]
    notes = written(tmp_path, "field_descriptions.xlsx", [["Field", "Description"]])
    assert len(tidy(parse_metro, files[0], notes, files[1])) == 4


def test_columns_are_found_by_name_in_any_order_and_case(tmp_path: Path) -> None:
    turned = [[*reversed(row), "x"] for row in [[str(name).lower() for name in HEADER], *MSA[1:]]]
    path = written(tmp_path, "MSA_M2025_dl.xlsx", MSA)
    wanted = tidy(parse_metro, path)
    assert tidy(parse_metro, written(tmp_path, "MSA_M2025_dl.xlsx", turned)) == wanted


def test_notes_at_the_foot_are_left_out(tmp_path: Path) -> None:
    assert len(tidy(parse_metro, written(tmp_path, "MSA_M2025_dl.xlsx", [*MSA, [], ["Note: …"]]))) == 4


def test_industries_of_all_levels_but_not_by_owner(tmp_path: Path) -> None:
    files = [
        written(tmp_path, "nat4d_M2025_dl.xlsx", FOUR),
        written(tmp_path, "natsector_M2025_dl.xlsx", SECTOR),
        written(tmp_path, "nat4d_owner_M2025_dl.xlsx", FOUR),
        written(tmp_path, "nat3d_M2025_dl.xlsx", THREE),
        written(tmp_path, "nat5d_6d_M2025_dl.xlsx", [
            HEADER, [*US, "113310", "Logging", "6-digit", None, "00-0000", "All Occupations", "total", 41620],
            [*US, "113310", "Logging", "5-digit", None, "00-0000", "All Occupations", "total", 41620],
        ]),
    ]  # fmt: skip
    rows = tidy(parse_industry, *files)
    names = ("naics_code", "industry_level", "ownership", "occupation_code", "employment")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("113", "3-digit", None, "00-0000", 41620),
        ("1133", "4-digit", None, "00-0000", 41620),
        ("1133", "4-digit", None, "45-4022", None),
        ("11331", "5-digit", None, "00-0000", 41620),
        ("113310", "6-digit", None, "00-0000", 41620),
        ("31-33", "sector", None, "00-0000", 12_700_000),
        ("3250A1", "4-digit", None, "00-0000", 170),
        ("9991", "4-digit", "1", "00-0000", 2_000_000),
    ]


@pytest.mark.parametrize(
    ("code", "level", "plain"),
    [
        ("113000", "3-digit", "113"), ("113300", "4-digit", "1133"), ("113310", "5-digit", "11331"),
        ("113310", "6-digit", "113310"), ("44-45", "sector", "44-45"), ("11", "sector", "11"),
        ("3250A1", "4-digit", "3250A1"),
    ],
)  # fmt: skip
def test_padding(code: str, level: str, plain: str) -> None:
    assert naics_code(code, level) == plain


BAD = [
    ("a column renamed", changed(MSA, 0, "TOT_EMP", "EMPLOYMENT"), "column TOT_EMP is missing"),
    ("text for a number", changed(MSA, 1, "TOT_EMP", "75,070"), "column TOT_EMP holds the text '75,070'"),
    ("a number as text", changed(MSA, 1, "A_MEAN", "54360"), "column A_MEAN holds the text '54360'"),
    ("half a job", changed(MSA, 1, "TOT_EMP", 75070.5), "column TOT_EMP holds 75070.5 where a whole number"),
    ("a row twice", [*MSA, MSA[2]], "two rows of area_code 10180, occupation_code 29-1229"),
    ("an empty sheet", [], "column AREA, AREA_TITLE"),
    ("a header only", MSA[:1], "the sheet has a header but no rows"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "said"), [pytest.param(r, said, id=name) for name, r, said in BAD])
def test_a_bad_workbook_is_refused(tmp_path: Path, rows: Cells, said: str) -> None:
    path = written(tmp_path, "MSA_M2025_dl.xlsx", rows)
    with pytest.raises(SourceError, match=said) as caught:
        tidy(parse_metro, path)
    assert caught.value.file == path.name
    assert len(caught.value.remedy) > 10


def test_an_industrys_occupation_in_two_workbooks_is_refused(tmp_path: Path) -> None:
    files = [written(tmp_path, f"{name}_M2025_dl.xlsx", SECTOR) for name in ("natsector", "nat5d")]
    files += [written(tmp_path, "nat3d_M2025_dl.xlsx", THREE), written(tmp_path, "nat4d_M2025_dl.xlsx", FOUR)]
    with pytest.raises(
        SourceError, match="two rows of naics_code 31-33, industry_level sector, occupation_code 00-0000"
    ):
        tidy(parse_industry, *files)


def test_a_level_that_is_missing_is_told(tmp_path: Path) -> None:
    files = [written(tmp_path, "natsector_M2025_dl.xlsx", SECTOR), written(tmp_path, "nat4d_M2025_dl.xlsx", FOUR)]
    with pytest.raises(SourceError, match="holds no industries of the level 3-digit"):
        tidy(parse_industry, *files)


@pytest.mark.parametrize("parse", [parse_metro, parse_industry])
def test_other_workbooks_and_years_are_refused(tmp_path: Path, parse: Parser) -> None:
    others = [written(tmp_path, "BOS_M2025_dl.xlsx", MSA), written(tmp_path, "nat4d_owner_M2025_dl.xlsx", FOUR)]
    with pytest.raises(SourceError, match=r"no workbook of the archive is named like .* \(there are BOS_M2025_dl"):
        tidy(parse, *others)
    old = [written(tmp_path, "MSA_M2024_dl.xlsx", MSA), written(tmp_path, "nat4d_M2024_dl.xlsx", FOUR)]
    with pytest.raises(SourceError, match="the workbook is of 2024, not of 2025"):
        tidy(parse, *old)


def test_every_may_since_2024_is_asked_for_newest_first() -> None:
    offers = declared("oews_metro")
    assert [(edition.period, form.resources[0].url) for edition, form in offers] == [
        (f"20{yy}-05", f"https://www.bls.gov/oes/special-requests/oesm{yy}ma.zip") for yy in (26, 25, 24)
    ]
    assert [edition.period for edition, _ in declared("oews_industry")] == ["2026-05", "2025-05", "2024-05"]


def test_two_mays_stand_side_by_side(tmp_path: Path) -> None:
    offers = {edition.period: (edition, form) for edition, form in declared("oews_metro")}
    for period, jobs in (("2024-05", 74_000), ("2025-05", 75_070)):
        edition, form = offers[period]
        file = written(tmp_path, f"MSA_M{edition.year}_dl.xlsx", changed(MSA, 1, "TOT_EMP", jobs))
        with duckdb.connect() as con:
            target = tmp_path / "oews_metro" / f"{edition.name}.parquet"
            write_partition(form.parse(con, [file], edition), target, "oews_metro", file.name, edition)
    view = f"read_parquet('{tmp_path}/oews_metro/*.parquet')"
    with duckdb.connect() as con:
        abilene = (
            f"SELECT period, year, employment FROM {view} WHERE area_code = '10180' AND occupation_group = 'total'"
        )
        assert con.execute(f"{abilene} ORDER BY period").fetchall() == [
            ("2024-05", 2024, 74_000),
            ("2025-05", 2025, 75_070),
        ]
        grain = ", ".join(SOURCES["oews_metro"].contract.grain)
        assert con.execute(f"SELECT {grain} FROM {view} GROUP BY ALL HAVING count(*) > 1").fetchall() == []


def real(archive: str, tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """What the real archive of 2025 becomes, as the table `t`."""
    file = real_file(f"www.bls.gov/oes/special-requests/{archive}")
    name = "oews_metro" if "ma" in archive else "oews_industry"
    edition, form = next((e, f) for e, f in declared(name) if f.resources[0].url.endswith(archive))
    con = duckdb.connect()
    form.parse(con, unpacked(file, "zip", tmp_path, name, 1 << 30), edition).create("t")
    return con


@pytest.mark.mirror
def test_the_real_metropolitan_areas(tmp_path: Path) -> None:
    con = real("oesm25ma.zip", tmp_path)
    counted = """
        SELECT count(*), count(DISTINCT area_code), count(DISTINCT occupation_code), count(*) - count(employment),
            count(*) FILTER (annual_median_wage_topcoded), count(*) - count(annual_median_wage), min(year), max(year)
        FROM t
    """
    assert con.execute(counted).fetchone() == (150_023, 393, 847, 2939, 208, 1922, 2025, 2025)
    abilene = """
        SELECT area_title, occupation_title, employment, jobs_per_1000, location_quotient, annual_median_wage
        FROM t WHERE area_code = '10180' AND occupation_code = '11-1021'
    """
    row = ("Abilene, TX", "General and Operations Managers", 2120, 28.241, 1.25, 86200)
    assert con.execute(abilene).fetchone() == row


@pytest.mark.mirror
def test_the_real_industries(tmp_path: Path) -> None:
    con = real("oesm25in4.zip", tmp_path)
    levels = "SELECT industry_level, count(*), count(DISTINCT naics_code) FROM t GROUP BY ALL ORDER BY ALL"
    assert con.execute(levels).fetchall() == [("3-digit", 29_675, 85), ("4-digit", 61_969, 241), ("sector", 12_612, 20)]
    logging = "SELECT naics_code, employment FROM t WHERE industry_title = 'Logging' AND occupation_code = '00-0000'"
    assert con.execute(logging).fetchall() == [("1133", 41620)]
    owners = "SELECT DISTINCT ownership FROM t ORDER BY ownership NULLS LAST"
    assert con.execute(owners).fetchall() == [("1",), ("123",), ("2",), ("3",), (None,)]
    assert con.execute("SELECT count(*) - count(employment) FROM t").fetchone() == (6888,)
