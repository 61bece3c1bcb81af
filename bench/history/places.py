"""Which areas a year of QCEW prints, and which counties each is made of.

Belongs here: states, metropolitan and micropolitan areas, counties that changed their code. Does not: figures.

Left out, as nothing is made from them: combined areas, the nation's metropolitan and other parts, and ownership 8.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import duckdb

from orchestration.naics import DBT
from orchestration.sources.bls.parse import NOT_STATES
from orchestration.sources.census.parse import parse_delineation
from orchestration.sources.source import Edition
from tests.marts.tonight import REGION_OF
from tests.marts.tonight import YEAR as METRO_TOTALS_ALONE_FROM

FILES = "www2.census.gov/programs-surveys/metro-micro/geographies/reference-files"
# The lists that QCEW used, by the first year in which it did (dbt_project/seeds/qcew_delineations.csv).
LISTS = {2013: ("2015-07", f"{FILES}/2015/delineation-files/list1.xls"),
         2024: ("2023-07", f"{FILES}/2023/delineation-files/list1_2023.xlsx")}  # fmt: skip
NATION, STATE, METRO, COUNTY, MICRO = 1, 5, 4, 7, 8
FINEST = 8


@dataclass(frozen=True)
class Member:
    """A county (as the real year has it) of an area: the area's code in the year and in the real year, the kind of
    area, and the finest level of industries that is printed of it."""

    county: int
    area: str
    area_before: str
    kind: int
    finest: int = FINEST


def members(mirror: Path, counties: Collection[int], year: int) -> Iterator[Member]:
    """The areas of a year with their counties; each county is an area too.

    Raises:
        SourceError: if the mirror's list of areas cannot be read.
    """
    moved = _moved(year)
    listed = _listed(mirror, max(first for first in LISTS if first <= year or first == min(LISTS)))
    for county in counties:
        before = f"{county:05}"
        now, state = moved.get(before, before), before[:2] + "000"
        yield Member(county, now, before, COUNTY)
        yield Member(county, state, state, STATE)
        if state not in NOT_STATES:
            yield Member(county, "US000", "US000", NATION)
        if area := listed.get(now):
            code, kind = area
            has_industries = kind == METRO and year < METRO_TOTALS_ALONE_FROM
            yield Member(county, code, code, kind, FINEST if has_industries else 0)


def _moved(year: int) -> dict[str, str]:
    """The counties that have another code by a year. Of those that were split one new county has it all."""
    with (DBT / "seeds" / "county_changes.csv").open(encoding="utf-8", newline="") as lines:
        first_year = {row["old_code"]: int(row["first_year"]) for row in csv.DictReader(lines)}
    return {old: new for old, new in REGION_OF.items() if first_year[old] <= year}


@lru_cache
def _listed(mirror: Path, first_year: int) -> dict[str, tuple[str, int]]:
    """Areas by county: their codes in QCEW, and their kinds."""
    period, path = LISTS[first_year]
    with duckdb.connect() as con:
        listed = parse_delineation(con, [mirror / path], Edition(period, None, ()))
        # Codes of five digits that do not end in 0 share their first four with another area.
        rows = listed.filter("cbsa_code LIKE '____0'").project("county_fips, left(cbsa_code, 4), cbsa_kind").fetchall()
    return {county: (f"C{code}", METRO if kind == "metropolitan" else MICRO) for county, code, kind in rows}
