"""The Census Bureau's files of the invented country: adjacency, gazetteer, population, delineation.

Belongs here: those four layouts. Does not: what the country is like (see `geography`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from openpyxl import Workbook

from orchestration.sample.accounts import cbsa_title
from orchestration.sample.archive import write_workbook, write_zip
from orchestration.sample.geography import LABEL, Cbsa, County, Geography

_SQUARE_MILE = 2_589_988.110336
_ADJACENCY = "geo/docs/reference/county_adjacency/county_adjacency2024.txt"
_GAZETTEER = "geo/docs/maps-data/data/gazetteer/2025_Gazetteer/2025_Gaz_counties_national.zip"
_POPULATION = "programs-surveys/popest/datasets/2020-2025/counties/totals/co-est2025-alldata.csv"
_DELINEATION = "programs-surveys/metro-micro/geographies/reference-files/2023/delineation-files/list1_2023.xlsx"
_POPULATION_YEARS = tuple(range(2020, 2026))
# Census numbers regions 1 to 4 and divisions 1 to 9; these are neither.
_REGION, _DIVISION = "7", "77"
DELINEATION_COLUMNS = (
    "CBSA Code", "Metropolitan Division Code", "CSA Code", "CBSA Title",
    "Metropolitan/Micropolitan Statistical Area", "Metropolitan Division Title", "CSA Title",
    "County/County Equivalent", "State Name", "FIPS State Code", "FIPS County Code",
    "Central/Outlying County",
)  # fmt: skip


def write_census(host: Path, geography: Geography, seed: int) -> None:
    """Write the four files below the folder of www2.census.gov.

    Example:
        >>> write_census(Path("www2.census.gov"), build_geography(1), 1)  # doctest: +SKIP
    """
    _write_text(host / _ADJACENCY, _adjacency(geography), "utf-8", "\n")
    gazetteer = "\n".join(_gazetteer(geography)) + "\n"
    write_zip(host / _GAZETTEER, [("2025_Gaz_counties_national.txt", gazetteer.encode("utf-8"))])
    _write_text(host / _POPULATION, _population(geography, seed), "latin-1", "\r\n")
    _write_delineation(host / _DELINEATION, geography)


def _write_text(path: Path, rows: list[str], encoding: str, end: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((end.join(rows) + end).encode(encoding))


def _adjacency(geography: Geography) -> list[str]:
    rows = ["County Name|County GEOID|Neighbor Name|Neighbor GEOID"]
    for county in geography.counties:
        near = sorted([county, *geography.neighbours(county)], key=lambda c: c.code)
        rows += [f"{_postal_name(county)}|{county.code}|{_postal_name(n)}|{n.code}" for n in near]
    return rows


def _postal_name(county: County) -> str:
    return f"{county.name}, {county.state.postal} {LABEL}"


def _gazetteer(geography: Geography) -> list[str]:
    header = "USPS|GEOID|GEOIDFQ|ANSICODE|NAME|ALAND|AWATER|ALAND_SQMI|AWATER_SQMI|INTPTLAT|INTPTLONG"
    return [header] + [
        f"{c.state.postal}|{c.code}|0500000US{c.code}|999{c.code}|{c.name} {LABEL}|{c.land}|{c.water}|"
        f"{c.land / _SQUARE_MILE:.3f}|{c.water / _SQUARE_MILE:.3f}|{c.latitude:.6f}|{c.longitude:.6f}"
        for c in geography.counties
    ]


def _population(geography: Geography, seed: int) -> list[str]:
    rng = np.random.default_rng([seed, 4])
    names = ["SUMLEV", "REGION", "DIVISION", "STATE", "COUNTY", "STNAME", "CTYNAME", "ESTIMATESBASE2020"]
    names += [f"POPESTIMATE{y}" for y in _POPULATION_YEARS] + [f"NPOPCHG{y}" for y in _POPULATION_YEARS]
    jobs = np.array([c.jobs for c in geography.counties])
    base = np.rint(jobs * rng.uniform(1.9, 2.6, len(jobs))).astype(np.int64)
    growth = rng.normal(0.004, 0.008, len(jobs))[:, None] * (np.arange(len(_POPULATION_YEARS)) + 0.25)[None, :]
    people = np.rint(base[:, None] * np.exp(growth)).astype(np.int64)
    counts = np.concatenate([base[:, None], people, np.diff(people, axis=1, prepend=base[:, None])], axis=1)
    rows = [",".join(names)]
    for state in geography.states:
        inside = [i for i, c in enumerate(geography.counties) if c.state is state]
        name = f"{state.name} {LABEL}"
        rows.append(_population_row("040", state.code, "000", name, name, counts[inside].sum(axis=0)))
        for i in inside:
            county = geography.counties[i]
            title = f"{county.name} {LABEL}"
            rows.append(_population_row("050", state.code, county.code[2:], name, title, counts[i]))
    return rows


def _population_row(level: str, state: str, county: str, stname: str, ctyname: str, counts: np.ndarray) -> str:
    return ",".join([level, _REGION, _DIVISION, state, county, stname, ctyname, *(str(n) for n in counts)])


def _write_delineation(path: Path, geography: Geography) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("List 1")
    sheet.append(["Table with row headers in column A and column headers in row 3"])
    title = (
        "List 1. CORE BASED STATISTICAL AREAS (CBSAs), METROPOLITAN DIVISIONS, "
        f"AND COMBINED STATISTICAL AREAS (CSAs), JULY 2023 {LABEL}"
    )
    sheet.append([title])
    sheet.append(list(DELINEATION_COLUMNS))
    counties = {c.code: c for c in geography.counties}
    for cbsa in sorted(geography.cbsas, key=lambda c: c.code):
        for code in sorted(cbsa.counties):
            sheet.append(_delineation_row(cbsa, counties[code]))
    sheet.append([])
    sheet.append(["Note: This country is invented; see the sample's truth.json."])
    sheet.append(["Source: File prepared by the sample's generator in the layout of the U.S. Census Bureau."])
    sheet.append(["Internet Release Date: July 2023"])
    write_workbook(path, workbook)


def _delineation_row(cbsa: Cbsa, county: County) -> list[str | None]:
    kind = f"{'Metropolitan' if cbsa.metropolitan else 'Micropolitan'} Statistical Area"
    return [
        cbsa.code, None, None, cbsa_title(cbsa), kind, None, None, f"{county.name} {LABEL}",
        f"{county.state.name} {LABEL}", county.state.code, county.code[2:],
        "Central" if county.central else "Outlying",
    ]  # fmt: skip
