"""BEA's detail workbooks, of today and of 2007, become the same two tables; what does not add up is refused."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import NotPublished, SourceError
from orchestration.landing.unpack import unpacked
from orchestration.sample.bea import write_bea
from orchestration.sample.economy import simulate
from orchestration.sources.bea.detail import is_industry
from orchestration.sources.bea.parse import naics_prefixes, parse_imports, parse_industries, parse_make, parse_use
from orchestration.sources.source import Parser
from tests.sources.books import Cells, book, without_references
from tests.sources.reading import Rows, declared, real_file
from tests.sources.reading import tidy as tidy_of

KEY = [
    ["Industry Codes and Aggregations in the Industry Economic Accounts"],
    [],
    ["BEA Code and Title", None, None, None, "Notes", "Related 2017 NAICS Codes"],
    [11, "Agriculture"],
    [],
    [None, "111CA", "Farms"],
    [],
    [None, None, "1111A0", "Oilseed farming", None, "11111-2"],
    [None, None, 111200, "Vegetable and melon farming †", "†", 1112],
    ["G", "Government"],
    [None, "GSL", "State and local"],
    [None, None, "S00101", "Federal electric utilities", "**", "n/a"],
    ["Used", "Scrap [1]"],
    [None, "Used", "Scrap"],
    [None, None, "S00401", "Scrap"],
    ["† A note at the foot"],
]
TABLE = [
    ["Use Table, After Redefinitions, 2017"],
    ["[Millions of Dollars]"],
    [],
    ["Commodity / Industry", None, "Oilseed", "Vegetable", "Utilities", "Total", "PCE", "Imports", "Final", "Output"],
    ["Code", "Commodity Description", "1111A0", 111200, "S00101", "T001", "F01000", "F05000", "T004", "T007"],
    ["1111A0 ", "Oilseed farming", 500, 1500, None, 2000, 4000, "...", 4000, 6000],
    ["\u00a0111200", "Vegetable farming", 0, 300, 700, 1000, 3100, -100, 3000, 4000],
    ["S00401", "Scrap", None, -50, None, -50, 50, None, 50, None],
    ["T005", "Total Intermediate", 500, 1750, 700, 2950, 7150, -100, 7050, 10000],
    ["V00100", "Compensation of employees", 4000, 2000, 300],
    ["T006", "Total Value Added", 5500, 2250, 300, 8050],
    ["T008", "Total Industry Output", 6000, 4000, 1000],
    [],
    ["Note.  Detail may not add to total due to rounding."],
]
SHEETS = {"ReadMe": [["ReadMe"]], "NAICS Codes": KEY, "2017": TABLE}
NAME = "IOUse_After_Redefinitions_PRO_2017_Detail.xlsx"
EXPECTED = {
    ("1111A0", "1111A0"): 500, ("1111A0", "111200"): 1500, ("1111A0", "T001"): 2000, ("1111A0", "F01000"): 4000,
    ("1111A0", "T004"): 4000, ("1111A0", "T007"): 6000, ("111200", "111200"): 300, ("111200", "S00101"): 700,
    ("111200", "T001"): 1000, ("111200", "F01000"): 3100, ("111200", "F05000"): -100, ("111200", "T004"): 3000,
    ("111200", "T007"): 4000, ("S00401", "111200"): -50, ("S00401", "T001"): -50, ("S00401", "F01000"): 50,
    ("S00401", "T004"): 50, ("T005", "1111A0"): 500, ("T005", "111200"): 1750, ("T005", "S00101"): 700,
    ("T005", "T001"): 2950, ("T005", "F01000"): 7150, ("T005", "F05000"): -100, ("T005", "T004"): 7050,
    ("T005", "T007"): 10000, ("V00100", "1111A0"): 4000, ("V00100", "111200"): 2000, ("V00100", "S00101"): 300,
    ("T006", "1111A0"): 5500, ("T006", "111200"): 2250, ("T006", "S00101"): 300, ("T006", "T001"): 8050,
    ("T008", "1111A0"): 6000, ("T008", "111200"): 4000, ("T008", "S00101"): 1000,
}  # fmt: skip


def tidy(parse: Parser, *files: Path) -> Rows:
    """What a parser makes of files asked for as the benchmark of 2017."""
    return tidy_of(parse, *files, period="2017")


def written(folder: Path, sheets: dict[str, Cells] | None = None, name: str = NAME) -> Path:
    path = folder / name
    path.write_bytes(book(SHEETS if sheets is None else sheets))
    return path


def changed(row: int, column: int, value: object, table: Cells = TABLE) -> Cells:
    rows = [list(cells) for cells in table]
    rows[row] += [None] * (column + 1 - len(rows[row]))
    rows[row][column] = value
    return rows


def values(rows: Rows) -> dict[tuple[str, str], float]:
    return {(row["commodity_code"], row["industry_code"]): row["value"] for row in rows}


def test_the_use_table_in_long_form(tmp_path: Path) -> None:
    rows = tidy(parse_use, written(tmp_path))
    assert values(rows) == EXPECTED
    assert {row["year"] for row in rows} == {2017}


def test_cells_without_references_give_the_same(tmp_path: Path) -> None:
    # Without references, a blank cell has to be there to keep its place.
    full = {name: [["" if cell is None else cell for cell in row] for row in rows] for name, rows in SHEETS.items()}
    path = written(tmp_path, full)
    path.write_bytes(without_references(path.read_bytes()))
    assert values(tidy(parse_use, path)) == EXPECTED


def test_the_key_names_the_beginnings_of_naics_codes(tmp_path: Path) -> None:
    rows = tidy(parse_industries, written(tmp_path))
    assert [tuple(row.values()) for row in rows] == [
        (2017, "1111A0", "Oilseed farming", "111CA", 2017, 1, "11111"),
        (2017, "1111A0", "Oilseed farming", "111CA", 2017, 2, "11112"),
        (2017, "111200", "Vegetable and melon farming", "111CA", 2017, 1, "1112"),
        (2017, "S00101", "Federal electric utilities", "GSL", 2017, 1, None),
        (2017, "S00401", "Scrap", "Used", 2017, 1, None),
    ]


def test_a_key_with_one_more_level_is_read_too(tmp_path: Path) -> None:
    wider = [[*row[:2], None, *row[2:]] for row in (list(r) + [None] * (6 - len(r)) for r in KEY)]
    wider[4] = [None, None, "111", "Crops"]
    rows = tidy(parse_industries, written(tmp_path, {"NAICS Codes": wider, "2017": TABLE}))
    assert {(row["bea_code"], row["summary_code"]) for row in rows} == {
        ("1111A0", "111CA"), ("111200", "111CA"), ("S00101", "GSL"), ("S00401", "Used"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("named", "prefixes"),
    [
        ("11111, 11112", ["11111", "11112"]),
        ("11113-6, 11119", ["11113", "11114", "11115", "11116", "11119"]),
        ("442-4, 446-8, 451, 453-4", ["442", "443", "444", "446", "447", "448", "451", "453", "454"]),
        ("31-33", ["31", "32", "33"]),
        ("332997–9", ["332997", "332998", "332999"]),
        ("23*", ["23"]),
        ("236116, 236117*", ["236116", "236117"]),
        ("3315, 3315", ["3315"]),
        ("n/a", []),
        ("", []),
        ("S00201", []),
    ],
)
def test_forms_in_which_naics_codes_are_named(named: str, prefixes: list[str]) -> None:
    assert naics_prefixes(named) == prefixes


@pytest.mark.parametrize("named", ["part of 5311", "11116-3", "1-11116", "11111 and 11112", "1", "1234567"])
def test_other_forms_are_refused(named: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(named.split(",")[0])):
        naics_prefixes(named)
    with pytest.raises(SourceError, match=f"industry 1111A0 names NAICS codes as {named!r}"):
        tidy(parse_industries, written(tmp_path, {"NAICS Codes": changed(7, 5, named, KEY), "2017": TABLE}))


BAD_TABLES = [
    ("another year in the heading", changed(0, 0, "Use Table, After Redefinitions, 2012"), "says 2012, not 2017"),
    ("no year in the heading", changed(0, 0, "Use Table, After Redefinitions"), "nothing of the kind, not 2017"),
    ("before redefinitions", changed(0, 0, "Use Table, Before Redefinitions, 2017"), "says Before, not After"),
    ("billions", changed(1, 0, "[Billions of Dollars]"), "says billions, not millions"),
    ("no codes", changed(4, 0, "Kode"), "no row of codes"),
    ("text for a number", changed(5, 2, "1,500"), "row 1111A0, column 1111A0 of sheet 2017 holds the text '1,500'"),
    ("a number as text", changed(5, 2, "500"), "holds the text '500'"),
    ("a column without its code", changed(4, 4, None), "column with the code ''"),
    ("a column with a strange code", changed(4, 4, "S-101"), "column with the code 'S-101'"),
    ("a row with a strange code", changed(6, 0, "See note"), "row with the code 'See note'"),
    ("a column twice", changed(4, 4, 111200), "has the column 111200 twice"),
    ("a row twice", [*TABLE[:7], *TABLE[6:]], "has the row 111200 twice"),
    ("no totals", TABLE[:8], "lacks the row T005, T006, T008"),
    ("a total renamed", changed(4, 5, "T900"), "lacks the column T001"),
    ("no rows", TABLE[:5], "lacks the row"),
    ("a value changed", changed(5, 3, 900), "commodities of industry 111200 add up to 1150, the table says 1750"),
    ("output changed", changed(11, 2, 600), "T005 and T006 of industry 1111A0 add up to 6000, the table says 600"),
    ("final uses changed", changed(6, 8, 2000), "commodity 111200 add up to 3000, the table says 4000"),
    ("an unknown industry", changed(4, 4, "S00102"), "the key to NAICS does not know the industries S00102"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "said"), [pytest.param(t, said, id=name) for name, t, said in BAD_TABLES])
def test_a_bad_table_is_refused(tmp_path: Path, table: Cells, said: str) -> None:
    with pytest.raises(SourceError, match=re.escape(said)) as caught:
        tidy(parse_use, written(tmp_path, {"NAICS Codes": KEY, "2017": table}))
    assert (caught.value.dataset, caught.value.file) == ("bea_use", NAME)
    assert len(caught.value.remedy) > 10


BAD_KEYS = [
    ("no edition", changed(2, 5, "Related NAICS Codes", KEY), "no column Related <year> NAICS Codes"),
    ("an industry twice", [*KEY, KEY[7]], "has the industry 1111A0 twice"),
    ("an industry without a title", changed(7, 3, None, KEY), "the industry '1111A0' titled ''"),
    ("no industries", KEY[:7], "lists no industry"),
    ("empty", [], "no column Related <year> NAICS Codes"),
]


@pytest.mark.parametrize(("key", "said"), [pytest.param(k, said, id=name) for name, k, said in BAD_KEYS])
@pytest.mark.parametrize("parse", [parse_use, parse_industries], ids=["use", "industries"])
def test_a_bad_key_is_refused_by_both(tmp_path: Path, parse: Parser, key: Cells, said: str) -> None:
    with pytest.raises(SourceError, match=re.escape(said)):
        tidy(parse, written(tmp_path, {"NAICS Codes": key, "2017": TABLE}))


@pytest.mark.parametrize("parse", [parse_use, parse_industries], ids=["use", "industries"])
def test_a_workbook_of_other_benchmarks_is_none_of_the_year_asked_for(tmp_path: Path, parse: Parser) -> None:
    sheets = {"NAICS Codes": KEY, "2012": TABLE, "2007": TABLE}
    with pytest.raises(NotPublished, match=r"holds the benchmark of 2007, 2012, not of 2017\. Remedy: nothing to do"):
        tidy(parse, written(tmp_path, sheets, NAME.replace("_2017", "")))
    with pytest.raises(SourceError, match=r"sheet 2017 is missing, though .* \(there are 2007, 2012\)") as caught:
        tidy(parse, written(tmp_path, sheets))
    assert not isinstance(caught.value, NotPublished), "a file named by its year that holds another is at fault"


@pytest.mark.parametrize("parse", [parse_use, parse_industries], ids=["use", "industries"])
def test_a_missing_sheet_is_named(tmp_path: Path, parse: Parser) -> None:
    with pytest.raises(SourceError, match=r"sheet NAICS Codes is missing \(there are 2017\)"):
        tidy(parse, written(tmp_path, {"2017": TABLE}))
    with pytest.raises(SourceError, match="sheet 2017 has no row of codes"):
        tidy(parse, written(tmp_path, {"NAICS Codes": KEY, "2017": []}))


def test_the_zip_is_searched_for_the_detail_workbook_and_the_year(tmp_path: Path) -> None:
    older = changed(0, 0, "Use Table, After Redefinitions, 2012")
    sheets = {"NAICS Codes": KEY, "2012": older, "2017": TABLE}
    others = ["IOMake_After_Redefinitions_PRO_Detail.xlsx", "IOUse_After_Redefinitions_PRO_Summary.xlsx"]
    files = [written(tmp_path, {"2017": []}, name) for name in others]
    detail = written(tmp_path, sheets, "IOUse_After_Redefinitions_PRO_Detail.xlsx")
    assert values(tidy(parse_use, *files, detail)) == EXPECTED
    with pytest.raises(SourceError, match="0 detail workbooks of the Use Table for one; there are IOMake_"):
        tidy(parse_use, *files)
    with pytest.raises(SourceError, match="2 detail workbooks of the Use Table for one"):
        tidy(parse_use, detail, written(tmp_path))
    with pytest.raises(SourceError, match="no sheet is named by its year"):
        tidy(parse_use, written(tmp_path, {"NAICS Codes": KEY, "Detail": TABLE}))


def test_rounding_is_no_error(tmp_path: Path) -> None:
    assert tidy(parse_use, written(tmp_path, {"NAICS Codes": KEY, "2017": changed(8, 3, 1765)}))


# --- the real files


ANNUAL = "apps.bea.gov/industry/xls/io-annual"
ZIP = "apps.bea.gov/industry/release/zip/MAKE-USE-IMPORTS (AFTER REDEFINITIONS).zip"


def real(path: str, table: str, tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """What the newest edition that a real file is declared for makes of it, as the table `t`; the file holds it."""
    file = real_file(path)
    url = f"https://{path.replace(' ', '%20')}"
    offers = [(e, form) for e, form in declared(f"bea_{table}") if [r.url for r in form.resources] == [url]]
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as archive:
            archive.extractall(tmp_path)
        file = tmp_path / NAME
    con = duckdb.connect()
    for edition, form in offers:
        try:
            form.parse(con, [file], edition).create("t")
        except NotPublished:
            continue
        return con
    raise AssertionError(f"no declared edition is in {path}")


def asked(con: duckdb.DuckDBPyConnection, query: str) -> tuple:
    row = con.execute(query).fetchone()
    assert row is not None
    return row


INDUSTRY = "NOT regexp_full_match(industry_code, '[FT][0-9].*')"
COMMODITY = "NOT regexp_full_match(commodity_code, '[VT][0-9].*')"


@pytest.mark.mirror
@pytest.mark.parametrize("path", [ZIP, f"{ANNUAL}/{NAME}"])
def test_the_real_table_of_2017(path: str, tmp_path: Path) -> None:
    con = real(path, "use", tmp_path)
    assert asked(con, "SELECT count(*), min(year), max(year) FROM t") == (54065, 2017, 2017)
    assert asked(con, f"SELECT count(DISTINCT industry_code) FROM t WHERE {INDUSTRY}") == (402,)
    assert asked(con, f"SELECT count(DISTINCT commodity_code) FROM t WHERE {COMMODITY}") == (402,)
    assert asked(con, "SELECT count(DISTINCT industry_code) FROM t WHERE industry_code LIKE 'F%'") == (20,)
    # The gross domestic product, as what is used in the end and as what value was added.
    assert asked(con, f"SELECT sum(value) FROM t WHERE industry_code = 'T004' AND {COMMODITY}") == (19_612_108,)
    assert asked(con, f"SELECT sum(value) FROM t WHERE commodity_code = 'T006' AND {INDUSTRY}") == (19_612_103,)
    assert asked(con, "SELECT value FROM t WHERE commodity_code = '1111A0' AND industry_code = '1111A0'") == (8332,)
    assert asked(con, "SELECT value FROM t WHERE commodity_code = 'T008' AND industry_code = '111200'") == (18806,)


@pytest.mark.mirror
def test_the_real_key_of_2017(tmp_path: Path) -> None:
    con = real(ZIP, "industries", tmp_path)
    assert asked(con, "SELECT count(*), count(DISTINCT bea_code), count(*) - count(naics_prefix) FROM t") == (
        767,
        406,
        8,
    )
    assert asked(con, "SELECT list(naics_prefix ORDER BY naics_prefix) FROM t WHERE bea_code = '1111A0'") == (
        ["11111", "11112"],
    )
    shared = "SELECT list(bea_code ORDER BY bea_code) FROM t WHERE naics_prefix = '531110'"
    assert asked(con, shared) == (["531HSO", "531HST"],)


@pytest.mark.mirror
def test_the_real_workbook_of_2007_although_it_was_altered(tmp_path: Path) -> None:
    """Its four deleted rows (331314, S00101, S00201, S00202) are of industries whose product is another's commodity:
    rows of nothing, without which all sums still meet."""
    path = f"{ANNUAL}/IOUse_Before_Redefinitions_PRO_2007_Detail.xlsx"
    con = real(path, "use", tmp_path)
    assert asked(con, "SELECT count(*), min(year), max(year) FROM t") == (52214, 2007, 2007)
    assert asked(con, f"SELECT count(DISTINCT industry_code) FROM t WHERE {INDUSTRY}") == (389,)
    assert asked(con, f"SELECT count(DISTINCT commodity_code) FROM t WHERE {COMMODITY}") == (389,)
    industries_only = f"""
        SELECT list(DISTINCT industry_code ORDER BY industry_code) FROM t
        WHERE {INDUSTRY} AND industry_code NOT IN (SELECT commodity_code FROM t)
    """
    assert asked(con, industries_only) == (["331314", "S00101", "S00201", "S00202"],)
    assert asked(con, "SELECT value FROM t WHERE commodity_code = 'T006' AND industry_code = 'T004'") == (14_477_634,)
    key = real(path, "industries", tmp_path)
    assert asked(key, "SELECT count(*), count(DISTINCT bea_code), min(naics), max(naics) FROM t") == (
        490,
        393,
        2007,
        2007,
    )
    assert asked(key, "SELECT count(*) FROM t WHERE naics_prefix = '23'") == (12,)


MAKE = [
    ["Make Table, After Redefinitions, 2017"],
    ["[Millions of Dollars]"],
    [],
    ["Code", "Industry Description", "1111A0", 111200, "S00401", "T008"],
    ["1111A0", "Oilseed farming", 5900, None, 100, 6000],
    [111200, "Vegetable farming", 60, 3940, None, 4000],
    ["T007", "Total Commodity Output", 5960, 3940, 100, 10000],
]
IMPORTS = [
    ["Import Matrix, Before Redefinitions, Detailed 2017"],
    ["[Millions of Dollars]"],
    [],
    ["Code", "Commodity Description", "1111A0", 111200, "T001", "F01000", "F05000", "T004"],
    ["1111A0", "Oilseed farming", 40, 10, 50, 700, -750, -50],
    ["S00300", "Noncomparable imports", None, 300, 300, None, -300, -300],
]
BESIDE = [
    (parse_make, "IOMake_After_Redefinitions_2017_Detail.xlsx", MAKE),
    (parse_make, "IOMake_After_Redefinitions_Detail .xlsx", MAKE),
    (parse_imports, "ImportMatrices_Before_Redefinitions_DET_2017.xlsx", IMPORTS),
]


@pytest.mark.parametrize(("parse", "name", "table"), BESIDE)
def test_who_makes_what_and_what_is_imported(tmp_path: Path, parse: Parser, name: str, table: Cells) -> None:
    rows = tidy(parse, written(tmp_path, {"2017": table}, name))
    found = {(row["industry_code"], row["commodity_code"]): row["value"] for row in rows}
    if parse is parse_make:
        assert found["111200", "1111A0"] == 60
        assert (found["111200", "T008"], found["T007", "1111A0"], len(found)) == (4000, 5960, 10)
    else:
        assert found["111200", "S00300"] == 300
        assert (found["F05000", "1111A0"], found["T001", "S00300"], len(found)) == (-750, 300, 10)


@pytest.mark.parametrize(
    ("case", "table", "said"),
    [
        (0, changed(4, 2, 5000, MAKE), "the commodities of industry 1111A0 add up to 5100, the table says 6000"),
        (0, changed(5, 2, 160, changed(5, 5, 4100, MAKE)), "the industries of commodity 1111A0 add up to 6060"),
        (0, changed(0, 0, TABLE[0][0], MAKE), "the heading of sheet 2017 says Use Table, not Make Table"),
        (0, MAKE[:6], "lacks the row T007"),
        (2, changed(4, 4, 500, IMPORTS), "T001 and T004 of commodity 1111A0 add up to 450, the table says 0"),
        (2, changed(4, 5, "many", IMPORTS), "row 1111A0, column F01000 of sheet 2017 holds the text 'many'"),
    ],
)
def test_a_bad_table_beside_it_is_refused(tmp_path: Path, case: int, table: Cells, said: str) -> None:
    parse, name, _ = BESIDE[case]
    with pytest.raises(SourceError, match=re.escape(said)) as caught:
        tidy(parse, written(tmp_path, {"2017": table}, name))
    assert caught.value.file == name
    assert len(caught.value.remedy) > 10


@pytest.mark.parametrize("parse", [parse_make, parse_imports])
def test_an_archive_without_them_offers_none(tmp_path: Path, parse: Parser) -> None:
    with pytest.raises(NotPublished, match="0 detail workbooks of the"):
        tidy(parse, written(tmp_path))


def test_the_samples_tables_are_of_one_economy(tmp_path: Path) -> None:
    write_bea(tmp_path, simulate(1), 1)
    files = unpacked(next(tmp_path.rglob("*.zip")), "zip", tmp_path / "u", "bea_make", 1 << 30)
    used, made, imported = (tidy(parse, *files) for parse in (parse_use, parse_make, parse_imports))
    supply = {row["commodity_code"]: row["value"] for row in used if row["industry_code"] == "T007"}
    totals = {row["commodity_code"]: row["value"] for row in made if row["industry_code"] == "T007"}
    supply.pop("T005")
    assert {code: totals[code] for code in supply} == supply
    assert all(row["value"] < 0 for row in imported if row["industry_code"] == "F05000")
    # What nobody makes at home is bought abroad.
    bought, abroad = (
        {row["industry_code"]: row["value"] for row in rows if row["commodity_code"] == "S00300"}
        for rows in (used, imported)
    )
    assert len(bought) > 50
    assert all(abroad[code] == value for code, value in bought.items() if is_industry(code))


@pytest.mark.mirror
def test_the_real_make_table_and_import_matrices(tmp_path: Path) -> None:
    con = real(f"{ANNUAL}/IOMake_After_Redefinitions_2017_Detail.xlsx", "make", tmp_path)
    assert asked(con, "SELECT value FROM t WHERE industry_code = 'T007' AND commodity_code = 'T008'") == (34_468_130,)
    sizes = "SELECT count(*), count(DISTINCT industry_code), count(DISTINCT commodity_code) FROM t"
    assert asked(con, sizes) == (4036, 403, 401)
    for year, imports in ((2017, -2_687_936), (2007, -2_278_410)):
        path = f"{ANNUAL}/ImportMatrices_Before_Redefinitions_DET_{year}.xlsx"
        con = real(path, "imports", tmp_path)
        assert asked(con, "SELECT sum(value), min(year) FROM t WHERE industry_code = 'F05000'") == (imports, year)
