"""A year of QCEW in today's form, made from the rows of 2016: what the publisher's file of 2025 is like.

Belongs here: the file. Does not: what is tested with it.

Its form is that of the files since the third quarter of 2025: metropolitan and micropolitan areas have their total
alone, in the delineation of July 2023; Connecticut has planning regions; the Valdez-Cordova census area of Alaska is
the Chugach and Copper River ones. Figures are those of 2016, so nothing is said about 2025.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import duckdb

YEAR, MADE_FROM = 2025, 2016
CSV = "data.bls.gov/cew/data/files/{year}/csv/{year}_annual_singlefile.zip"
# Whole counties in place of towns: which region a county's jobs go to does not matter here, that all go to one does.
REGION_OF = {
    "09001": "09190", "09003": "09110", "09005": "09160", "09007": "09130",
    "09009": "09170", "09011": "09180", "09013": "09150", "09015": "09140",
    "02261": "02063",
}  # fmt: skip
KEPT = ("area_fips", "own_code", "industry_code", "size_code", "qtr", "disclosure_code")
FIGURES = ("annual_avg_estabs", "annual_avg_emplvl", "total_annual_wages")
METRO, MICRO, COUNTY = 40, 80, 70


def write_2025(real: Path, mirror: Path, delineation: Path) -> None:
    """Writes the year's file into a folder that stands in for the publishers.

    `real` is the mirror with the file of 2016, `delineation` a tidy Parquet file of the list of July 2023.
    """
    with zipfile.ZipFile(real / CSV.format(year=MADE_FROM)) as archive, duckdb.connect() as con:
        source = archive.extract(archive.namelist()[0], mirror)
        con.execute("SET preserve_insertion_order = false")
        con.execute(
            "CREATE TABLE moved AS SELECT * FROM (VALUES " + ", ".join(map(str, REGION_OF.items())) + ") AS m(old, new)"
        )
        target = mirror / f"{YEAR}.annual.singlefile.csv"
        con.execute(f"COPY ({_rows(source, delineation)}) TO '{target}' (HEADER, FORCE_QUOTE ({', '.join(KEPT)}))")
    Path(source).unlink()
    path = mirror / CSV.format(year=YEAR)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(target, target.name)
    target.unlink()


def _rows(source: str, delineation: Path) -> str:
    """The rows of the file: those of areas that are the same, and the totals of areas as sums of their counties."""
    return f"""
        WITH printed AS (
            SELECT * REPLACE ({YEAR} AS year, coalesce(m.new, area_fips) AS area_fips)
            FROM read_csv('{source}', all_varchar = true)
            LEFT JOIN moved AS m ON area_fips = m.old
            WHERE agglvl_code::INTEGER // 10 NOT IN (3, 4, 8, 9)
        ),
        totals AS (
            SELECT 'C' || left(cbsa_code, 4) AS area_fips, '0' AS own_code, '10' AS industry_code,
                CASE any_value(cbsa_kind) WHEN 'metropolitan' THEN {METRO} ELSE {MICRO} END AS agglvl_code,
                '0' AS size_code, {YEAR} AS year, 'A' AS qtr, '' AS disclosure_code,
                {", ".join(f"sum({name}::BIGINT) AS {name}" for name in FIGURES)},
                round(sum(total_annual_wages::BIGINT) / sum(annual_avg_emplvl::BIGINT))::BIGINT AS avg_annual_pay
            FROM read_parquet('{delineation}') JOIN printed ON area_fips = county_fips
            -- Codes of five digits that do not end in 0 share their first four with another area.
            WHERE own_code = '0' AND agglvl_code = '{COUNTY}' AND cbsa_code LIKE '____0'
            GROUP BY cbsa_code
        )
        SELECT * EXCLUDE (old, new) FROM printed
        UNION ALL BY NAME
        SELECT * REPLACE (agglvl_code::VARCHAR AS agglvl_code, year::VARCHAR AS year,
            avg_annual_pay::VARCHAR AS avg_annual_pay,
            {", ".join(f"{name}::VARCHAR AS {name}" for name in FIGURES)}) FROM totals
    """


def linked(real: Path, folder: Path) -> Path:
    """A folder with links to every file of the mirror, to which files can be added."""
    for path in real.rglob("*"):
        if path.is_file() and path.parent != real:
            link = folder / path.relative_to(real)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    return folder
