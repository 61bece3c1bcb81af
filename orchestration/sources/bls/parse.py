"""U.S. Bureau of Labor Statistics: the Quarterly Census of Employment and Wages (QCEW) and its code lists.

BLS offers a year of QCEW in three layouts; all become one tidy table, one row per area, ownership, industry and size
class. Withheld cells (`disclosure_code` N) print 0 for employment and wages: here those are NULL.
Layouts: https://www.bls.gov/cew/about-data/downloadable-file-layouts/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from orchestration.errors import NotPublished, SourceError
from orchestration.sources.source import Edition, Resource
from orchestration.sources.tidy import LAYOUT_REMEDY, errors_named, only, read_delimited, read_header

BASE = "https://data.bls.gov/cew"
# Titled like states but not part of the U.S. totals, and not published every year: foreign locations, Puerto Rico,
# the Virgin Islands.
NOT_STATES = {"57000", "72000", "78000"}

KEYS = {
    "area_fips": "VARCHAR",
    "own_code": "VARCHAR",
    "industry_code": "VARCHAR",
    "agglvl_code": "SMALLINT",
    "size_code": "VARCHAR",
    "year": "SMALLINT",
    "disclosure_code": "VARCHAR",
}
ANNUAL = KEYS | {
    "annual_avg_estabs": "BIGINT",
    "annual_avg_emplvl": "BIGINT",
    "total_annual_wages": "BIGINT",
    "avg_annual_pay": "BIGINT",
    "lq_disclosure_code": "VARCHAR",
    "lq_annual_avg_estabs": "DOUBLE",
    "lq_annual_avg_emplvl": "DOUBLE",
    "lq_total_annual_wages": "DOUBLE",
    "oty_disclosure_code": "VARCHAR",
    "oty_annual_avg_estabs_chg": "BIGINT",
    "oty_annual_avg_emplvl_chg": "BIGINT",
    "oty_total_annual_wages_chg": "BIGINT",
}
# Columns that print a row's figures again. A file may lack them, and what is no number there is not compared: no figure
# comes from them.
REPEATED = (
    "annual_avg_wkly_wage",
    "oty_annual_avg_estabs_pct_chg",
    "oty_annual_avg_emplvl_pct_chg",
    "oty_total_annual_wages_pct_chg",
)
QUARTERLY = KEYS | {
    "qtr": "VARCHAR",
    "qtrly_estabs_count": "BIGINT",
    "month1_emplvl": "BIGINT",
    "month2_emplvl": "BIGINT",
    "month3_emplvl": "BIGINT",
    "total_qtrly_wages": "BIGINT",
}
# A figure that a disclosure code withholds is unknown, whatever digit is printed in its place. Only a blank means that
# it is disclosed (BLS, "QCEW Field Layouts": either blank or N).
WITHHELD_BY = {
    "annual_avg_emplvl": "disclosure_code",
    "total_annual_wages": "disclosure_code",
    "avg_annual_pay": "disclosure_code",
    "lq_annual_avg_emplvl": "lq_disclosure_code",
    "lq_total_annual_wages": "lq_disclosure_code",
    "oty_annual_avg_emplvl_chg": "oty_disclosure_code",
    "oty_total_annual_wages_chg": "oty_disclosure_code",
    "annual_avg_wkly_wage": "disclosure_code",
    "oty_annual_avg_emplvl_pct_chg": "oty_disclosure_code",
    "oty_total_annual_wages_pct_chg": "oty_disclosure_code",
}


def parse_singlefile(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition
) -> duckdb.DuckDBPyRelation:
    """Tidy QCEW from the archive with the one file of a year.

    Raises:
        SourceError: if it holds more files than one, or columns are missing.
    """
    return parse_annual(con, [only("bls_qcew", files)], edition)


def parse_slices(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Tidy QCEW from annual API slices, each named by the one area it holds.

    Raises:
        SourceError: if a slice is another area's, or columns are missing.
    """
    for file in files:
        with errors_named("bls_qcew", file.name):
            rows = read_delimited(con, "bls_qcew", [file], {"area_fips": "VARCHAR"}).distinct().fetchall()
        if other := sorted(str(area) for (area,) in rows if area != file.stem):
            problem = f"the slice of {file.stem} holds the rows of {', '.join(other[:5])}"
            raise SourceError("bls_qcew", file.name, problem, LAYOUT_REMEDY)
    return parse_annual(con, files, edition)


def parse_annual(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Tidy QCEW from the annual singlefile or from annual API slices, which share their columns.

    Raises:
        SourceError: if columns are missing.
    """
    headers = [read_header("bls_qcew", file, ",", "utf-8") for file in files]
    repeated = [name for name in REPEATED if all(name in header for header in headers)]
    raw = read_delimited(con, "bls_qcew", files, ANNUAL | dict.fromkeys(repeated, "VARCHAR"))
    marks = _marks(raw, ("annual_avg_estabs", "annual_avg_emplvl", "total_annual_wages"))
    known = marks.project(", ".join(_known_or_null(name) for name in [*ANNUAL, *repeated]))
    return known.project(f"{', '.join(ANNUAL)}, {_disagrees(repeated)} AS disagrees")


def parse_quarterly(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Tidy QCEW from the quarterly by-area archive, annualised as BLS does.

    Annual establishments and employment are means over four quarters and twelve months (a quarter without a row had
    none), wages are sums, pay is wages over the unrounded mean. A cell withheld in any quarter is withheld.

    Raises:
        SourceError: if columns are missing.
        NotPublished: if the archive lacks a quarter, as it does while the year is under way.

    Source: BLS Handbook of Methods, Quarterly Census of Employment and Wages, "Calculation".
    """
    raw = read_delimited(con, "bls_qcew", files, QUARTERLY)
    with errors_named("bls_qcew", files[0].name):
        quarters = sorted(r[0] for r in raw.project("qtr").distinct().fetchall())
    if quarters != ["1", "2", "3", "4"]:
        raise NotPublished(
            "bls_qcew",
            files[0].name,
            f"{edition.period} holds quarters {', '.join(quarters)} only, a yearly mean needs all four",
            "wait until BLS has published the fourth quarter",
        )
    figures = ("qtrly_estabs_count", "month1_emplvl + month2_emplvl + month3_emplvl", "total_qtrly_wages")
    con.register("quarterly_rows", _marks(raw, figures))
    return con.sql(
        """
        WITH cell AS (
            SELECT
                area_fips, own_code, industry_code, agglvl_code, size_code, year,
                -- A mark that nobody knows stays, for the gate to refuse; - is a quarter without establishments.
                coalesce(
                    min(disclosure_code) FILTER (WHERE disclosure_code NOT IN ('N', '-')),
                    min(disclosure_code) FILTER (WHERE disclosure_code = 'N')
                ) AS disclosure_code,
                sum(qtrly_estabs_count) / 4 AS estabs,
                sum(month1_emplvl + month2_emplvl + month3_emplvl) / 12 AS emplvl,
                sum(total_qtrly_wages) AS wages
            FROM quarterly_rows
            GROUP BY ALL
        )
        SELECT
            area_fips, own_code, industry_code, agglvl_code, size_code, year, disclosure_code,
            round(estabs)::BIGINT AS annual_avg_estabs,
            CASE WHEN disclosure_code IS NULL THEN round(emplvl)::BIGINT END AS annual_avg_emplvl,
            CASE WHEN disclosure_code IS NULL THEN wages::BIGINT END AS total_annual_wages,
            CASE WHEN disclosure_code IS NULL AND emplvl > 0 THEN round(wages / emplvl)::BIGINT END AS avg_annual_pay,
            NULL::VARCHAR AS lq_disclosure_code,
            NULL::DOUBLE AS lq_annual_avg_estabs,
            NULL::DOUBLE AS lq_annual_avg_emplvl,
            NULL::DOUBLE AS lq_total_annual_wages,
            NULL::VARCHAR AS oty_disclosure_code,
            NULL::BIGINT AS oty_annual_avg_estabs_chg,
            NULL::BIGINT AS oty_annual_avg_emplvl_chg,
            NULL::BIGINT AS oty_total_annual_wages_chg,
            NULL::VARCHAR AS disagrees
        FROM cell
        """
    )


def parse_area_titles(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition
) -> duckdb.DuckDBPyRelation:
    """Area codes and titles as BLS uses them."""
    return read_delimited(con, "bls_qcew_areas", files, {"area_fips": "VARCHAR", "area_title": "VARCHAR"})


def parse_industry_titles(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition
) -> duckdb.DuckDBPyRelation:
    """Industry codes and titles as BLS uses them, without the prefix that repeats the code ("NAICS 11 …").

    `naics_mark` is the last edition of NAICS that has the code with this title, as the list marks codes of retired
    editions ("NAICS07 334113 …": 2007), and 9999 for codes without such an end, those of the list's own edition.
    """
    raw = read_delimited(con, "bls_qcew_industries", files, {"industry_code": "VARCHAR", "industry_title": "VARCHAR"})
    return raw.project(
        r"""industry_code, regexp_replace(industry_title, '^NAICS(\d\d)? [0-9-]+ ', '') AS industry_title,
        coalesce('20' || nullif(regexp_extract(industry_title, '^NAICS(\d\d) [0-9-]+ ', 1), ''), '9999')::SMALLINT
            AS naics_mark"""
    )


def _marks(raw: duckdb.DuckDBPyRelation, figures: tuple[str, str, str]) -> duckdb.DuckDBPyRelation:
    """The rows with disclosure marks in capitals and without blanks round them, NULL where a mark is blank.

    `figures` are SQL for establishments, jobs and wages. A mark written as spaces beside establishments without jobs
    and wages may stand for a figure withheld: it stays a text that no contract allows.
    """
    estabs, jobs, wages = figures
    marks = {name: f"nullif(upper(trim({name})), '')" for name in raw.columns if name.endswith("disclosure_code")}
    odd = f"trim(disclosure_code) = '' AND disclosure_code <> '' AND {estabs} > 0 AND {jobs} = 0 AND {wages} = 0"
    marks["disclosure_code"] = f"CASE WHEN {odd} THEN 'blank' ELSE {marks['disclosure_code']} END"
    return raw.project(f"* REPLACE ({', '.join(f'{sql} AS {name}' for name, sql in marks.items())})")


def _known_or_null(column: str) -> str:
    if column not in WITHHELD_BY:
        return column
    return f"CASE WHEN {WITHHELD_BY[column]} IS NULL THEN {column} END AS {column}"


def _disagrees(repeated: Sequence[str]) -> str:
    """SQL for the first column that prints a row's figures again and says otherwise, beyond what rounding explains.

    A weekly wage is wages over jobs, which are rounded to whole ones, and 52 weeks; a percentage is the change over the
    figure of the year before, to one decimal.
    """
    cases = []
    for name in repeated:
        again = f"TRY_CAST({name} AS DOUBLE)"
        if name == "annual_avg_wkly_wage":
            weekly = "total_annual_wages / (annual_avg_emplvl {} 0.5) / 52 {} 1"
            low, high = weekly.format("+", "-"), weekly.format("-", "+")
            differs = f"annual_avg_emplvl > 0 AND {again} NOT BETWEEN {low} AND {high}"
        else:
            figure, change = name.removeprefix("oty_").removesuffix("_pct_chg"), name.removesuffix("_pct_chg") + "_chg"
            before = f"({figure} - {change})"
            differs = f"{before} > 0 AND abs({again} - 100 * {change} / {before}) > 0.06"
        cases.append(f"WHEN {differs} THEN '{name}'")
    return f"CASE {' '.join(cases)} END" if cases else "NULL::VARCHAR"


def area_slices(year: int, needs: Mapping[str, Sequence[Path]]) -> list[Resource]:
    """The API's slices of a year, the nation's first, of the areas that the publisher's lists of areas name.

    None where no list names a nation: then there is nothing that states are a part of.
    """
    with duckdb.connect() as con:
        files = [str(path) for path in needs["bls_qcew_areas"]]
        areas = {area for (area,) in con.read_parquet(files).project("area_fips").fetchall()} if files else set()
    nation = sorted(a for a in areas if re.fullmatch(r"[A-Z]{2}000", a))
    states = sorted(a for a in areas if re.fullmatch(r"\d{2}000", a))
    return [
        Resource(f"{BASE}/data/api/{year}/a/area/{area}.csv", "csv", optional=area in NOT_STATES)
        for area in (nation + states if nation else [])
    ]
