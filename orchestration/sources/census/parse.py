"""U.S. Census Bureau: county adjacency, gazetteer, population estimates and metropolitan delineations.

Each is offered in an older and in today's layout; both become the same tidy table. What reads workbooks is imported
where it is used: on most nights nothing has changed and nothing is parsed.
"""

from __future__ import annotations

import calendar
import csv
import logging
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.readers.fields import Field, Rules
from orchestration.sources.readers.grid import relation
from orchestration.sources.readers.workbook import read_table
from orchestration.sources.source import Edition
from orchestration.sources.tidy import LAYOUT_REMEDY, only, read_delimited, read_header

VINTAGE_REMEDY = "pull again later; the publisher serves another vintage's file at this address"
MONTHS = list(calendar.month_name)
DELINEATED = (
    Field("cbsa_code", "VARCHAR", "CBSA Code", width=5),
    Field("cbsa_title", "VARCHAR", "CBSA Title"),
    Field("cbsa_kind", "VARCHAR", "Metropolitan/Micropolitan Statistical Area"),
    Field("state", "VARCHAR", "FIPS State Code", width=2),
    Field("county", "VARCHAR", "FIPS County Code", width=3),
)
log = logging.getLogger("clusters.ingest")


def parse_adjacency(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Pairs of neighbouring counties from today's pipe-separated file, as published: a county also beside itself."""
    raw = read_delimited(
        con,
        "census_adjacency",
        files,
        {"County GEOID": "VARCHAR", "Neighbor GEOID": "VARCHAR"},
        delimiter="|",
    )
    # One code of the real list of 2023 ends in a tab.
    codes = {"County GEOID": "county_fips", "Neighbor GEOID": "neighbour_fips"}
    return raw.project(", ".join(f"trim(\"{theirs}\", ' \t') AS {ours}" for theirs, ours in codes.items()))


def parse_ragged_adjacency(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition
) -> duckdb.DuckDBPyRelation:
    """The same from the older tab-separated file, where a county's name and code stand on its first line only.

    In the Census Bureau's own file a line lacks its first field, the county's name. Its codes say all that is needed:
    it is read, and a note is logged.

    Raises:
        SourceError: if a line has not four fields or a code not five digits.
    """
    import pandas as pd

    pairs: list[tuple[str, str]] = []
    county = ""
    with files[0].open(encoding="latin-1", newline="") as stream:
        for number, row in enumerate(csv.reader(stream, delimiter="\t"), start=1):
            fields = [field.strip() for field in row]
            if len(fields) == 3 and _is_county(fields[0]):
                note = "line %s lacks its first field, the county's name: read as county %s"
                log.warning(f"census_adjacency: {files[0].name}: {note}", number, fields[0])
                fields.insert(0, "")
            if len(fields) != 4 or not all(map(_is_county, (fields[1] or county, fields[3]))):
                problem = f"line {number} is not name, code, neighbour, neighbour's code"
                raise SourceError("census_adjacency", files[0].name, problem, LAYOUT_REMEDY)
            county = fields[1] or county
            pairs.append((county, fields[3]))
    return con.from_df(pd.DataFrame(pairs, columns=["county_fips", "neighbour_fips"]).drop_duplicates())


def _is_county(code: str) -> bool:
    return len(code) == 5 and code.isascii() and code.isdigit()


def parse_gazetteer(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Counties with land area (m²) and an internal point (degrees); separated by tabs until 2024, by bars since."""
    encoding = "utf-8"
    file = only("census_gazetteer", files)
    try:
        file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        encoding = "latin-1"
    delimiter = "|" if len(read_header("census_gazetteer", file, "|", encoding)) > 1 else "\t"
    columns = {
        "GEOID": "VARCHAR",
        "NAME": "VARCHAR",
        "ALAND": "BIGINT",
        "INTPTLAT": "DOUBLE",
        "INTPTLONG": "DOUBLE",
    }
    raw = read_delimited(con, "census_gazetteer", files, columns, delimiter=delimiter, encoding=encoding)
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

    Codes that a workbook holds as numbers are read as the codes.

    Raises:
        SourceError: if the workbook cannot be read, lacks a column, is headed with another month, or holds a row that
            is neither a county nor a note at the foot.
    """
    dataset, file = "census_delineation", only("census_delineation", files)
    table = read_table(dataset, file, DELINEATED, {"key": [field.name for field in DELINEATED]})
    _require_month(table.heading, edition.period, file.name)
    counties = relation(con, dataset, [table], DELINEATED, Rules(key=("state", "county")))
    return counties.project(
        "cbsa_code, cbsa_title, lower(split_part(cbsa_kind, ' ', 1)) AS cbsa_kind, state || county AS county_fips"
    )


def _require_month(heading: Sequence[Sequence[object]], period: str, file: str) -> None:
    """Delineations look alike and a heading above the columns says which one it is ("…, JULY 2015")."""
    text = " ".join(str(cell) for row in heading for cell in row)
    said = re.search(rf"\b({'|'.join(MONTHS[1:])}) (\d{{4}})\b", text, re.IGNORECASE)
    if said and f"{said[2]}-{MONTHS.index(said[1].capitalize()):02}"[: len(period)] != period:
        problem = f"the delineation is of {said[0].title()}, not of {period}"
        raise SourceError("census_delineation", file, problem, VINTAGE_REMEDY)
