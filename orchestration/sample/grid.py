"""The land of the invented country of Talvenia: states, and a jittered grid of parcels in mid-ocean.

Belongs here: parcels, their places and neighbours, and which of them lie together in an urban area. Does not: counties
and metropolitan areas, which are made of parcels and change with the years (see `boundaries`).
No code exists in reality: state FIPS 90-94 and 96.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

STATE_ROWS, STATE_COLUMNS, STATES_ABREAST = 8, 5, 3
SOUTH, WEST, CELL = -46.0, -132.0, 0.5
METRO_COUNTIES = (9, 7, 6, 5, 5, 4, 4, 3, 3, 3, 2, 2, 2, 1)
MICRO_COUNTIES = (2, 2, 2, 1, 1, 1, 1, 1, 1, 1)
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
class Parcel:
    """A cell (row, column) of the grid, which no boundary of any year cuts.

    `place` is its position on the axis of parcels. It has an inner point, areas in m2, its jobs in the base year, and
    the code of the urban area that it is built up with, if any. A county made of one parcel only has the parcel's code.
    """

    place: int
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
    urban: str | None = None


STATES = (
    State("90", "AQ", "Arvela"),
    State("91", "BQ", "Brennmark"),
    State("92", "CQ", "Corvane"),
    State("93", "DQ", "Dunhollow"),
    State("94", "EQ", "Estmere"),
    State("96", "FQ", "Fallowick"),
)


def draw_parcels(rng: np.random.Generator) -> list[Parcel]:
    """All parcels, in the order of their codes.

    Example:
        >>> len(draw_parcels(np.random.default_rng(1)))
        240
    """
    rows, columns = 2 * STATE_ROWS, STATES_ABREAST * STATE_COLUMNS
    corners = rng.uniform(-0.16, 0.16, size=(rows + 1, columns + 1, 2))
    corners += np.stack(np.meshgrid(np.arange(rows + 1), np.arange(columns + 1), indexing="ij"), axis=-1)
    names = [f"{a}{b}" for a in _STARTS for b in _ENDS]
    order = rng.permutation(len(names))
    found = []
    for place in range(rows * columns):
        state, within = divmod(place, STATE_ROWS * STATE_COLUMNS)
        row = (state // STATES_ABREAST) * STATE_ROWS + within // STATE_COLUMNS
        column = (state % STATES_ABREAST) * STATE_COLUMNS + within % STATE_COLUMNS
        ring = corners[[row, row, row + 1, row + 1], [column, column + 1, column + 1, column]]
        centre = ring.mean(axis=0)
        latitude = SOUTH + CELL * float(centre[0])
        area = _shoelace(ring) * CELL**2 * _TENTH_KM2 * math.cos(math.radians(latitude)) * 1e6
        wet = float(rng.uniform(0.01, 0.08))
        jobs = float(np.clip(rng.lognormal(math.log(3_600), 0.85), 500, 32_000))
        found.append(
            Parcel(place, f"{STATES[state].code}{2 * within + 1:03d}", names[order[place]], STATES[state], row, column,
                   round(latitude, 6), round(WEST + CELL * float(centre[1]), 6), int(area * (1 - wet)),
                   int(area * wet), jobs)
        )  # fmt: skip
    return found


def draw_groups(rng: np.random.Generator, parcels: Sequence[Parcel], left_out: Collection[str]) -> list[list[Parcel]]:
    """Parcels of each urban area: a centre, then the nearest free parcels that touch the group.

    A centre is the one of ten random free parcels that lies farthest from the centres before it. Parcels whose codes
    are `left_out` belong to none.
    """
    free = {(p.row, p.column): p for p in parcels if p.code not in left_out}
    groups: list[list[Parcel]] = []
    for size in METRO_COUNTIES + MICRO_COUNTIES:
        places = list(free)
        drawn = [places[i] for i in rng.choice(len(places), 10, replace=False)]
        centre = max(drawn, key=lambda p: min((math.dist(p, (g[0].row, g[0].column)) for g in groups), default=0))
        group = [free.pop(centre)]
        while len(group) < size:
            edge = [p for p, parcel in free.items() if any(touching(parcel, g) for g in group)]
            if not edge:
                break
            group.append(free.pop(min(edge, key=lambda p: (math.dist(p, centre), p))))
        groups.append(group)
    return groups


def touching(a: Parcel, b: Parcel) -> bool:
    """Whether two parcels share a side or a corner (a parcel touches itself)."""
    return abs(a.row - b.row) <= 1 and abs(a.column - b.column) <= 1


def _shoelace(ring: np.ndarray) -> float:
    y, x = ring[:, 0], ring[:, 1]
    return abs(float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))) / 2
