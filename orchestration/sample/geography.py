"""The invented country of Talvenia: its land, and its counties and metropolitan areas as of any year.

Belongs here: putting land, boundaries and base jobs together for a seed. Does not: industries, or what happens in a
year. No code exists in reality: state FIPS 90-94 and 96, CBSA codes 90xxx to 97xxx.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from orchestration.sample.boundaries import (
    DELINEATED_IN,
    REGIONS_IN,
    RENAMED_IN,
    SPLIT_IN,
    Cbsa,
    County,
    Redrawn,
    built_up,
    counties_of,
    never_urban,
    redraw,
    region_state_cbsas,
)
from orchestration.sample.grid import METRO_COUNTIES, STATES, Parcel, State, draw_groups, draw_parcels

COUNTRY = "Talvenia"
LABEL = "(synthetic)"
NATION = "ZZ000"
LARGEST_METRO, ZIPF = 640_000, 1.05
PSEUDO_STATES = ("90", "93")
# The first year of each map of counties; a year has the last one that has begun.
_MAPS = (0, RENAMED_IN, SPLIT_IN, REGIONS_IN)


@dataclass(frozen=True)
class Geography:
    """The country: parcels in the order of their codes, and what was made of them since when.

    The drawn areas stand first in a delineation, from the largest metropolitan area down. QCEW never used the one that
    it `skipped`, of 2020, in which the areas are already redrawn.
    """

    states: tuple[State, ...]
    parcels: tuple[Parcel, ...]
    maps: dict[int, tuple[County, ...]]
    delineations: dict[int, tuple[Cbsa, ...]]
    skipped: tuple[Cbsa, ...]
    redrawn: Redrawn

    def counties(self, year: int) -> tuple[County, ...]:
        """Counties of a year, in the order of their codes."""
        return self.maps[max(since for since in self.maps if since <= year)]

    def cbsas(self, year: int) -> tuple[Cbsa, ...]:
        """Areas of the delineation that QCEW uses in a year."""
        return self.delineations[max(since for since in self.delineations if since <= year)]

    def places(self, county: str) -> tuple[int, ...]:
        """Positions of the parcels of a county of any year; a code never means two different ones."""
        return next(tuple(p.place for p in c.parcels) for cs in self.maps.values() for c in cs if c.code == county)


@lru_cache(maxsize=4)
def build_geography(seed: int) -> Geography:
    """The country for a seed.

    Example:
        >>> len(build_geography(1).counties(2019)), len(build_geography(1).counties(2024))
        (207, 209)
    """
    rng = np.random.default_rng([seed, 1])
    parcels = draw_parcels(rng)
    groups = draw_groups(rng, parcels, never_urban(parcels))
    parcels = built_up(parcels)
    heads = []
    for rank, (group, serial) in enumerate(zip(groups, rng.permutation(len(groups)), strict=True)):
        code = f"{9010 + 30 * int(serial)}0"
        metropolitan = rank < len(METRO_COUNTIES)
        jobs = LARGEST_METRO / (rank + 1) ** ZIPF if metropolitan else float(rng.uniform(9_000, 22_000))
        shares = np.array([1.0] + [0.45 * 0.7**k for k in range(len(group) - 1)])
        for parcel, share in zip(group, shares / shares.sum(), strict=True):
            parcels[parcel.place] = replace(parcel, urban=code, jobs=jobs * float(share))
        heads.append((code, group[0].name, metropolitan, [p.code for p in group]))
    maps = {since: counties_of(parcels, since) for since in _MAPS}
    first, last = maps[0], maps[REGIONS_IN]
    by_code = {c.code: c for c in first}
    drawn = [Cbsa(code, name, kind, tuple(by_code[c] for c in codes)) for code, name, kind, codes in heads]
    later, redrawn = redraw(drawn, last)
    names = [by_code[code].name.removesuffix(" County") for code in ("94005", "94013")]
    of_counties = region_state_cbsas(first, names, later=False)
    delineations = {
        0: (*drawn, *of_counties),
        DELINEATED_IN: (*later, *region_state_cbsas(last, names, later=True)),
    }
    return Geography(STATES, tuple(parcels), maps, delineations, (*later, *of_counties), redrawn)


def neighbours(counties: tuple[County, ...]) -> dict[str, list[County]]:
    """Counties that share a side or a corner with each one, in the order of their codes.

    Example:
        >>> [c.code for c in neighbours(build_geography(1).counties(2019))["90001"]]
        ['90003', '90011', '90013']
    """
    owner = {(p.row, p.column): c for c in counties for p in c.parcels}
    found = {}
    for county in counties:
        near = {
            other.code: other
            for p in county.parcels
            for row in (p.row - 1, p.row, p.row + 1)
            for column in (p.column - 1, p.column, p.column + 1)
            if (other := owner.get((row, column), county)) is not county
        }
        found[county.code] = [near[code] for code in sorted(near)]
    return found
