"""Boundaries of the invented country, as they were in each year: counties, and metropolitan areas made of them.

Belongs here: which parcels a county holds and since when, and the two delineations. Does not: where parcels are (see
`grid`). What changes is what changed in reality: a county gets another name and code (as Shannon, South Dakota), one
becomes two (as Valdez-Cordova, Alaska), a state's counties give way to planning regions of other shapes (as
Connecticut's), and a new delineation moves, ends, begins and renames areas (as OMB's of July 2023).
Which counties these are does not depend on the seed; which areas the new delineation changes does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from orchestration.sample.grid import STATE_COLUMNS, Parcel, State, touching


@dataclass(frozen=True)
class County:
    """A county or planning region: the parcels that it is made of."""

    code: str
    name: str
    parcels: tuple[Parcel, ...]

    @property
    def state(self) -> State:
        return self.parcels[0].state

    @cached_property
    def land(self) -> int:
        """Land area in m2."""
        return sum(p.land for p in self.parcels)

    @cached_property
    def water(self) -> int:
        """Water area in m2."""
        return sum(p.water for p in self.parcels)

    @cached_property
    def latitude(self) -> float:
        """Degrees north of an inner point."""
        return round(sum(p.latitude * p.land for p in self.parcels) / self.land, 6)

    @cached_property
    def longitude(self) -> float:
        """Degrees east of an inner point."""
        return round(sum(p.longitude * p.land for p in self.parcels) / self.land, 6)


@dataclass(frozen=True)
class Cbsa:
    """A metropolitan or micropolitan area of a delineation: its counties, the central one first."""

    code: str
    name: str
    metropolitan: bool
    counties: tuple[County, ...]

    @property
    def area_code(self) -> str:
        """The code in QCEW's form, such as C9010."""
        return f"C{self.code[:4]}"

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the counties, the central one's first."""
        return tuple(c.code for c in self.counties)

    @property
    def postals(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c.state.postal for c in self.counties))

    @property
    def places(self) -> tuple[int, ...]:
        """Positions of its parcels."""
        return tuple(p.place for c in self.counties for p in c.parcels)


RENAMED_IN, RENAMED = 2022, ("91037", "91102")
RENAMED_NAME = "Ashenford County"
SPLIT_IN, SPLIT, SPLIT_PARCELS = 2023, ("92023", ("92062", "92064")), ("92023", "92025")
SPLIT_NAMES = ("Highmoor County", "Lowmoor County")
REGIONS_IN, REGION_STATE = 2024, "94"
DELINEATED_IN = 2024
# Columns of the state's parcels, above and below its middle, that make up each planning region.
_REGIONS = {
    "94110": ("North Coast", (0,), 0), "94120": ("Upper Ester", (1,), 0), "94130": ("Capital", (2,), 0),
    "94140": ("Linden Hills", (3,), 0), "94150": ("North Border", (4,), 0), "94160": ("South Coast", (0,), 1),
    "94170": ("Lower Ester", (1,), 1), "94180": ("Midland", (2,), 1), "94190": ("South Border", (3, 4), 1),
}  # fmt: skip
# The state's areas: code, metropolitan, rows and columns of the built-up parcels, their jobs, counties, regions.
_REGION_AREAS = (
    ("97300", True, ((2, 1), (2, 2), (3, 1), (3, 2)), 90_000, ("94005", "94007"), ("94120", "94130")),
    ("97400", False, ((6, 3),), 14_000, ("94013",), ("94190",)),
)
NEW_CBSA = "97500"


def never_urban(parcels: Sequence[Parcel]) -> set[str]:
    """Parcels that the drawn urban areas leave out, so that what changes there is the same for every seed."""
    return {p.code for p in parcels if p.state.code == REGION_STATE} | {RENAMED[0], *SPLIT_PARCELS}


def built_up(parcels: Sequence[Parcel]) -> list[Parcel]:
    """The parcels with the jobs of the urban areas of the state that gets planning regions."""
    found = list(parcels)
    first = next(p.place for p in parcels if p.state.code == REGION_STATE)
    for code, _, cells, jobs, *_ in _REGION_AREAS:
        shares = [1.0 if k == 0 else 0.4 for k in range(len(cells))]
        for (row, column), share in zip(cells, shares, strict=True):
            place = first + row * STATE_COLUMNS + column
            found[place] = replace(found[place], urban=code, jobs=jobs * share / sum(shares))
    return found


def counties_of(parcels: Sequence[Parcel], year: int) -> tuple[County, ...]:
    """The counties of a year (planning regions among them), in the order of their codes."""
    found = []
    for parcel in parcels:
        code, name = parcel.code, f"{parcel.name} County"
        if parcel.state.code == REGION_STATE or code in SPLIT_PARCELS:
            continue
        if code == RENAMED[0] and year >= RENAMED_IN:
            code, name = RENAMED[1], RENAMED_NAME
        found.append(County(code, name, (parcel,)))
    found += _split(parcels, year)
    state = [p for p in parcels if p.state.code == REGION_STATE]
    found += _regions(state) if year >= REGIONS_IN else _strips(state)
    return tuple(sorted(found, key=lambda c: c.code))


def _split(parcels: Sequence[Parcel], year: int) -> list[County]:
    parts = tuple(p for p in parcels if p.code in SPLIT_PARCELS)
    if year < SPLIT_IN:
        return [County(SPLIT[0], f"{parts[0].name} County", parts)]
    return [County(code, name, (p,)) for code, name, p in zip(SPLIT[1], SPLIT_NAMES, parts, strict=True)]


def _strips(state: Sequence[Parcel]) -> list[County]:
    """The state's counties: a row of parcels each, so that every planning region has parts of several."""
    rows = [tuple(state[k : k + STATE_COLUMNS]) for k in range(0, len(state), STATE_COLUMNS)]
    return [County(f"{REGION_STATE}{2 * k + 1:03d}", f"{row[0].name} County", row) for k, row in enumerate(rows)]


def _regions(state: Sequence[Parcel]) -> list[County]:
    half = len(state) // 2
    return [
        County(code, f"{name} Planning Region",
               tuple(p for k, p in enumerate(state) if k % STATE_COLUMNS in columns and k // half == lower))
        for code, (name, columns, lower) in _REGIONS.items()
    ]  # fmt: skip


def region_state_cbsas(counties: Sequence[County], names: Sequence[str], later: bool) -> list[Cbsa]:
    """Areas of the state that gets planning regions: the same codes and names, of counties or of regions."""
    by_code = {c.code: c for c in counties}
    return [
        Cbsa(code, name, metropolitan, tuple(by_code[c] for c in (new if later else old)))
        for name, (code, metropolitan, _, _, old, new) in zip(names, _REGION_AREAS, strict=True)
    ]


@dataclass(frozen=True)
class Redrawn:
    """What the later delineation changes: codes of areas and of counties."""

    lost: tuple[tuple[str, str], ...]
    gained: tuple[tuple[str, str], ...]
    renamed: tuple[str, str]
    vanished: str
    new: str


def redraw(cbsas: Sequence[Cbsa], counties: Sequence[County]) -> tuple[list[Cbsa], Redrawn]:
    """The later delineation of the drawn areas, and what is different in it.

    The largest area loses its last county and gains another one, a micropolitan area of two counties loses one, the
    smallest metropolitan area gains a county and gets another name and code, the last micropolitan area vanishes, and
    the most populous county outside of all becomes one. `counties` are those of the later map; none of those that
    changed themselves is taken.
    """
    metros, micros = ([c for c in cbsas if c.metropolitan is kind] for kind in (True, False))
    taken = {code for c in cbsas for code in c.codes} | {RENAMED[1], *SPLIT[1]}
    free = [c for c in counties if c.code not in taken and c.state.code != REGION_STATE]
    largest, smallest, pair, last = metros[0], metros[-1], micros[0], micros[-1]
    joining = []
    for area in (largest, smallest):
        near = (c for c in free if any(touching(c.parcels[0], p) for m in area.counties for p in m.parcels))
        joining.append(next(near))
        free.remove(joining[-1])
    start = max(free, key=lambda c: (c.parcels[0].jobs, c.code))
    changed = {
        largest.code: replace(largest, counties=(*largest.counties[:-1], joining[0])),
        smallest.code: replace(
            smallest, code=f"{int(smallest.code) + 100}", counties=(*smallest.counties, joining[1]),
            name=f"{smallest.name}-{joining[1].name.removesuffix(' County')}",
        ),
        pair.code: replace(pair, counties=pair.counties[:-1]),
    }  # fmt: skip
    later = [changed.get(c.code, c) for c in cbsas if c is not last]
    later.append(Cbsa(NEW_CBSA, start.name.removesuffix(" County"), False, (start,)))
    return later, Redrawn(
        lost=((largest.code, largest.codes[-1]), (pair.code, pair.codes[-1])),
        gained=((largest.code, joining[0].code), (changed[smallest.code].code, joining[1].code)),
        renamed=(smallest.code, changed[smallest.code].code),
        vanished=last.code,
        new=NEW_CBSA,
    )
