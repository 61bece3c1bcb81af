"""U.S. Census Bureau: county adjacency, gazetteer, population estimates and metropolitan delineations.

Each is offered in an older and in today's layout; both become the same tidy table. What reads workbooks is imported
where it is used: on most nights nothing has changed and nothing is parsed.
"""

from __future__ import annotations

import calendar
import csv
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.source import Edition
from orchestration.sources.tidy import LAYOUT_REMEDY, only, read_delimited, read_header
from orchestration.sources.workbook import open_workbook, sheet_rows

VINTAGE_REMEDY = "pull again later; the publisher serves another vintage's file at this address"
MONTHS = list(calendar.month_name)


def parse_adjacency(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Pairs of neighbouring counties from today's pipe-separated file, as published: a county also beside itself."""
    raw = read_delimited(
        con,
        "census_adjacency",
        files,
        {"County GEOID": "VARCHAR", "Neighbor GEOID": "VARCHAR"},
        delimiter="|",
    )
    return raw.project('"County GEOID" AS county_fips, "Neighbor GEOID" AS neighbour_fips')


def parse_ragged_adjacency(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition
) -> duckdb.DuckDBPyRelation:
    """The same from the older tab-separated file, where a county's name and code stand on its first line only.

    Raises:
        SourceError: if a line has not four fields or a code not five digits.
    """
    import pandas as pd

    pairs: list[tuple[str, str]] = []
    county = ""
    with files[0].open(encoding="latin-1", newline="") as stream:
        for number, fields in enumerate(csv.reader(stream, delimiter="\t"), start=1):
            if len(fields) != 4 or not all(len(f) == 5 and f.isdigit() for f in (fields[1] or county, fields[3])):
                problem = f"line {number} is not name, code, neighbour, neighbour's code"
                raise SourceError("census_adjacency", files[0].name, problem, LAYOUT_REMEDY)
            county = fields[1] or county
            pairs.append((county, fields[3]))
    return con.from_df(pd.DataFrame(pairs, columns=["county_fips", "neighbour_fips"]).drop_duplicates())


def parse_gazetteer(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Counties with land area (m²) and an internal point (degrees); separated by tabs until 2024, by bars since."""
    latin = "utf-8"
    file = only("census_gazetteer", files)
    try:
        file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        latin = "latin-1"
    delimiter = "|" if len(read_header("census_gazetteer", file, "|", latin)) > 1 else "\t"
    columns = {
        "GEOID": "VARCHAR",
        "NAME": "VARCHAR",
        "ALAND": "BIGINT",
        "INTPTLAT": "DOUBLE",
        "INTPTLONG": "DOUBLE",
    }
    raw = read_delimited(con, "census_gazetteer", files, columns, delimiter=delimiter, encoding=latin)
    return raw.project(
        "GEOID AS county_fips, trim(NAME) AS county_name, ALAND AS land_area_m2, INTPTLAT AS latitude, "
        "INTPTLONG AS longitude"
    )


def parse_population(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition
) -> duckdb.DuckDBPyRelation:
    """Resident population on 1 July of each year, by county and state, one row a place and year.

    Raises:
        SourceError: if columns are missing, or the last year is not the vintage's.
    """
    header = read_header("census_population", files[0], ",", "latin-1")
    years = [name for name in header if name.startswith("POPESTIMATE") and name[11:].isdigit()]
    if not years:
        raise SourceError("census_population", files[0].name, "no column POPESTIMATE<year>", LAYOUT_REMEDY)
    if edition.vintage is not None and (last := max(years)) != f"POPESTIMATE{edition.vintage}":
        problem = f"the estimates end with {last[11:]}, not with {edition.vintage}"
        raise SourceError("census_population", files[0].name, problem, VINTAGE_REMEDY)
    columns = {"SUMLEV": "VARCHAR", "STATE": "VARCHAR", "COUNTY": "VARCHAR"} | dict.fromkeys(years, "BIGINT")
    raw = read_delimited(con, "census_population", files, columns, encoding="latin-1")
    con.register("population_wide", raw)
    return con.sql(
        f"""
        SELECT
            lpad(STATE, 2, '0') || lpad(COUNTY, 3, '0') AS area_fips,
            replace(name, 'POPESTIMATE', '')::SMALLINT AS year,
            population
        FROM (UNPIVOT population_wide ON {", ".join(years)} INTO NAME name VALUE population)
        WHERE SUMLEV IN ('040', '050')
        """
    )


def parse_delineation(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition
) -> duckdb.DuckDBPyRelation:
    """Counties of each core-based statistical area in a delineation; its period is the month of the OMB bulletin.

    Raises:
        SourceError: if the workbook cannot be read, lacks a column or is headed with another month.
    """
    import pandas as pd

    dataset, name = "census_delineation", files[0].name
    workbook = open_workbook(dataset, files[0])
    rows = list(sheet_rows(dataset, files[0], workbook, workbook.sheet_names[0]))
    wanted = {
        "CBSA Code": "cbsa_code",
        "CBSA Title": "cbsa_title",
        "Metropolitan/Micropolitan Statistical Area": "cbsa_kind",
        "FIPS State Code": "state",
        "FIPS County Code": "county",
    }
    start = next((i for i, row in enumerate(rows) if "CBSA Code" in row), None)
    missing = sorted(set(wanted) - {str(cell) for cell in rows[start]}) if start is not None else list(wanted)
    if start is None or missing:
        raise SourceError(dataset, name, f"column {', '.join(missing)} is missing", LAYOUT_REMEDY)
    _require_month(rows[:start], edition.period, name)
    table = pd.DataFrame(rows[start + 1 :], columns=[str(c) for c in rows[start]], dtype=str)
    table = table[list(wanted)].rename(columns=wanted)
    # Notes stand at the foot, in the column of codes.
    table = table[table["cbsa_code"].str.fullmatch(r"\d{5}") & (table["county"] != "")]
    table["county_fips"] = table.pop("state").str.zfill(2) + table.pop("county").str.zfill(3)
    table["cbsa_kind"] = table["cbsa_kind"].str.split().str[0].str.lower()
    return con.from_df(table)


def _require_month(heading: Sequence[Sequence[object]], period: str, file: str) -> None:
    """Delineations look alike and a heading above the columns says which one it is ("…, JULY 2015")."""
    text = " ".join(str(cell) for row in heading for cell in row)
    said = re.search(rf"\b({'|'.join(MONTHS[1:])}) (\d{{4}})\b", text, re.IGNORECASE)
    if said and f"{said[2]}-{MONTHS.index(said[1].capitalize()):02}"[: len(period)] != period:
        problem = f"the delineation is of {said[0].title()}, not of {period}"
        raise SourceError("census_delineation", file, problem, VINTAGE_REMEDY)
