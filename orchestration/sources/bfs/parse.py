"""Business Formation Statistics by county: a workbook with a column for each year (`BA2005`), made into rows.

Its numbers are texts. A blank is no gap: the county did not exist in that year. What is withheld has a mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.readers.fields import Field
from orchestration.sources.readers.workbook import read
from orchestration.sources.source import Edition
from orchestration.sources.tidy import LAYOUT_REMEDY
from orchestration.sources.workbook import open_workbook, sheet_rows, text

DATASET = "bfs_county"
COUNTY, NAME = "County Code", "County"
YEAR = re.compile(r"BA(\d{4})")
# What is meant for a year, though it may not be written as one: `BA2022 (p)`, `BA 2022`.
NEARLY = re.compile(r"BA(?![A-Z])", re.IGNORECASE)
FIRST_YEAR = 2005
WITHHELD = ("(D)", "D", "(S)", "S", "(X)", "X", "(NA)", "NA")


def parse(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Applications by county and year.

    Raises:
        SourceError: if a column is missing, a year is not written as one or left out, a number is text, or a county
            stands twice.
    """
    years = _years(files[0]) or [FIRST_YEAR]
    fields = [Field("county_fips", "VARCHAR", COUNTY, width=5), Field("county_name", "VARCHAR", NAME)]
    for year in years:
        # Once as a number and once as it stands there, since only that tells a blank from a mark.
        fields.append(Field(f"number {year}", "BIGINT", f"BA{year}", ("", *WITHHELD)))
        fields.append(Field(f"text {year}", "VARCHAR", f"BA{year}", ("",)))
    options = {"key": ["county_fips"], "thousands": ",", "text_numbers": True}
    wide = read(con, DATASET, files, fields, options)
    by_year = (
        f'SELECT county_fips, county_name, {year}::SMALLINT AS year, "number {year}" AS applications '
        f'FROM wide WHERE "text {year}" IS NOT NULL'
        for year in years
    )
    return wide.query("wide", " UNION ALL ".join(by_year))


def _years(file: Path) -> list[int]:
    """The years of which the header has a column; none where there is no header, which the reader then says.

    Raises:
        SourceError: if a column is named nearly as a year's, or a year between the first and the last has none.
    """
    workbook = open_workbook(DATASET, file)
    for row in sheet_rows(DATASET, file, workbook, workbook.sheet_names[0]):
        names = [text(cell) for cell in row]
        if COUNTY in names:
            return _without_gaps(file, names)
    return []


def _without_gaps(file: Path, names: Sequence[str]) -> list[int]:
    """The years among a header's names. A column passed over would be a year less, and nobody told."""
    odd = [name for name in names if NEARLY.match(name) and not YEAR.fullmatch(name)]
    if odd:
        raise SourceError(DATASET, file.name, f"column {odd[0]!r} is not named as a year is (BA2022)", LAYOUT_REMEDY)
    years = [int(found[1]) for name in names if (found := YEAR.fullmatch(name))]
    missing = [year for year in range(min(years, default=0), max(years, default=0)) if year not in years]
    if missing:
        problem = f"column BA{missing[0]} is missing between BA{min(years)} and BA{max(years)}"
        raise SourceError(DATASET, file.name, problem, LAYOUT_REMEDY)
    return years
