"""The sample's files look as the publishers' do: headers, quoting, order of rows, codes."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest

from orchestration.sample.census import DELINEATION_COLUMNS

QCEW = Path("data.bls.gov/cew")
ANNUAL_ZIP = QCEW / "data/files/2021/csv/2021_annual_singlefile.zip"
BY_AREA_ZIP = QCEW / "data/files/2020/csv/2020_qtrly_by_area.zip"


def member(archive: Path, wanted: str = "") -> bytes:
    with zipfile.ZipFile(archive) as opened:
        return opened.read(next(n for n in opened.namelist() if wanted in n))


def slice_bytes(root: Path, name: str, year: int) -> bytes:
    return (root / QCEW / f"data/api/{year}/a/area/{name}.csv").read_bytes()


def form(line: bytes) -> str:
    """How a row is printed: quoted text, and numbers by their decimals."""
    cells = next(csv.reader([line.decode()], quoting=csv.QUOTE_NONE))
    return ",".join(re.sub(r"\d", "0", re.sub(r"^-?\d+", "0", c)) if not c.startswith('"') else '"' for c in cells)


def forms(content: bytes, status: bytes) -> set[str]:
    """Forms of the rows whose own, quotient's and change's disclosure codes are all `status`."""
    mark = b'"' + status + b'"'
    # A title with a comma would be cut in two by the reader, which knows no quotes here.
    rows = [re.sub(rb", ", b"; ", r) for r in content.splitlines()[1:]]
    return {form(r) for r in rows if r.count(mark) == 3}


def test_slices_are_printed_as_the_real_ones(sample: Path, mirror: Path) -> None:
    ours, real = slice_bytes(sample, "90000", 2019), slice_bytes(mirror, "01000", 2019)
    assert ours.splitlines(keepends=True)[0] == real.splitlines(keepends=True)[0]
    for status in (b"", b"N"):
        assert set() < forms(ours, status) <= forms(real, status)
    assert ours.endswith(b"\r\n")


def test_quarters_by_area_are_printed_as_the_real_ones(sample: Path, mirror: Path) -> None:
    ours = member(sample / BY_AREA_ZIP, "90023 ")
    real = member(mirror / QCEW / "data/files/2016/csv/2016_qtrly_by_area.zip", "06085 ")
    assert ours.splitlines(keepends=True)[0] == real.splitlines(keepends=True)[0]
    for status in (b"", b"N"):
        assert set() < forms(ours, status) <= forms(real, status)


def test_members_of_by_area_are_named_as_the_real_ones(sample: Path, mirror: Path) -> None:
    pattern = re.compile(r"(\d{4})\.q1-q4\.by_area/\1\.q1-q4 \w{5} .+\.csv")
    for archive in (sample / BY_AREA_ZIP, mirror / QCEW / "data/files/2016/csv/2016_qtrly_by_area.zip"):
        with zipfile.ZipFile(archive) as opened:
            assert all(pattern.fullmatch(name) for name in opened.namelist())


def test_single_files_have_the_real_name_and_header(sample: Path, mirror: Path) -> None:
    with (
        zipfile.ZipFile(sample / ANNUAL_ZIP) as ours,
        zipfile.ZipFile(mirror / QCEW / "data/files/2016/csv/2016_annual_singlefile.zip") as real,
    ):
        assert [n.replace("2016", "2021") for n in real.namelist()] == ours.namelist()
        with ours.open(ours.namelist()[0]) as a, real.open(real.namelist()[0]) as b:
            assert a.readline() == b.readline()


def test_rows_are_in_the_publishers_order(sample: Path) -> None:
    for content, keys in (
        (slice_bytes(sample, "ZZ000", 2019), (1, 2)),
        (member(sample / BY_AREA_ZIP, "90001 "), (1, 2, 6)),
        (member(sample / ANNUAL_ZIP), (0, 1, 2)),
    ):
        rows = list(csv.reader(io.StringIO(content.decode())))[1:]
        found = [tuple(row[k] for k in keys) for row in rows]
        assert found == sorted(set(found))


def test_aggregation_levels_are_real_and_complete(published, mirror: Path) -> None:
    levels = "select distinct own_code || '/' || agglvl_code from"
    ours = {row[0] for row in published.execute(f"{levels} years").fetchall()}
    file = mirror / QCEW / "data/api/2019/a/area/[0-9]*.csv"
    real = published.execute(f"{levels} read_csv('{file}', types={{'own_code': 'VARCHAR'}})").fetchall()
    assert {code for code in ours if code[2] in "59"} == {row[0] for row in real}
    wide = {f"{own}/{tens}{unit}" for own in "1235" for tens in "157" for unit in range(1, 9)}
    metropolitan = {"0/40", *(f"{own}/41" for own in "1235"), *(f"5/4{unit}" for unit in range(2, 9)), "0/80"}
    lacking = {f"{own}/{tens}{unit}" for own in "123" for tens in "157" for unit in (2,)} - ours
    assert not lacking
    assert ours == wide | metropolitan | {"0/10", "0/50", "0/70", "8/96"}


def test_titles_are_quoted_and_cover_what_is_published(sample: Path, mirror: Path, published) -> None:
    titles = sample / QCEW / "doc/titles"
    areas = (titles / "area/area_titles.csv").read_bytes()
    assert areas.startswith((mirror / QCEW / "doc/titles/area/area_titles.csv").read_bytes()[:26])
    rows = list(csv.reader(io.StringIO(areas.decode())))[1:]
    assert all(title.endswith("(synthetic)") for _, title in rows)
    used = published.execute("select area_fips from years union select area_fips from slices order by 1").fetchall()
    assert [a for (a,) in used] == sorted(code for code, _ in rows)
    industries = dict(csv.reader(io.StringIO((titles / "industry/industry_titles.csv").read_text())))
    used = published.execute("select distinct industry_code, industry_title from quarters").fetchall()
    plain = {code: title.replace("NAICS17 ", "NAICS ") for code, title in industries.items()}
    renamed = {code for code, title in used if plain[code] != title}
    # A code that means something else today is listed with today's title.
    assert {code for code in renamed if industries[code].startswith("NAICS17")} == set()
    assert len(renamed) < 10
    assert industries["31-33"] == "NAICS 31-33 Manufacturing"


def test_industry_codes_exist(published, reference: Path) -> None:
    bls_own = {"238211", "238212", "238221", "238222", "238911", "999999"}
    for naics, years in ((2017, "year <= 2021"), (2022, "year >= 2022")):
        with (reference / f"naics_titles_{naics}.csv").open(encoding="utf-8") as file:
            real = {row[0] for row in csv.reader(file)}
        query = f"select distinct industry_code from years where agglvl_code % 10 = 8 and {years}"
        used = published.execute(query).fetchall()
        assert {code for (code,) in used} - real <= bls_own
        assert 230 <= len(used) <= 290


def test_industry_codes_are_among_bls_own(published, mirror: Path) -> None:
    file = mirror / QCEW / "data/api/2019/a/area/[0-9]*.csv"
    real = f"select industry_code from read_csv('{file}', types={{'industry_code': 'VARCHAR'}})"
    query = f"select distinct industry_code from years where year = 2021 and industry_code not in ({real})"
    assert published.execute(query).fetchall() == []


def test_delineation_columns_are_the_real_ones(mirror: Path) -> None:
    calamine = pytest.importorskip("python_calamine", reason="python-calamine reads the real workbook")
    real = calamine.CalamineWorkbook.from_path(str(next(mirror.rglob("list1.xls"))))
    assert tuple(real.get_sheet_by_index(0).to_python()[2]) == DELINEATION_COLUMNS


def test_no_code_is_real(sample: Path, mirror: Path) -> None:
    def codes(root: Path) -> set[str]:
        with (root / QCEW / "doc/titles/area/area_titles.csv").open(encoding="utf-8") as file:
            return {row[0] for row in csv.reader(file)} - {"area_fips"}

    real = codes(mirror)
    assert not codes(sample) & real
    # All state FIPS there are or ever were, territories and outlying areas among them, lie below 90.
    states = {code[:2] for code in real if code[:2].isdigit()} | {f"{n:02d}" for n in range(1, 90)}
    assert not {code[:2] for code in codes(sample) if code[:2].isdigit()} & states
