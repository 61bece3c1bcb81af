"""The Census Bureau's files of the invented country: adjacency, gazetteer, population, delineation.

Belongs here: those layouts, older and newer editions side by side. Does not: what the country is like (see
`geography`). Each edition has the counties of its own year.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from orchestration.sample.accounts import cbsa_title
from orchestration.sample.archive import write_workbook, write_zip
from orchestration.sample.boundaries import Cbsa, County
from orchestration.sample.geography import LABEL, Geography, neighbours
from orchestration.sample.xls import xls_bytes

_SQUARE_MILE = 2_589_988.110336
_REFERENCE = "geo/docs/reference"
_GAZETTEER = "geo/docs/maps-data/data/gazetteer"
_POPEST = "programs-surveys/popest/datasets"
_DELINEATION = "programs-surveys/metro-micro/geographies/reference-files"
# The one pair of which the list of 2024 has one direction only: its line from the first to the second is missing.
MISSING_NEIGHBOUR = ("90003", "90001")
# Census numbers regions 1 to 4 and divisions 1 to 9; these are neither.
_REGION, _DIVISION = "7", "77"
DELINEATION_COLUMNS = (
    "CBSA Code", "Metropolitan Division Code", "CSA Code", "CBSA Title",
    "Metropolitan/Micropolitan Statistical Area", "Metropolitan Division Title", "CSA Title",
    "County/County Equivalent", "State Name", "FIPS State Code", "FIPS County Code",
    "Central/Outlying County",
)  # fmt: skip


def write_census(host: Path, geography: Geography, seed: int) -> None:
    """Write the files below the folder of www2.census.gov.

    Example:
        >>> write_census(Path("www2.census.gov"), build_geography(1), 1)  # doctest: +SKIP
    """
    _write_text(
        host / _REFERENCE / "county_adjacency.txt", _ragged_adjacency(geography.counties(2010)), "latin-1", "\n"
    )
    for year in (2023, 2024):
        rows = _adjacency(geography.counties(year), {MISSING_NEIGHBOUR} if year == 2024 else set())
        _write_text(host / _REFERENCE / f"county_adjacency/county_adjacency{year}.txt", rows, "utf-8", "\n")
    rows = _gazetteer_2010(geography.counties(2010))
    _write_text(host / _GAZETTEER / "2010_Gazetteer/Gaz_counties_national.txt", rows, "latin-1", "\r\n")
    for year, rows in ((2020, _gazetteer_2020(geography.counties(2020))), (2025, _gazetteer(geography.counties(2025)))):
        name = f"{year}_Gaz_counties_national"
        content = ("\n".join(rows) + "\n").encode("utf-8")
        write_zip(host / _GAZETTEER / f"{year}_Gazetteer/{name}.zip", [(f"{name}.txt", content)])
    people = _Population(geography, seed)
    for since, to in ((2010, 2020), (2020, 2024)):
        path = host / _POPEST / f"{since}-{to}/counties/totals/co-est{to}-alldata.csv"
        _write_text(path, people.rows(since, to), "latin-1", "\r\n")
    _write_delineations(host / _DELINEATION, geography)


def _write_text(path: Path, rows: list[str], encoding: str, end: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((end.join(rows) + end).encode(encoding))


def _pairs(counties: tuple[County, ...]) -> list[tuple[County, list[County]]]:
    """Each county with itself and its neighbours, all in the order of their codes."""
    near = neighbours(counties)
    return [(county, sorted([county, *near[county.code]], key=lambda c: c.code)) for county in counties]


def _ragged_adjacency(counties: tuple[County, ...]) -> list[str]:
    """The layout of 2010: a county's own name and code stand on its first line only."""
    rows = []
    for county, near in _pairs(counties):
        first = f'"{_postal_name(county)}"\t{county.code}'
        for other in near:
            rows.append(f'{first}\t"{_postal_name(other)}"\t{other.code}')
            first = "\t"
    return rows


def _adjacency(counties: tuple[County, ...], left_out: set[tuple[str, str]]) -> list[str]:
    return ["County Name|County GEOID|Neighbor Name|Neighbor GEOID"] + [
        f"{_postal_name(county)}|{county.code}|{_postal_name(n)}|{n.code}"
        for county, near in _pairs(counties)
        for n in near
        if (county.code, n.code) not in left_out
    ]


def _postal_name(county: County) -> str:
    return f"{county.name}, {county.state.postal} {LABEL}"


def _gazetteer_2010(counties: Sequence[County]) -> list[str]:
    names = "USPS GEOID ANSICODE NAME POP10 HU10 ALAND AWATER ALAND_SQMI AWATER_SQMI INTPTLAT INTPTLONG"
    rows = ["\t".join(names.split())]
    for c in counties:
        people = int(2.2 * sum(p.jobs for p in c.parcels))
        named = [c.state.postal, c.code, f"999{c.code}", f"{c.name} {LABEL}", str(people), str(people * 2 // 5)]
        rows.append("\t".join([*named, *_measures(c)]))
    return rows


def _gazetteer_2020(counties: Sequence[County]) -> list[str]:
    names = "USPS GEOID ANSICODE NAME ALAND AWATER ALAND_SQMI AWATER_SQMI INTPTLAT INTPTLONG"
    return ["\t".join(names.split())] + [
        "\t".join([c.state.postal, c.code, f"999{c.code}", f"{c.name} {LABEL}", *_measures(c)]) for c in counties
    ]


def _gazetteer(counties: Sequence[County]) -> list[str]:
    header = "USPS|GEOID|GEOIDFQ|ANSICODE|NAME|ALAND|AWATER|ALAND_SQMI|AWATER_SQMI|INTPTLAT|INTPTLONG"
    return [header] + [
        "|".join([c.state.postal, c.code, f"0500000US{c.code}", f"999{c.code}", f"{c.name} {LABEL}", *_measures(c)])
        for c in counties
    ]


def _measures(county: County) -> list[str]:
    miles = [f"{area / _SQUARE_MILE:.3f}" for area in (county.land, county.water)]
    return [str(county.land), str(county.water), *miles, f"{county.latitude:.6f}", f"{county.longitude:.6f}"]


class _Population:
    """People of each parcel on 1 July, by year, and the Bureau's files of them."""

    def __init__(self, geography: Geography, seed: int) -> None:
        rng = np.random.default_rng([seed, 4])
        jobs = np.array([p.jobs for p in geography.parcels])
        self._geography = geography
        self._base = jobs * rng.uniform(1.9, 2.6, len(jobs))
        self._growth = rng.normal(0.004, 0.008, len(jobs))

    def rows(self, since: int, to: int) -> list[str]:
        """The file of a series: states, and the counties that there were in its last year."""
        years = range(since, to + 1)
        names = ["SUMLEV", "REGION", "DIVISION", "STATE", "COUNTY", "STNAME", "CTYNAME"]
        names += ["CENSUS2010POP"] * (since == 2010) + [f"ESTIMATESBASE{since}"]
        change = "NPOPCHG_" if since == 2010 else "NPOPCHG"
        names += [f"POPESTIMATE{y}" for y in years] + [f"{change}{y}" for y in years]
        found = [",".join(names)]
        for state in self._geography.states:
            counties = [c for c in self._geography.counties(to) if c.state is state]
            counts = np.stack([self._counts(c, since, to) for c in counties])
            name = f"{state.name} {LABEL}"
            found.append(_population_row("040", state.code, "000", name, name, counts.sum(axis=0)))
            found += [
                _population_row("050", state.code, c.code[2:], name, f"{c.name} {LABEL}", row)
                for c, row in zip(counties, counts, strict=True)
            ]
        return found

    def _counts(self, county: County, since: int, to: int) -> np.ndarray:
        places = [p.place for p in county.parcels]
        elapsed = np.arange(since, to + 1) - 2020 + 0.25
        # The older series was carried on from a census ten years before, and came out a little low.
        scale = 0.99 if since == 2010 else 1.0
        by_parcel = scale * self._base[places, None] * np.exp(self._growth[places, None] * elapsed)
        people = np.rint(by_parcel).astype(np.int64).sum(axis=0)
        base = people[:1] - 3
        return np.concatenate([base] * (2 if since == 2010 else 1) + [people, np.diff(people, prepend=base)])


def _population_row(level: str, state: str, county: str, stname: str, ctyname: str, counts: np.ndarray) -> str:
    return ",".join([level, _REGION, _DIVISION, state, county, stname, ctyname, *(str(n) for n in counts)])


def _write_delineations(folder: Path, geography: Geography) -> None:
    """The list that QCEW used to 2023, one that it skipped, both in Excel's older format, and the one used since."""
    for path, cbsas, month, released in (
        ("2015/delineation-files/list1.xls", geography.cbsas(2023), "July 2015", "April 2016"),
        ("2020/delineation-files/list1_2020.xls", geography.skipped, "March 2020", "April 2020"),
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(xls_bytes("List 1", _delineation_rows(cbsas, month, released)))
    rows = _delineation_rows(geography.cbsas(2024), "July 2023", "July 2023")
    write_workbook(folder / "2023/delineation-files/list1_2023.xlsx", {"List 1": rows})


def _delineation_rows(cbsas: Sequence[Cbsa], month: str, released: str) -> list[list[str | None]]:
    title = (
        "List 1. CORE BASED STATISTICAL AREAS (CBSAs), METROPOLITAN DIVISIONS, "
        f"AND COMBINED STATISTICAL AREAS (CSAs), {month.upper()} {LABEL}"
    )
    return [
        ["Table with row headers in column A and column headers in row 3"],
        [title],
        list(DELINEATION_COLUMNS),
        *(
            _delineation_row(cbsa, county)
            for cbsa in sorted(cbsas, key=lambda c: c.code)
            for county in sorted(cbsa.counties, key=lambda c: c.code)
        ),
        [],
        ["Note: This country is invented; see the sample's truth.json."],
        ["Source: File prepared by the sample's generator in the layout of the U.S. Census Bureau."],
        [f"Internet Release Date: {released}"],
    ]


def _delineation_row(cbsa: Cbsa, county: County) -> list[str | None]:
    kind = f"{'Metropolitan' if cbsa.metropolitan else 'Micropolitan'} Statistical Area"
    return [
        cbsa.code, None, None, cbsa_title(cbsa), kind, None, None, f"{county.name} {LABEL}",
        f"{county.state.name} {LABEL}", county.state.code, county.code[2:],
        "Central" if county is cbsa.counties[0] else "Outlying",
    ]  # fmt: skip
