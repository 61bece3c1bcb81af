"""The sample's input-output accounts and occupations: in the real layouts, balanced, and with the clusters in them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from orchestration.sample.bea import ZIP, detail_sectors, use_table
from orchestration.sample.economy import Economy
from orchestration.sample.oews import CLUSTERED, FOLDER, occupations, staffing
from orchestration.sample.write import DEFAULT_SEED
from tests.sample.conftest import Landed

HOSTS = {
    "bea": f"apps.bea.gov/{ZIP}",
    "ma": f"www.bls.gov/{FOLDER}/oesm25ma.zip",
    "in4": f"www.bls.gov/{FOLDER}/oesm25in4.zip",
}
OLDER = {archive: HOSTS[archive].replace("oesm25", "oesm24") for archive in ("ma", "in4")}


@pytest.fixture(scope="module")
def tables(landed: Landed) -> duckdb.DuckDBPyConnection:
    """The tidy tables of the sample's workbooks, by their names; of occupations the newest May."""
    con = landed.con.cursor()
    for table in ("oews_metro", "oews_industry"):
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS FROM main.{table} WHERE period = '2025-05'")
    return con


def rows_of(archive: Path, member: str, sheet: int) -> list[list[object]]:
    with zipfile.ZipFile(archive) as opened:
        content = opened.read(next(name for name in opened.namelist() if member in name))
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(sheet).to_python()


@pytest.mark.parametrize(
    ("archive", "member", "sheet"),
    [("ma", "MSA_M", 0), ("in4", "natsector_M", 0), ("in4", "nat3d_M", 0), ("in4", "nat4d_M", 0)],
)
def test_occupations_stand_in_the_publishers_columns(
    sample: Path, mirror: Path, archive: str, member: str, sheet: int
) -> None:
    ours, real = (rows_of(root / HOSTS[archive], member, sheet)[0] for root in (sample, mirror))
    assert ours == real


def test_archives_hold_what_the_publishers_do(sample: Path, mirror: Path) -> None:
    for path in HOSTS.values():
        with zipfile.ZipFile(sample / path) as ours, zipfile.ZipFile(mirror / path) as real:
            # BEA's workbooks stand one by one in the mirror, whose zip holds the Use table alone.
            beside = {file.name for file in (mirror / "apps.bea.gov").rglob("*.xlsx")}
            assert set(ours.namelist()) <= set(real.namelist()) | beside


def test_the_use_table_looks_as_the_real_one(sample: Path, mirror: Path) -> None:
    ours, real = (rows_of(root / HOSTS["bea"], "2017_Detail", 2) for root in (sample, mirror))
    assert ours[0][0] == f"{real[0][0]} (synthetic)"
    assert ours[1][0] == real[1][0]
    assert [row[:2] for row in ours[3:5]] == [row[:2] for row in real[3:5]]
    totals = {code for code in (row[0] for row in real) if str(code).startswith(("T", "V"))}
    assert {row[0] for row in ours if str(row[0]).startswith(("T", "V"))} == totals
    for cells in (ours[4], [row[0] for row in ours[5:]]):
        assert all(isinstance(code, float) for code in cells if str(code)[:1].isdigit() and str(code)[:6].isdigit())
    keys = [rows_of(root / HOSTS["bea"], "2017_Detail", 1) for root in (sample, mirror)]
    assert keys[0][3] == keys[1][3]


def test_the_use_table_balances_to_the_last_million(tables: duckdb.DuckDBPyConnection) -> None:
    off = """
        SELECT industry_code FROM bea_use GROUP BY ALL
        HAVING sum(value) FILTER (commodity_code NOT SIMILAR TO '[VT]\\d.*')
            <> coalesce(sum(value) FILTER (commodity_code = 'T005'), 0)
    """
    assert tables.execute(off).fetchall() == []
    gdp = """
        SELECT sum(value) FILTER (commodity_code = 'T006' AND industry_code = 'T001'),
            sum(value) FILTER (commodity_code = 'T005' AND industry_code = 'T004'),
            sum(value) FILTER (commodity_code = 'T008'),
            sum(value) FILTER (commodity_code = 'T005' AND industry_code = 'T007')
        FROM bea_use
    """
    added, final, output, supply = tables.execute(gdp).fetchall()[0]
    assert added == final > 0
    assert output == supply > added


def test_every_industry_is_named_once_in_the_key(tables: duckdb.DuckDBPyConnection, economy: Economy) -> None:
    codes = sorted({i.code for i in economy.industries if i.own == "5" and not i.code.startswith("9")})
    named = "SELECT count(*) FROM bea_industries WHERE starts_with(?, naics_prefix)"
    assert {code for code in codes if tables.execute(named, [code]).fetchone() != (1,)} == set()
    unused = "SELECT bea_code FROM bea_industries WHERE naics_prefix IS NULL ORDER BY bea_code"
    assert tables.execute(unused).fetchall() == [("GSLGO",), ("S00101",), ("S00300",), ("S00401",)]


def test_industries_of_a_planted_cluster_buy_of_each_other(economy: Economy) -> None:
    sectors = detail_sectors(economy.industries)
    use, _, output = use_table(economy, sectors, DEFAULT_SEED)
    coefficients = (use / output)[: len(sectors), : len(sectors)]
    clusters = sorted({s.cluster for s in sectors if s.cluster})
    assert len(clusters) == 12
    for cluster in clusters:
        inside = np.array([s.cluster == cluster for s in sectors])
        block = coefficients[np.ix_(inside, inside)]
        others = coefficients[np.ix_(inside, ~inside)]
        assert block.mean() > 3 * others.mean(), cluster


def test_a_metropolitan_area_is_specialised_in_its_clusters_occupations(
    tables: duckdb.DuckDBPyConnection, economy: Economy
) -> None:
    query = "SELECT location_quotient FROM oews_metro WHERE area_code = ? AND occupation_code = ?"
    lasting = [p for p in economy.planted if p.last_year == 2025]
    assert len(lasting) == 11
    for planted in lasting:
        quotients = [
            tables.execute(query, [planted.cbsa, code]).fetchone() for code, *_ in CLUSTERED[planted.cluster_id]
        ]
        assert all(found and found[0] > 3 for found in quotients), planted.cluster_id


def test_staffing_is_shares_and_the_nation_adds_up(tables: duckdb.DuckDBPyConnection, economy: Economy) -> None:
    shares = staffing(economy.industries)
    assert shares.shape == (len(economy.industries), len(occupations()))
    assert np.allclose(shares.sum(axis=1), 1)
    totals = """
        SELECT industry_level, sum(employment) FROM oews_industry WHERE occupation_code = '00-0000' GROUP BY ALL
        ORDER BY ALL
    """
    three, four, sector = (jobs for _, jobs in tables.execute(totals).fetchall())
    # Each row is rounded to tens, and withheld below thirty.
    assert abs(three - sector) < 1000
    assert abs(four - sector) < 2000
    withheld = "SELECT count(*) FROM oews_metro WHERE employment IS NULL"
    assert tables.execute(withheld).fetchone() != (0,)


def test_an_older_may_stands_beside_todays_with_the_areas_of_its_time(
    sample: Path, economy: Economy, landed: Landed
) -> None:
    for may, paths in ((2024, OLDER), (2025, HOSTS)):
        with zipfile.ZipFile(sample / paths["in4"]) as archive:
            assert {name.split("/")[1] for name in archive.namelist()} == {
                f"{book}_M{may}_dl.xlsx" for book in ("natsector", "nat3d", "nat4d")
            }
    found = {may: landed.rows("area_code", f"oews_metro WHERE period = '{may}-05'") for may in (2024, 2025)}
    before, after = economy.geography.redrawn.renamed
    assert found[2024] - found[2025] == {(before,)}
    assert found[2025] - found[2024] == {(after,)}


def test_occupations_are_by_industries_of_naics_2022(tables: duckdb.DuckDBPyConnection) -> None:
    codes = {code for (code,) in tables.execute("SELECT DISTINCT naics_code FROM oews_industry").fetchall()}
    assert {"513", "516", "5161", "449", "459"} <= codes
    assert not {"511", "515", "5151", "448", "453"} & codes


def test_files_stay_small(sample: Path) -> None:
    for path in (*HOSTS.values(), *OLDER.values()):
        assert (sample / path).stat().st_size < 1_000_000
