"""The publisher's books: areas, industry nodes, their totals, and which cells add up to which.

Belongs here: rows of the publication and their sums. Does not: drawing cells, withholding, or file layouts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from orchestration.sample.economy import Economy
from orchestration.sample.geography import COUNTRY, LABEL, NATION, Cbsa, County, Geography, State
from orchestration.sample.industries import TOTAL, Industry, ancestors

AreaKind = Literal["nation", "state", "county", "msa", "micro"]
_TENS = {"nation": 10, "state": 50, "county": 70, "msa": 40, "micro": 80}
ALL_OWNERS, GOVERNMENT, PRIVATE = "0", "8", "5"


@dataclass(frozen=True)
class Area:
    """An area with rows of its own; `members` are positions of its counties on the county axis."""

    code: str
    title: str
    kind: AreaKind
    members: tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """An industry node of one ownership: the 6-digit industries [low, high) of the industry axis.

    `level` is the last digit of BLS's agglvl_code (0 all owners, 1 owner's total, 2 domain, ... 8 six
    digits); `parent` is the position of the node above, -1 where there is none.
    """

    own: str
    code: str
    level: int
    low: int
    high: int
    parent: int


@dataclass(frozen=True)
class Accounts:
    """Areas x nodes, both in the order of the publication."""

    areas: tuple[Area, ...]
    nodes: tuple[Node, ...]

    def sums(self, cells: np.ndarray) -> np.ndarray:
        """Totals [area, node] of cells [county, industry]."""
        running = np.zeros((cells.shape[0], cells.shape[1] + 1), dtype=np.int64)
        np.cumsum(cells, axis=1, out=running[:, 1:])
        counties = running[:, [n.high for n in self.nodes]] - running[:, [n.low for n in self.nodes]]
        return np.stack([counties[list(a.members)].sum(axis=0) for a in self.areas])

    def maxima(self, cells: np.ndarray) -> np.ndarray:
        """The largest of the cells [county, industry] below each [area, node]."""
        counties = np.stack([cells[:, n.low : n.high].max(axis=1) for n in self.nodes], axis=1)
        return np.stack([counties[list(a.members)].max(axis=0) for a in self.areas])

    @cached_property
    def offered(self) -> np.ndarray:
        """Which [area, node] the publisher has rows for, where there are establishments."""
        owner_total = np.array([n.code == TOTAL for n in self.nodes])
        own = np.array([n.own for n in self.nodes])
        usual = own != GOVERNMENT
        by_kind = {
            "nation": usual,
            "state": usual | (own == GOVERNMENT),
            "county": usual,
            "msa": usual & (owner_total | (own == PRIVATE)),
            "micro": own == ALL_OWNERS,
        }
        return np.stack([by_kind[a.kind] for a in self.areas])

    @cached_property
    def aggregation_levels(self) -> np.ndarray:
        """BLS's agglvl_code of each [area, node]."""
        levels = np.array([n.level for n in self.nodes])
        codes = np.stack([_TENS[a.kind] + levels for a in self.areas])
        codes[:, [n.own == GOVERNMENT for n in self.nodes]] = 96
        return codes

    @cached_property
    def relations(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What adds up: (relation, cell, is_sum), a row for each member; cell = area position x nodes + node.

        A parent industry is its children's sum within an area; a state its counties', the nation its
        states', a metropolitan area its counties' for the same node. The sum itself is a member of its
        relation.
        """
        width = len(self.nodes)
        parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        cells = np.arange(len(self.areas) * width).reshape(len(self.areas), width)
        child = np.array([i for i, n in enumerate(self.nodes) if n.parent >= 0])
        parent = np.array([n.parent for n in self.nodes if n.parent >= 0])
        parts.append((cells[:, parent], cells[:, child], np.zeros_like(cells[:, child], dtype=bool)))
        tops = cells[:, np.unique(parent)]
        parts.append((tops, tops, np.ones_like(tops, dtype=bool)))
        for position, lower in self._area_parts():
            label = cells.size * (1 + (self.areas[position].kind == "msa")) + cells[position]
            for row in (*lower, position):
                parts.append((label, cells[row], np.full(width, row == position)))
        relation, cell, is_sum = (np.concatenate([p[i].ravel() for p in parts]) for i in range(3))
        # A sum gives nothing away where it, or a part of it, has no row.
        partial = np.unique(relation[~self.offered.ravel()[cell]])
        whole = ~np.isin(relation, partial)
        return np.unique(relation[whole], return_inverse=True)[1], cell[whole], is_sum[whole]

    def _area_parts(self) -> list[tuple[int, list[int]]]:
        county = {a.members[0]: i for i, a in enumerate(self.areas) if a.kind == "county"}
        states = [i for i, a in enumerate(self.areas) if a.kind == "state"]
        found = []
        for position, area in enumerate(self.areas):
            if area.kind == "nation":
                found.append((position, states))
            elif area.kind in ("state", "msa"):
                found.append((position, [county[m] for m in area.members]))
        return found


def open_accounts(economy: Economy) -> Accounts:
    """Areas and nodes of an economy.

    Example:
        >>> from orchestration.sample.economy import simulate
        >>> open_accounts(simulate(1)).areas[-1].code
        'ZZ000'
    """
    return Accounts(_areas(economy), _nodes(economy.industries))


def state_title(state: State) -> str:
    return f"{state.name} -- Statewide {LABEL}"


def county_title(county: County) -> str:
    return f"{county.name}, {county.state.name} {LABEL}"


def cbsa_title(cbsa: Cbsa) -> str:
    """The area's title as the Census Bureau writes it, with the label."""
    return f"{cbsa.name}, {'-'.join(cbsa.postals)} {LABEL}"


def _areas(economy: Economy) -> tuple[Area, ...]:
    geography: Geography = economy.geography
    place = {code: i for i, code in enumerate(economy.counties)}
    areas = [Area(NATION, f"{COUNTRY.upper()} TOTAL {LABEL}", "nation", tuple(place.values()))]
    for state in geography.states:
        members = tuple(i for code, i in place.items() if code.startswith(state.code))
        areas.append(Area(f"{state.code}000", state_title(state), "state", members))
        if f"{state.code}999" in place:
            title = f"Unknown Or Undefined, {state.name} {LABEL}"
            areas.append(Area(f"{state.code}999", title, "county", (place[f"{state.code}999"],)))
    areas += [Area(c.code, county_title(c), "county", (place[c.code],)) for c in geography.counties]
    for cbsa in geography.cbsas:
        suffix = "MSA" if cbsa.metropolitan else "MicroSA"
        title = f"{cbsa.name}, {'-'.join(cbsa.postals)} {suffix} {LABEL}"
        members = tuple(place[code] for code in cbsa.counties)
        areas.append(Area(cbsa.area_code, title, "msa" if cbsa.metropolitan else "micro", members))
    return tuple(sorted(areas, key=lambda a: a.code))


def _nodes(catalogue: tuple[Industry, ...]) -> tuple[Node, ...]:
    """Nodes in the order of the publication: ownership, then the code as text."""
    ranges: dict[tuple[str, str], tuple[int, int, int, tuple[str, str] | None]] = {}
    owners = [i.own for i in catalogue]
    ranges[ALL_OWNERS, TOTAL] = (0, 0, len(catalogue), None)
    ranges[GOVERNMENT, TOTAL] = (0, 0, owners.index(PRIVATE), None)
    for k, industry in enumerate(catalogue):
        above = (ALL_OWNERS, TOTAL)
        for level, code in enumerate((*ancestors(industry.code), industry.code), start=1):
            key = (industry.own, code)
            low = ranges[key][1] if key in ranges else k
            ranges[key] = (level, low, k + 1, above)
            above = key
    order = {key: i for i, key in enumerate(sorted(ranges))}
    return tuple(
        Node(*key, level, low, high, -1 if above is None else order[above])
        for key, (level, low, high, above) in sorted(ranges.items())
    )
