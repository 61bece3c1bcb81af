"""The publisher's books: areas, industry nodes, their totals, and which cells add up to which.

Belongs here: rows of the publication and their sums. Does not: drawing cells, withholding, or file layouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from orchestration.sample.boundaries import Cbsa, County
from orchestration.sample.economy import Economy
from orchestration.sample.geography import COUNTRY, LABEL, NATION
from orchestration.sample.grid import State
from orchestration.sample.industries import TOTAL, Industry, ancestors, edition_of, publication_order

AreaKind = Literal["nation", "state", "county", "msa", "micro"]
_TENS = {"nation": 10, "state": 50, "county": 70, "msa": 40, "micro": 80}
ALL_OWNERS, GOVERNMENT, PRIVATE = "0", "8", "5"
# From here on QCEW has no industries of metropolitan areas, only what all of their jobs are.
NO_METRO_INDUSTRIES = 2025


@dataclass(frozen=True)
class Area:
    """An area with rows of its own; `members` are positions of its parcels on the economy's axis of places."""

    code: str
    title: str
    kind: AreaKind
    members: tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """An industry node of one ownership: the industries [low, high) in the order of the accounts.

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
    """Areas x nodes of some years, both in the order of the publication.

    `order` are positions on the industry axis in the order of the years' edition of NAICS, `naics`. Where there are no
    `metro_industries`, metropolitan areas have a row of their total only.
    """

    areas: tuple[Area, ...]
    nodes: tuple[Node, ...]
    order: tuple[int, ...]
    naics: int
    metro_industries: bool

    def sums(self, cells: np.ndarray) -> np.ndarray:
        """Totals [area, node] of cells [place, industry]."""
        running = np.zeros((cells.shape[0], cells.shape[1] + 1), dtype=np.int64)
        np.cumsum(cells[:, self.order], axis=1, out=running[:, 1:])
        places = running[:, [n.high for n in self.nodes]] - running[:, [n.low for n in self.nodes]]
        return np.stack([places[list(a.members)].sum(axis=0) for a in self.areas])

    def maxima(self, cells: np.ndarray) -> np.ndarray:
        """The largest of the cells [place, industry] below each [area, node]."""
        ordered = cells[:, self.order]
        places = np.stack([ordered[:, n.low : n.high].max(axis=1) for n in self.nodes], axis=1)
        return np.stack([places[list(a.members)].max(axis=0) for a in self.areas])

    def area_keys(self) -> list[tuple[str, frozenset[int]]]:
        """What an area is, so that accounts of other years can be asked for the same one: code and parcels."""
        return [(a.code, frozenset(a.members)) for a in self.areas]

    def node_keys(self) -> list[tuple[str, str, frozenset[int]]]:
        """What a node is: owner, code and the industries below it."""
        return [(n.own, n.code, frozenset(self.order[n.low : n.high])) for n in self.nodes]

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
            "msa": usual & (owner_total | (own == PRIVATE)) if self.metro_industries else own == ALL_OWNERS,
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
        county = {m: i for i, a in enumerate(self.areas) if a.kind == "county" for m in a.members}
        states = [i for i, a in enumerate(self.areas) if a.kind == "state"]
        found = []
        for position, area in enumerate(self.areas):
            if area.kind == "nation":
                found.append((position, states))
            elif area.kind in ("state", "msa"):
                found.append((position, sorted({county[m] for m in area.members})))
        return found


def open_accounts(economy: Economy) -> dict[int, Accounts]:
    """Areas and nodes by year; years with the same boundaries and industries share their accounts.

    Example:
        >>> from orchestration.sample.economy import simulate
        >>> open_accounts(simulate(1))[2019].areas[-1].code
        'ZZ000'
    """
    made: dict[tuple[object, ...], Accounts] = {}
    found = {}
    for year in economy.years:
        counties, cbsas = economy.geography.counties(year), economy.geography.cbsas(year)
        naics, metro_industries = edition_of(year), year < NO_METRO_INDUSTRIES
        key = (id(counties), id(cbsas), naics, metro_industries)
        if key not in made:
            order = publication_order(economy.industries, naics)
            nodes = _nodes([economy.industries[k] for k in order], naics)
            made[key] = Accounts(_areas(economy, counties, cbsas), nodes, tuple(order), naics, metro_industries)
        found[year] = made[key]
    return found


def state_title(state: State) -> str:
    return f"{state.name} -- Statewide {LABEL}"


def county_title(county: County) -> str:
    return f"{county.name}, {county.state.name} {LABEL}"


def cbsa_title(cbsa: Cbsa) -> str:
    """The area's title as the Census Bureau writes it, with the label."""
    return f"{cbsa.name}, {'-'.join(cbsa.postals)} {LABEL}"


def _areas(economy: Economy, counties: Sequence[County], cbsas: Sequence[Cbsa]) -> tuple[Area, ...]:
    unplaced = {code: i for i, code in enumerate(economy.places) if code.endswith("999")}
    everywhere = tuple(range(len(economy.places)))
    areas = [Area(NATION, f"{COUNTRY.upper()} TOTAL {LABEL}", "nation", everywhere)]
    for state in economy.geography.states:
        members = tuple(i for i in everywhere if economy.places[i].startswith(state.code))
        areas.append(Area(f"{state.code}000", state_title(state), "state", members))
        if (code := f"{state.code}999") in unplaced:
            title = f"Unknown Or Undefined, {state.name} {LABEL}"
            areas.append(Area(code, title, "county", (unplaced[code],)))
    areas += [Area(c.code, county_title(c), "county", tuple(p.place for p in c.parcels)) for c in counties]
    for cbsa in cbsas:
        suffix = "MSA" if cbsa.metropolitan else "MicroSA"
        title = f"{cbsa.name}, {'-'.join(cbsa.postals)} {suffix} {LABEL}"
        areas.append(Area(cbsa.area_code, title, "msa" if cbsa.metropolitan else "micro", cbsa.places))
    return tuple(sorted(areas, key=lambda a: a.code))


def _nodes(catalogue: Sequence[Industry], naics: int) -> tuple[Node, ...]:
    """Nodes in the order of the publication: ownership, then the code as text."""
    ranges: dict[tuple[str, str], tuple[int, int, int, tuple[str, str] | None]] = {}
    owners = [i.own for i in catalogue]
    ranges[ALL_OWNERS, TOTAL] = (0, 0, len(catalogue), None)
    ranges[GOVERNMENT, TOTAL] = (0, 0, owners.index(PRIVATE), None)
    for k, industry in enumerate(catalogue):
        above, own_code = (ALL_OWNERS, TOTAL), industry.coded(naics)
        for level, code in enumerate((*ancestors(own_code), own_code), start=1):
            key = (industry.own, code)
            low = ranges[key][1] if key in ranges else k
            ranges[key] = (level, low, k + 1, above)
            above = key
    order = {key: i for i, key in enumerate(sorted(ranges))}
    return tuple(
        Node(*key, level, low, high, -1 if above is None else order[above])
        for key, (level, low, high, above) in sorted(ranges.items())
    )
