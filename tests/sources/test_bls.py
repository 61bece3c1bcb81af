"""QCEW's three layouts become one tidy table, with withheld cells NULL and years reckoned as BLS does."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.contracts import contracts
from orchestration.errors import NotPublished, SourceError
from orchestration.quality.checklist import tidy_checks
from orchestration.sources.bls.parse import (
    ANNUAL,
    parse_annual,
    parse_area_titles,
    parse_industry_titles,
    parse_quarterly,
    parse_singlefile,
    parse_slices,
)
from orchestration.sources.source import Edition
from tests.sources.reading import declared, real_file, text_file, tidy

ANNUAL_HEADER = (
    '"area_fips","own_code","industry_code","agglvl_code","size_code","year","qtr","disclosure_code",'
    '"annual_avg_estabs","annual_avg_emplvl","total_annual_wages","taxable_annual_wages","annual_contributions",'
    '"annual_avg_wkly_wage","avg_annual_pay","lq_disclosure_code","lq_annual_avg_estabs","lq_annual_avg_emplvl",'
    '"lq_total_annual_wages","oty_disclosure_code","oty_annual_avg_estabs_chg","oty_annual_avg_emplvl_chg",'
    '"oty_total_annual_wages_chg"'
)
PUBLISHED = '"01001","5","3344","76","0","2019","A","",12,345,6900000,1,2,385,20000,"",1.10,0.95,0.90,"",1,-5,-100000'
WITHHELD = '"01001","5","3345","76","0","2019","A","N",3,0,0,0,0,0,0,"N",1.70,0,0,"N",0,0,0'

QUARTERLY_HEADER = (
    '"area_fips","own_code","industry_code","agglvl_code","size_code","year","qtr","disclosure_code","area_title",'
    '"qtrly_estabs_count","month1_emplvl","month2_emplvl","month3_emplvl","total_qtrly_wages"'
)


def quarter(qtr: int, industry: str, figures: str, disclosure: str = "") -> str:
    return f'"01001","5","{industry}","76","0","2018","{qtr}","{disclosure}","Autauga County, Alabama",{figures}'


def quarters_of_one_cell(tmp_path: Path, *cells: tuple[str, list[tuple[str, str]]]) -> list[dict[str, Any]]:
    """Tidy rows of cells, each with (figures, disclosure) of four quarters; a quarter without figures has no row."""
    lines = [QUARTERLY_HEADER]
    for industry, quarters in cells:
        lines += [quarter(q, industry, f, d) for q, (f, d) in enumerate(quarters, start=1) if f]
    return tidy(parse_quarterly, text_file(tmp_path, "2018.q1-q4 01001.csv", lines, end="\r\n"), period="2018")


FULL = (
    "3344",
    [("10,100,110,120,1000", ""), ("10,120,120,120,1100", ""), ("11,90,90,91,900", ""), ("11,0,0,0,500", "")],
)


def test_annual_rows(tmp_path: Path) -> None:
    path = text_file(tmp_path, "2019.annual.singlefile.csv", [ANNUAL_HEADER, PUBLISHED])
    assert tidy(parse_annual, path, period="2019", year=2019) == [
        {
            "area_fips": "01001",
            "own_code": "5",
            "industry_code": "3344",
            "agglvl_code": 76,
            "size_code": "0",
            "year": 2019,
            "disclosure_code": None,
            "annual_avg_estabs": 12,
            "annual_avg_emplvl": 345,
            "total_annual_wages": 6_900_000,
            "avg_annual_pay": 20_000,
            "lq_disclosure_code": None,
            "lq_annual_avg_estabs": 1.1,
            "lq_annual_avg_emplvl": 0.95,
            "lq_total_annual_wages": 0.9,
            "oty_disclosure_code": None,
            "oty_annual_avg_estabs_chg": 1,
            "oty_annual_avg_emplvl_chg": -5,
            "oty_total_annual_wages_chg": -100_000,
            "disagrees": None,
        }
    ]


def test_withheld_figures_are_unknown_and_establishments_are_not(tmp_path: Path) -> None:
    path = text_file(tmp_path, "2019.annual.singlefile.csv", [ANNUAL_HEADER, WITHHELD])
    row = tidy(parse_annual, path, period="2019")[0]
    assert row["disclosure_code"] == "N"
    assert (row["annual_avg_estabs"], row["lq_annual_avg_estabs"]) == (3, 1.7)
    unknown = {name for name, value in row.items() if value is None}
    assert unknown == {
        "annual_avg_emplvl",
        "total_annual_wages",
        "avg_annual_pay",
        "lq_annual_avg_emplvl",
        "lq_total_annual_wages",
        "oty_annual_avg_emplvl_chg",
        "oty_total_annual_wages_chg",
        "disagrees",
    }


REPEATED_HEADER = (
    ANNUAL_HEADER + ',"oty_annual_avg_estabs_pct_chg","oty_annual_avg_emplvl_pct_chg","oty_total_annual_wages_pct_chg"'
)


@pytest.mark.parametrize(
    ("row", "disagrees"),
    [
        (f"{PUBLISHED},9.1,-1.4,-1.4", None),
        (f"{PUBLISHED.replace(',385,', ',386,')},9.1,-1.4,-1.4", None),
        (f"{PUBLISHED.replace(',385,', ',420,')},9.1,-1.4,-1.4", "annual_avg_wkly_wage"),
        (f"{PUBLISHED},9.2,-1.4,-1.4", "oty_annual_avg_estabs_pct_chg"),
        (f"{PUBLISHED},9.1,-1.6,-1.4", "oty_annual_avg_emplvl_pct_chg"),
        (f"{PUBLISHED},9.1,-1.4,1.4", "oty_total_annual_wages_pct_chg"),
        # jobs a quarter more, with pay, wages and the change made to fit
        (
            PUBLISHED.replace("345,6900000", "431,8625000").replace("-5,-100000", "81,1625000") + ",9.1,-1.4,-1.4",
            "oty_annual_avg_emplvl_pct_chg",
        ),
        # what is empty or no number says nothing, nor does a percentage of nothing
        (f"{PUBLISHED.replace(',385,', ',,')},,x,", None),
        (f"{PUBLISHED.replace('1,-5,', '12,345,')},100.0,100.0,-1.4", None),
        # what is withheld prints zeros
        (f"{WITHHELD},0,0,0", None),
    ],
)
def test_a_column_that_prints_the_same_again_and_says_otherwise_is_named(
    tmp_path: Path, row: str, disagrees: str | None
) -> None:
    path = text_file(tmp_path, "a.csv", [REPEATED_HEADER, row])
    [found] = tidy(parse_annual, path)
    assert found["disagrees"] == disagrees


def test_quotient_withheld_for_the_nations_sake_leaves_employment_known(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a.csv", [ANNUAL_HEADER, PUBLISHED.replace('"",1.10,0.95,0.90', '"N",1.10,0,0')])
    row = tidy(parse_annual, path)[0]
    assert (row["annual_avg_emplvl"], row["lq_annual_avg_emplvl"]) == (345, None)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark_make_no_difference(tmp_path: Path, end: str, mark: str) -> None:
    path = text_file(tmp_path, "a.csv", [mark + ANNUAL_HEADER, PUBLISHED, WITHHELD], end=end)
    rows = tidy(parse_annual, path)
    assert [(row["area_fips"], row["annual_avg_emplvl"], row["oty_total_annual_wages_chg"]) for row in rows] == [
        ("01001", 345, -100_000),
        ("01001", None, None),
    ]


def test_reordered_and_added_columns_make_no_difference(tmp_path: Path) -> None:
    plain = tidy(parse_annual, text_file(tmp_path, "a.csv", [ANNUAL_HEADER, PUBLISHED, WITHHELD]))
    turned = [",".join(["new", *reversed(line.split(","))]) for line in (ANNUAL_HEADER, PUBLISHED, WITHHELD)]
    assert tidy(parse_annual, text_file(tmp_path, "b.csv", turned)) == plain


def test_slices_of_other_headers_are_one_table(tmp_path: Path) -> None:
    one = text_file(tmp_path, "01000.csv", [ANNUAL_HEADER, PUBLISHED])
    other = text_file(tmp_path, "02000.csv", [f"{ANNUAL_HEADER},added", PUBLISHED.replace("01001", "02013") + ",1"])
    assert [row["area_fips"] for row in tidy(parse_annual, one, other)] == ["01001", "02013"]


def test_a_slice_of_another_area_is_refused(tmp_path: Path) -> None:
    good = text_file(tmp_path, "01001.csv", [ANNUAL_HEADER, PUBLISHED])
    assert tidy(parse_slices, good) == tidy(parse_annual, good)
    bad = text_file(tmp_path, "02000.csv", [ANNUAL_HEADER, PUBLISHED])
    with pytest.raises(SourceError, match=r"bls_qcew: 02000\.csv: the slice of 02000 holds the rows of 01001\. Remedy"):
        tidy(parse_slices, good, bad)


def test_an_annual_archive_holds_one_file(tmp_path: Path) -> None:
    one = text_file(tmp_path, "a.csv", [ANNUAL_HEADER, PUBLISHED])
    assert tidy(parse_singlefile, one) == tidy(parse_annual, one)
    two = text_file(tmp_path, "b.csv", [ANNUAL_HEADER, WITHHELD])
    with pytest.raises(SourceError, match=r"the archive holds 2 files for one: a\.csv, b\.csv"):
        tidy(parse_singlefile, one, two)


def test_the_slice_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    good = text_file(tmp_path, "01000.csv", [ANNUAL_HEADER, PUBLISHED])
    bad = text_file(tmp_path, "02000.csv", [ANNUAL_HEADER.replace("own_code", "owner"), PUBLISHED])
    with pytest.raises(SourceError, match=r"^bls_qcew: 02000\.csv: column own_code is missing .*Remedy: "):
        tidy(parse_annual, good, bad)


def test_the_slice_with_text_for_a_number_is_named(tmp_path: Path) -> None:
    good = text_file(tmp_path, "01000.csv", [ANNUAL_HEADER, PUBLISHED])
    bad = text_file(tmp_path, "02000.csv", [ANNUAL_HEADER, PUBLISHED, PUBLISHED.replace("345", "(D)")])
    problem = r"02000\.csv: line 3: column annual_avg_emplvl holds the text '\(D\)' where a number belongs\. Remedy: "
    with pytest.raises(SourceError, match=problem):
        tidy(parse_annual, good, bad)


def test_rows_of_two_years_are_refused(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a.csv", [ANNUAL_HEADER, PUBLISHED, PUBLISHED.replace('"2019"', '"2018"')])
    with pytest.raises(SourceError, match="the rows are of 2018, 2019, not of 2019"):
        tidy(parse_annual, path, period="2019", year=2019)


def marked(mark: str, figures: str = "7,0,0,1,2,0,0") -> str:
    """A cell of the annual file with this disclosure mark."""
    return f'"51013","5","4821","76","0","2019","A","{mark}",{figures},"",1.10,0,0,"",1,0,0'


def read_and_judged(path: Path) -> tuple[list[dict[str, Any]], set[str]]:
    """The tidy rows of an annual file, and the checks on disclosure marks that fail on them."""
    rows = tidy(parse_annual, path, period="2019")
    with duckdb.connect() as con:
        layout = ANNUAL | {"disagrees": "VARCHAR"}
        con.execute(f"CREATE TABLE stg_qcew ({', '.join(f'{name} {kind}' for name, kind in layout.items())})")
        con.executemany(f"INSERT INTO stg_qcew VALUES ({', '.join('?' * len(layout))})", [[*r.values()] for r in rows])
        wanted = ("disclosure_marks_are_known", "withheld_cells_are_empty")
        return rows, {c.name for c in tidy_checks() if c.name in wanted and con.execute(c.sql).fetchall()}


@pytest.mark.parametrize("mark", ["N", " N", "N ", "n", " n "])
def test_a_mark_in_another_form_withholds_all_the_same(tmp_path: Path, mark: str) -> None:
    rows, failing = read_and_judged(text_file(tmp_path, "a.csv", [ANNUAL_HEADER, marked(mark)]))
    assert [(r["disclosure_code"], r["annual_avg_emplvl"], r["avg_annual_pay"]) for r in rows] == [("N", None, None)]
    assert failing == set()


@pytest.mark.parametrize("mark", ["D", "-", "x1", "*", " "])
def test_a_mark_that_nobody_knows_is_refused_by_row(tmp_path: Path, mark: str) -> None:
    rows, failing = read_and_judged(text_file(tmp_path, "a.csv", [ANNUAL_HEADER, PUBLISHED, marked(mark)]))
    assert [r["annual_avg_emplvl"] for r in rows] == [345, None]
    assert failing == {"disclosure_marks_are_known"}
    allowed = next(c.values for c in contracts()["stg_qcew"].columns if c.name == "disclosure_code")
    assert rows[1]["disclosure_code"] not in allowed


@pytest.mark.parametrize(
    ("mark", "figures", "jobs"),
    [
        ("", "7,0,0,1,2,0,0", 0),
        ("", "7,30,900,1,2,0,30", 30),
        (" ", "7,30,900,1,2,0,30", 30),
        (" ", "0,0,0,0,0,0,0", 0),
    ],
)
def test_only_a_blank_discloses(tmp_path: Path, mark: str, figures: str, jobs: int) -> None:
    rows, failing = read_and_judged(text_file(tmp_path, "a.csv", [ANNUAL_HEADER, marked(mark, figures)]))
    assert [(r["disclosure_code"], r["annual_avg_emplvl"]) for r in rows] == [(None, jobs)]
    assert failing == set()


@pytest.mark.parametrize(("mark", "stored"), [(" N", "N"), ("n", "N"), ("D", "D")])
def test_a_mark_in_any_quarter_withholds_the_year(tmp_path: Path, mark: str, stored: str) -> None:
    partly = ("3345", [("4,10,10,10,100", ""), ("4,0,0,0,0", mark), ("4,0,0,0,0", "N"), ("4,10,10,10,100", "")])
    row = quarters_of_one_cell(tmp_path, FULL, partly)[1]
    assert (row["disclosure_code"], row["annual_avg_emplvl"], row["total_annual_wages"]) == (stored, None, None)


def test_year_from_quarters_by_hand(tmp_path: Path) -> None:
    # Establishments (10+10+11+11)/4 = 10.5; months 330+360+271+0 = 961, /12 = 80.08; wages 3,500; pay 3,500/80.08.
    row = quarters_of_one_cell(tmp_path, FULL)[0]
    assert row["annual_avg_estabs"] == 11
    assert row["annual_avg_emplvl"] == 80
    assert row["total_annual_wages"] == 3500
    assert row["avg_annual_pay"] == round(3500 / (961 / 12)) == 44
    assert row["year"] == 2018
    assert row["disclosure_code"] is None
    assert row["lq_annual_avg_emplvl"] is None


def test_quarter_without_a_row_counts_as_none(tmp_path: Path) -> None:
    # Two quarters of 24 jobs: 2 * 3 * 24 / 12 = 12 over the year, not 24; one establishment becomes half of one: 2/4.
    seasonal = ("7211", [("1,24,24,24,600", ""), ("", ""), ("", ""), ("1,24,24,24,600", "")])
    row = quarters_of_one_cell(tmp_path, FULL, seasonal)[1]
    assert (row["industry_code"], row["annual_avg_emplvl"], row["total_annual_wages"]) == ("7211", 12, 1200)
    assert row["annual_avg_estabs"] == 1
    assert row["avg_annual_pay"] == 100


def test_cell_withheld_in_any_quarter_is_withheld(tmp_path: Path) -> None:
    partly = ("3345", [("4,10,10,10,100", ""), ("4,0,0,0,0", "N"), ("4,10,10,10,100", ""), ("4,10,10,10,100", "")])
    row = quarters_of_one_cell(tmp_path, FULL, partly)[1]
    assert row["disclosure_code"] == "N"
    assert row["annual_avg_estabs"] == 4
    assert (row["annual_avg_emplvl"], row["total_annual_wages"], row["avg_annual_pay"]) == (None, None, None)


def test_no_jobs_all_year_is_zero_and_has_no_pay(tmp_path: Path) -> None:
    idle = ("1114", [("1,0,0,0,0", "")] * 4)
    row = next(r for r in quarters_of_one_cell(tmp_path, FULL, idle) if r["industry_code"] == "1114")
    assert (row["annual_avg_emplvl"], row["total_annual_wages"], row["avg_annual_pay"]) == (0, 0, None)


def test_year_under_way_is_not_published_yet(tmp_path: Path) -> None:
    lines = [QUARTERLY_HEADER, *(quarter(q, "3344", "10,100,110,120,1000") for q in (1, 2, 3))]
    path = text_file(tmp_path, "2018.q1-q3 01001.csv", lines)
    with pytest.raises(NotPublished, match=r"2018\.q1-q3 01001\.csv: 2018 holds quarters 1, 2, 3 only.*Remedy: wait"):
        tidy(parse_quarterly, path, period="2018")


def test_both_parsers_make_one_table(tmp_path: Path) -> None:
    annual = tidy(parse_annual, text_file(tmp_path, "a.csv", [ANNUAL_HEADER, PUBLISHED]))
    assert list(quarters_of_one_cell(tmp_path, FULL)[0]) == list(annual[0])


def test_area_titles(tmp_path: Path) -> None:
    lines = ['"area_fips","area_title"', '"72013","Arecibo Municipio, Puerto Rico"', '"35013","Doña Ana County"']
    assert tidy(parse_area_titles, text_file(tmp_path, "area_titles.csv", lines, end="\r\n")) == [
        {"area_fips": "35013", "area_title": "Doña Ana County"},
        {"area_fips": "72013", "area_title": "Arecibo Municipio, Puerto Rico"},
    ]


@pytest.mark.parametrize(
    ("printed", "title", "mark"),
    [
        ("NAICS 3344 Semiconductor and electronic component mfg.", "Semiconductor and electronic component mfg.", 9999),
        ("NAICS 31-33 Manufacturing", "Manufacturing", 9999),
        ("NAICS12 238111 Residential poured foundation contractors", "Residential poured foundation contractors", 2012),
        ("NAICS02 517310 Telecommunications resellers", "Telecommunications resellers", 2002),
        ("Total, all industries", "Total, all industries", 9999),
        ("1012 Construction", "1012 Construction", 9999),
    ],
)
def test_industry_titles_lose_the_code_they_repeat_and_keep_the_edition_they_are_marked_with(
    tmp_path: Path, printed: str, title: str, mark: int
) -> None:
    path = text_file(tmp_path, "industry_titles.csv", ["industry_code,industry_title", f'x,"{printed}"'])
    assert tidy(parse_industry_titles, path) == [{"industry_code": "x", "industry_title": title, "naics_mark": mark}]


def area_list(tmp_path: Path, codes: list[str], name: str = "areas") -> Path:
    """A tidy list of areas, as the one that QCEW needs."""
    path = tmp_path / f"{name}.parquet"
    with duckdb.connect() as con:
        con.execute("CREATE TABLE areas (area_fips VARCHAR)")
        con.executemany("INSERT INTO areas VALUES (?)", [[code] for code in codes])
        con.table("areas").write_parquet(str(path))
    return path


def test_formats_are_asked_for_in_order(tmp_path: Path) -> None:
    areas = area_list(tmp_path, ["US000", "USMSA", "02000", "01000", "01001", "72000", "C1018"])
    offers = declared("bls_qcew", [2019], {"bls_qcew_areas": [areas]})
    assert [(edition.name, form.name) for edition, form in offers] == [
        ("2019", "singlefile"), ("2019", "quarterly_by_area"), ("2019", "area_slices"),
    ]  # fmt: skip
    files = "https://data.bls.gov/cew/data/files/2019/csv/2019"
    assert [form.resources[0].url for _, form in offers[:2]] == [
        f"{files}_annual_singlefile.zip", f"{files}_qtrly_by_area.zip",
    ]  # fmt: skip
    slices = offers[2][1].resources
    assert [Path(r.url).name for r in slices] == ["US000.csv", "01000.csv", "02000.csv", "72000.csv"]
    assert [r.optional for r in slices] == [False, False, False, True]


def test_slices_are_asked_for_of_the_areas_of_every_list_ever_landed(tmp_path: Path) -> None:
    lists = [area_list(tmp_path, ["US000", "01000"], "old"), area_list(tmp_path, ["US000", "02000"], "new")]
    slices = declared("bls_qcew", [2019], {"bls_qcew_areas": lists})[2][1].resources
    assert [Path(r.url).name for r in slices] == ["US000.csv", "01000.csv", "02000.csv"]


def test_slices_are_not_asked_for_before_areas_are_known() -> None:
    offers = declared("bls_qcew", [2019], {"bls_qcew_areas": []})
    assert [form.name for _, form in offers] == ["singlefile", "quarterly_by_area"]


@pytest.mark.mirror
def test_real_titles() -> None:
    areas = real_file("data.bls.gov/cew/doc/titles/area/area_titles.csv")
    industries = real_file("data.bls.gov/cew/doc/titles/industry/industry_titles.csv")
    with_code = real_titles(parse_area_titles, areas)
    assert with_code["US000"] == "U.S. TOTAL"
    assert with_code["06085"] == "Santa Clara County, California"
    assert sum(code[2:] == "000" and code[:2].isdigit() for code in with_code) >= 51
    titled = real_titles(parse_industry_titles, industries)
    assert titled["10"] == "Total, all industries"
    assert titled["3344"].startswith("Semiconductor")
    assert not [title for title in titled.values() if title.startswith("NAICS")]


def real_titles(parse: Any, path: Path) -> dict[str, str]:
    with duckdb.connect() as con:
        found = {row[0]: row[1] for row in parse(con, [path], Edition("series", None, ())).fetchall()}
    return found


@pytest.mark.mirror
def test_real_slice_has_what_alabama_published(tmp_path: Path) -> None:
    path = real_file("data.bls.gov/cew/data/api/2019/a/area/01000.csv")
    copy = tmp_path / path.name
    copy.symlink_to(path)
    rows = tidy(parse_annual, copy, period="2019", year=2019)
    assert len(rows) == len(path.read_text(encoding="utf-8").splitlines()) - 1
    total = next(row for row in rows if (row["own_code"], row["industry_code"]) == ("0", "10"))
    assert (total["annual_avg_emplvl"], total["total_annual_wages"]) == (1_989_555, 97_168_689_833)
    assert not [r for r in rows if r["disclosure_code"] == "N" and r["annual_avg_emplvl"] is not None]
    assert [r for r in rows if r["disclosure_code"] == "N"]


@pytest.mark.mirror
def test_real_quarters_annualise_to_the_published_county(tmp_path: Path) -> None:
    path = real_file("data.bls.gov/cew/data/files/2016/csv/2016_qtrly_by_area.zip")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    files = sorted(tmp_path.rglob("*.csv"))
    assert len(files) == 9
    rows = tidy(parse_quarterly, *files, period="2016", year=2016)
    cell = next(r for r in rows if (r["area_fips"], r["own_code"], r["industry_code"]) == ("06085", "5", "3344"))
    assert (cell["annual_avg_estabs"], cell["annual_avg_emplvl"]) == (432, 40_528)
