"""U.S. Patent and Trademark Office: pages of one wide table each, a row an area and a column a year.

https://www.uspto.gov/web/offices/ac/ido/oeip/taf/reports_stco.htm
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.readers import html_table
from orchestration.sources.readers.fields import Field, refuse
from orchestration.sources.source import Edition
from orchestration.sources.tidy import LAYOUT_REMEDY, TEXT_REMEDY, literal, quoted

# Of the header: cells of four digits each, and then Total. No row of figures goes on with a word.
YEARS = re.compile(r"((?:<t[hd][^>]*>\s*\d{4}\s*</t[hd]>\s*)+)<t[hd][^>]*>\s*Total\s*</t[hd]>", re.IGNORECASE)
KINDS = {
    "Metropolitan Statistical Area": "metropolitan",
    "Micropolitan Statistical Area": "micropolitan",
    "Non Metro/Micropolitan Statistical Area": "outside",
    "Undetermined Statistical Area": "undetermined",
    "ALL AREAS": "all",
}
TOTAL = "ALL"


def parse_counties(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Patents by county and year.

    Raises:
        SourceError: if the page is laid out otherwise, or the years of its last row do not make its total.

    Example:
        >>> parse_counties(con, [Path("usa_county_gd.htm")], edition).columns  # doctest: +SKIP
        ['area_code', 'area_name', 'year', 'patents']
    """
    fields = [Field("area_code", "VARCHAR", "FIPS Code"), Field("area_name", "VARCHAR", "Regional Area Component")]
    return _long(con, "uspto_county", files[0], fields, {"key": ["area_code"]}, "area_code, area_name")


def parse_metros(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Patents by metropolitan and micropolitan area and year, what lies outside of these, and all of it.

    Raises:
        SourceError: likewise, or if there is another kind of area.

    Example:
        >>> parse_metros(con, [Path("allcbsa_gd.htm")], edition).columns  # doctest: +SKIP
        ['area_kind', 'area_code', 'area_name', 'year', 'patents']
    """
    fields = [
        Field("area_kind", "VARCHAR", "GeoType"),
        Field("area_code", "VARCHAR", "ID Code"),
        Field("area_name", "VARCHAR", "U.S. Regional Title"),
    ]
    # Sums by kind have no code; all areas together have dashes.
    options = {"key": ["area_kind", "area_code"], "leave_out": {"area_name": "-- Subtotal --"}}
    kinds = " ".join(f"WHEN {literal(printed)} THEN {literal(kind)}" for printed, kind in KINDS.items())
    made = f"CASE area_kind {kinds} END AS area_kind, replace(area_code, '---', '{TOTAL}') AS area_code, area_name"
    found = _long(con, "uspto_metro", files[0], fields, options, made)
    if found.filter("area_kind IS NULL").fetchone():
        raise SourceError("uspto_metro", files[0].name, "column GeoType holds a kind that is not known", LAYOUT_REMEDY)
    return found


def _long(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    file: Path,
    fields: Sequence[Field],
    options: Mapping[str, object],
    made: str,
) -> duckdb.DuckDBPyRelation:
    """A page's table with a row for each year: what is made of its fields, `year` and `patents`."""
    refuse(dataset, file, "html")
    header = YEARS.search(file.read_text(encoding="utf-8", errors="replace"))
    years = re.findall(r">\s*(\d{4})\s*<", header[1]) if header else []
    if not years or [int(y) for y in years] != list(range(int(years[0]), int(years[-1]) + 1)):
        problem = "no header has a column for each year and then one named Total"
        raise SourceError(dataset, file.name, problem, LAYOUT_REMEDY)
    counts = [Field(name, "BIGINT", name) for name in (*years, "Total")]
    wide = html_table.read(con, dataset, [file], [*fields, *counts], dict(options) | {"thousands": ","})
    columns = ", ".join(map(quoted, years))
    added = " + ".join(map(quoted, years))
    rows = wide.project(f"{made}, {columns}, {added} = Total AS adds_up")
    if blank := rows.filter("adds_up IS NULL").project("area_code").fetchone():
        raise SourceError(dataset, file.name, f"a year, or the Total, of area {blank[0]} is blank", TEXT_REMEDY)
    # Of some counties the publisher's years miss the total by a few; of all together they make it.
    if not rows.filter(f"area_code = '{TOTAL}' AND adds_up").fetchone():
        problem = "there is no row of all areas whose years add up to its Total"
        raise SourceError(dataset, file.name, problem, TEXT_REMEDY)
    return rows.query(
        "wide",
        f"SELECT * EXCLUDE (adds_up) REPLACE (year::SMALLINT AS year) "
        f"FROM (UNPIVOT wide ON {columns} INTO NAME year VALUE patents)",
    )
