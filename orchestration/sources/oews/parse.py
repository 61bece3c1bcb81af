"""U.S. Bureau of Labor Statistics: Occupational Employment and Wage Statistics (OEWS).

Estimates for May of a year, of jobs by occupation in metropolitan areas and in industries of the nation, from a zip of
workbooks each. Self-employed people are not in them. Jobs are rounded to tens and withheld (`**`) where too few
establishments answered. https://www.bls.gov/oes/tables.htm
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.source import Edition
from orchestration.sources.tidy import LAYOUT_REMEDY, TEXT_REMEDY, YEAR_REMEDY
from orchestration.sources.workbook import AGAIN, numbered, open_workbook, sheet_rows, text

if TYPE_CHECKING:
    import pandas as pd

TOPCODED = "#"
# Jobs withheld, wages withheld, wages too high to be told, and nothing to tell.
UNKNOWN = ("**", "*", TOPCODED, "")
OCCUPATION = {"OCC_CODE": "occupation_code", "OCC_TITLE": "occupation_title", "O_GROUP": "occupation_group"}
METRO_TEXT = {"AREA": "area_code", "AREA_TITLE": "area_title", **OCCUPATION}
METRO_NUMBERS = {
    "TOT_EMP": "employment",
    "JOBS_1000": "jobs_per_1000",
    "LOC_QUOTIENT": "location_quotient",
    "A_MEAN": "annual_mean_wage",
    "A_MEDIAN": "annual_median_wage",
}
INDUSTRY_TEXT = {
    "NAICS": "naics_code",
    "NAICS_TITLE": "industry_title",
    "I_GROUP": "industry_level",
    "OWN_CODE": "ownership",
    **OCCUPATION,
}
WHOLE = ("employment", "annual_mean_wage", "annual_median_wage")
# The metropolitan areas, not the rest of the states beside them (BOS).
METRO_BOOKS = r"MSA_M(\d{4})_dl.*\.xlsx"
# Sectors to six digits, not the same again by owner.
INDUSTRY_BOOKS = r"nat(?:sector|\dd(?:_\dd)?)_M(\d{4})_dl\.xlsx"
LEVELS = ("sector", "3-digit", "4-digit")


def parse_metro(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Jobs and wages by metropolitan area and occupation; what is withheld or too high to be told is NULL.

    Raises:
        SourceError: if there is no such workbook or it is of another year, a column is missing, a number is text, or
            an area has an occupation twice.
    """
    import pandas as pd

    tables = [
        _table("oews_metro", file, METRO_TEXT, METRO_NUMBERS)
        for file in _books("oews_metro", files, METRO_BOOKS, edition.year)
    ]
    table = pd.concat(tables, ignore_index=True)
    _require_once("oews_metro", files[0], table, ["area_code", "occupation_code"])
    con.register("oews_metro_rows", table)
    return con.sql(
        f"""
        SELECT
            {edition.year}::SMALLINT AS year, area_code, area_title,
            occupation_code, occupation_title, occupation_group, employment, jobs_per_1000, location_quotient,
            annual_mean_wage, annual_median_wage, annual_median_wage_topcoded
        FROM oews_metro_rows
        """
    )


def parse_industry(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    """Jobs by industry of the nation and occupation, from sectors to the finest industries offered.

    Industry codes lose the zeros that BLS pads them with. Where BLS puts industries together, the code is BLS's own
    (`3250A1`) and the title says which ("… (3251, 3252, 3253, and 3259 only)").

    Raises:
        SourceError: as `parse_metro`, or if a level that is always offered is missing.
    """
    import pandas as pd

    books = _books("oews_industry", files, INDUSTRY_BOOKS, edition.year)
    table = pd.concat(
        [_table("oews_industry", file, INDUSTRY_TEXT, {"TOT_EMP": "employment"}) for file in books], ignore_index=True
    )
    if missing := [level for level in LEVELS if level not in set(table["industry_level"])]:
        problem = f"the archive holds no industries of the level {', '.join(missing)}"
        raise SourceError("oews_industry", books[0].name, problem, LAYOUT_REMEDY)
    levels = zip(table["naics_code"], table["industry_level"], strict=True)
    table["naics_code"] = [naics_code(code, level) for code, level in levels]
    _require_once("oews_industry", books[0], table, ["naics_code", "industry_level", "occupation_code"])
    con.register("oews_industry_rows", table)
    return con.sql(
        f"""
        SELECT
            {edition.year}::SMALLINT AS year, naics_code, industry_title, industry_level,
            nullif(ownership, '') AS ownership, occupation_code, occupation_title, occupation_group, employment
        FROM oews_industry_rows
        """
    )


def naics_code(code: str, level: str) -> str:
    """An industry code without the zeros that pad it to six places.

    Example:
        >>> naics_code("113000", "3-digit"), naics_code("31-33", "sector"), naics_code("3250A1", "4-digit")
        ('113', '31-33', '3250A1')
    """
    digits = re.fullmatch(r"(\d)-digit", level)
    return code[: int(digits[1])] if digits and code.isdigit() else code


def _books(dataset: str, files: Sequence[Path], pattern: str, year: int) -> list[Path]:
    """The workbooks whose names fit, all of the year."""
    found = [(file, said) for file in files if (said := re.fullmatch(pattern, file.name, re.IGNORECASE))]
    if not found:
        names = ", ".join(file.name for file in files[:8])
        problem = f"no workbook of the archive is named like {pattern} (there are {names})"
        raise SourceError(dataset, files[0].name, problem, LAYOUT_REMEDY)
    for file, said in found:
        if int(said[1]) != year:
            raise SourceError(dataset, file.name, f"the workbook is of {said[1]}, not of {year}", YEAR_REMEDY)
    return [file for file, _ in found]


def _table(dataset: str, file: Path, texts: dict[str, str], numbers: dict[str, str]) -> pd.DataFrame:
    """The named columns of a workbook's first sheet; found by name, whatever the letters' case."""
    import pandas as pd

    workbook = open_workbook(dataset, file)
    names = workbook.sheet_names
    rows = sheet_rows(dataset, file, workbook, names[0]) if names else iter(())
    header = [text(cell).upper() for cell in next(rows, [])]
    if missing := [name for name in (*texts, *numbers) if name not in header]:
        raise SourceError(dataset, file.name, f"column {', '.join(missing)} is missing", LAYOUT_REMEDY)
    wanted = itemgetter(*(header.index(name) for name in (*texts, *numbers)))
    raw = pd.DataFrame(map(wanted, rows), columns=[*texts.values(), *numbers.values()], dtype=object)
    for column, name in texts.items():
        raw[name] = _texts(dataset, file, column, raw[name])
    raw = _without_notes(dataset, file, raw)
    if raw.empty:
        raise SourceError(dataset, file.name, "the sheet has a header but no rows", AGAIN)
    if "annual_median_wage" in raw:
        raw["annual_median_wage_topcoded"] = raw["annual_median_wage"].map(text) == TOPCODED
    for column, name in numbers.items():
        try:
            values = numbered(raw[name], UNKNOWN)
        except ValueError as error:
            problem = f"column {column} holds the text {text(error.args[0])!r} where a number belongs"
            raise SourceError(dataset, file.name, problem, TEXT_REMEDY) from error
        raw[name] = _whole(dataset, file, column, values) if name in WHOLE else pd.array(values, dtype="Float64")
    return raw


def _texts(dataset: str, file: Path, column: str, cells: pd.Series) -> pd.Series:
    """Codes and titles as texts. A code typed as a number is read as the code, but no code has a decimal point."""
    for row, cell in enumerate(cells, start=2):
        if isinstance(cell, float) and not cell.is_integer():
            problem = f"row {row}: column {column} holds the number {cell} where a code belongs"
            raise SourceError(dataset, file.name, problem, TEXT_REMEDY)
    return cells.map(text)


def _without_notes(dataset: str, file: Path, raw: pd.DataFrame) -> pd.DataFrame:
    """The rows with an occupation. Notes stand at the foot of some workbooks and have none; a row above is no note."""
    filled = raw["occupation_code"] != ""
    above = raw[: filled[filled].index.max() + 1] if filled.any() else raw[:0]
    odd = above[(above["occupation_code"] == "") & (above.astype(str) != "").any(axis=1)]
    if not odd.empty:
        problem = f"row {odd.index[0] + 2}: column OCC_CODE is blank where every row must have it"
        raise SourceError(dataset, file.name, problem, TEXT_REMEDY)
    return raw[filled]


def _whole(dataset: str, file: Path, column: str, values: list[float | None]) -> pd.api.extensions.ExtensionArray:
    import pandas as pd

    if broken := [value for value in values if value is not None and not value.is_integer()]:
        problem = f"column {column} holds {broken[0]} where a whole number belongs"
        raise SourceError(dataset, file.name, problem, TEXT_REMEDY)
    return pd.array(values, dtype="Int64")


def _require_once(dataset: str, file: Path, table: pd.DataFrame, key: list[str]) -> None:
    if (twice := table[table.duplicated(key)]).empty:
        return
    what = ", ".join(f"{name} {value}" for name, value in twice[key].iloc[0].items() if value)
    raise SourceError(dataset, file.name, f"there are two rows of {what}", TEXT_REMEDY)
