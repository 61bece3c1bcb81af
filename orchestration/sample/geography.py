"""The invented country of Talvenia: states, counties on a jittered grid in mid-ocean, and metropolitan areas.

Belongs here: codes, names, places, contiguity and the base number of jobs. Does not: industries or years.
No code exists in reality: state FIPS 90-94 and 96, CBSA codes 90xxx to 97xxx.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

COUNTRY = "Talvenia"
LABEL = "(synthetic)"
NATION = "ZZ000"
STATE_ROWS, STATE_COLUMNS, STATES_ABREAST = 8, 5, 3
SOUTH, WEST, CELL = -46.0, -132.0, 0.5
METRO_COUNTIES = (9, 7, 6, 5, 5, 4, 4, 3, 3, 3, 2, 2, 2, 1)
MICRO_COUNTIES = (2, 2, 2, 1, 1, 1, 1, 1, 1, 1)
LARGEST_METRO, ZIPF = 640_000, 1.05
PSEUDO_STATES = ("90", "93")
_STARTS = (
    "Ald", "Bran", "Cald", "Dorn", "Elv", "Farn", "Gorm", "Hask", "Ister", "Jarn", "Keld", "Lorv", "Morv",
    "Nard", "Osk", "Parn", "Quell", "Rusk", "Stav", "Tarn",
)  # fmt: skip
_ENDS = ("aby", "beck", "dale", "enholm", "fell", "gate", "hythe", "mere", "nath", "oway", "stow", "wick")
_TENTH_KM2 = 111.32 * 111.32


@dataclass(frozen=True)
class State:
    """A state: invented FIPS and postal codes."""

    code: str
    postal: str
    name: str


@dataclass(frozen=True)
class County:
    """A county: cell (row, column) of the grid, an inner point, areas in m2 and its jobs in the base year."""

    code: str
    name: str
    state: State
    row: int
    column: int
    latitude: float
    longitude: float
    land: int
    water: int
    jobs: float
    cbsa: str | None = None
    central: bool = False


@dataclass(frozen=True)
class Cbsa:
    """A metropolitan or micropolitan area: county codes, the central one first."""

    code: str
    name: str
    postals: tuple[str, ...]
    metropolitan: bool
    counties: tuple[str, ...]

    @property
    def area_code(self) -> str:
        """The code in QCEW's form, such as C9010."""
        return f"C{self.code[:4]}"


@dataclass(frozen=True)
class Geography:
    """The country: counties in the order of their codes, CBSAs from the largest metropolitan down."""

    states: tuple[State, ...]
    counties: tuple[County, ...]
    cbsas: tuple[Cbsa, ...]

    def neighbours(self, county: County) -> list[County]:
        """Counties that share a side or a corner with this one, in the order of their codes."""
        return [
            other
            for other in self.counties
            if other is not county and abs(other.row - county.row) <= 1 and abs(other.column - county.column) <= 1
        ]


STATES = (
    State("90", "AQ", "Arvela"),
    State("91", "BQ", "Brennmark"),
    State("92", "CQ", "Corvane"),
    State("93", "DQ", "Dunhollow"),
    State("94", "EQ", "Estmere"),
    State("96", "FQ", "Fallowick"),
)


@lru_cache(maxsize=4)
def build_geography(seed: int) -> Geography:
    """The country for a seed.

    Example:
        >>> len(build_geography(1).counties), build_geography(1).counties[0].code
        (240, '90001')
    """
    rng = np.random.default_rng([seed, 1])
    counties = _counties(rng)
    groups = _group(rng, counties)
    cbsas, placed = [], {c.code: c for c in counties}
    codes = rng.permutation(len(groups))
    for rank, (group, serial) in enumerate(zip(groups, codes, strict=True)):
        code = f"{9010 + 30 * int(serial)}0"
        metropolitan = rank < len(METRO_COUNTIES)
        jobs = LARGEST_METRO / (rank + 1) ** ZIPF if metropolitan else float(rng.uniform(9_000, 22_000))
        shares = np.array([1.0] + [0.45 * 0.7**k for k in range(len(group) - 1)])
        for place, (county, share) in enumerate(zip(group, shares / shares.sum(), strict=True)):
            placed[county.code] = replace(county, cbsa=code, jobs=jobs * float(share), central=place == 0)
        name = group[0].name.removesuffix(" County")
        postals = tuple(dict.fromkeys(c.state.postal for c in group))
        cbsas.append(Cbsa(code, name, postals, metropolitan, tuple(c.code for c in group)))
    return Geography(STATES, tuple(placed[c.code] for c in counties), tuple(cbsas))


def _counties(rng: np.random.Generator) -> list[County]:
    rows, columns = 2 * STATE_ROWS, STATES_ABREAST * STATE_COLUMNS
    corners = rng.uniform(-0.16, 0.16, size=(rows + 1, columns + 1, 2))
    corners += np.stack(np.meshgrid(np.arange(rows + 1), np.arange(columns + 1), indexing="ij"), axis=-1)
    names = [f"{a}{b} County" for a in _STARTS for b in _ENDS]
    order = rng.permutation(len(names))
    found = []
    for serial in range(rows * columns):
        state, within = divmod(serial, STATE_ROWS * STATE_COLUMNS)
        row = (state // STATES_ABREAST) * STATE_ROWS + within // STATE_COLUMNS
        column = (state % STATES_ABREAST) * STATE_COLUMNS + within % STATE_COLUMNS
        ring = corners[[row, row, row + 1, row + 1], [column, column + 1, column + 1, column]]
        centre = ring.mean(axis=0)
        latitude = SOUTH + CELL * float(centre[0])
        area = _shoelace(ring) * CELL**2 * _TENTH_KM2 * math.cos(math.radians(latitude)) * 1e6
        wet = float(rng.uniform(0.01, 0.08))
        code = f"{STATES[state].code}{2 * within + 1:03d}"
        jobs = float(np.clip(rng.lognormal(math.log(3_600), 0.85), 500, 32_000))
        found.append(
            County(code, names[order[serial]], STATES[state], row, column, round(latitude, 6),
                   round(WEST + CELL * float(centre[1]), 6), int(area * (1 - wet)), int(area * wet), jobs)
        )  # fmt: skip
    return found


def _shoelace(ring: np.ndarray) -> float:
    y, x = ring[:, 0], ring[:, 1]
    return abs(float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))) / 2


def _group(rng: np.random.Generator, counties: list[County]) -> list[list[County]]:
    """Counties of each CBSA: a centre, then the nearest free counties that touch the group.

    A centre is the one of ten random free counties that lies farthest from the centres before it.
    """
    free = {(c.row, c.column): c for c in counties}
    groups: list[list[County]] = []
    for size in METRO_COUNTIES + MICRO_COUNTIES:
        places = list(free)
        drawn = [places[i] for i in rng.choice(len(places), 10, replace=False)]
        centre = max(drawn, key=lambda p: min((math.dist(p, (g[0].row, g[0].column)) for g in groups), default=0))
        group = [free.pop(centre)]
        while len(group) < size:
            edge = [p for p, c in free.items() if any(_touch(c, g) for g in group)]
            if not edge:
                break
            group.append(free.pop(min(edge, key=lambda p: (math.dist(p, centre), p))))
        groups.append(group)
    return groups


def _touch(a: County, b: County) -> bool:
    return abs(a.row - b.row) <= 1 and abs(a.column - b.column) <= 1
