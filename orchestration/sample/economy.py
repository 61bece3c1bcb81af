"""The model: jobs, establishments and pay in every parcel of land and industry, year by year.

Belongs here: how the cells are drawn. Does not: totals (see `accounts`), what is withheld (`suppress`),
files. Every cell is a whole number, so that every total is an exact sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.sample.geography import PSEUDO_STATES, Geography, build_geography
from orchestration.sample.industries import Industry, industries, sector_of
from orchestration.sample.planting import (
    FIRST_YEAR,
    LAST_YEAR,
    PlantedCluster,
    decoys,
    planted_clusters,
)

# A year more than is published at either end: what the first year's change over the year is measured against, and the
# year that is under way.
YEARS = tuple(range(FIRST_YEAR - 1, LAST_YEAR + 2))
_NATIONAL = {
    2018: 1.0, 2019: 1.014, 2020: 0.953, 2021: 0.986, 2022: 1.024, 2023: 1.042, 2024: 1.053, 2025: 1.061, 2026: 1.068,
}  # fmt: skip
_SLUMP_2020 = {"71": 0.78, "72": 0.80, "81": 0.90, "48-49": 0.97, "61": 0.96}
# Metropolitan, micropolitan and rural appetite for a sector; 1 where nothing is said.
_TILT = {
    "11": (0.25, 2.0, 5.0), "21": (0.5, 1.5, 3.0), "31-33": (0.9, 1.3, 1.3), "51": (1.15, 0.6, 0.4),
    "52": (1.15, 0.7, 0.5), "53": (1.1, 0.8, 0.6), "54": (1.15, 0.6, 0.4), "55": (1.2, 0.5, 0.3),
    "56": (1.1, 0.8, 0.6),
}  # fmt: skip
# So rare outside small places that states, and the nation, have rows to withhold.
_RURAL_ONLY = {"212112", "316110", "316210", "316998", "321211", "327310", "335210", "336510", "339910"}
_PAY = (1.12, 0.95, 0.86)
_TAXABLE = {"1": 0.0, "2": 0.05, "3": 0.12, "5": 0.36}
_UNPLACED_SECTORS = {"42", "54", "56", "81", "99"}


@dataclass(frozen=True)
class Economy:
    """Cells as arrays [year, place, industry] of int64, in the order of `years`, `places`, `industries`.

    `places` are the codes of all parcels, then the `xx999` pseudo counties of two states. `largest` is the
    employment of a cell's largest establishment. Wages, taxable wages and contributions are whole currency
    a year.
    """

    geography: Geography
    industries: tuple[Industry, ...]
    planted: tuple[PlantedCluster, ...]
    years: tuple[int, ...]
    places: tuple[str, ...]
    establishments: np.ndarray
    employment: np.ndarray
    largest: np.ndarray
    wages: np.ndarray
    taxable: np.ndarray
    contributions: np.ndarray


def simulate(seed: int) -> Economy:
    """Draw the economy of a seed.

    Example:
        >>> simulate(1).employment.shape[0]
        9
    """
    geography, catalogue, planted = build_geography(seed), industries(), tuple(planted_clusters(seed))
    rng = np.random.default_rng([seed, 3])
    places = [p.code for p in geography.parcels] + [f"{s}999" for s in PSEUDO_STATES]
    place = {code: i for i, code in enumerate(places)}
    column: dict[str, int] = {i.code: k for k, i in enumerate(catalogue) if i.own == "5"}
    base = _background(geography, catalogue, place)
    factor = _plant_factors(base, planted, place, column)
    jobs = _expected_jobs(rng, base, factor, catalogue)
    size = _plant_sizes(jobs.max(axis=0), geography, catalogue, planted, place, column)
    establishments = _counts(rng, jobs / size)
    # Every county has a county office, so that a withheld private total is never the only figure not printed.
    office = next(k for k, i in enumerate(catalogue) if (i.own, i.code) == ("3", "921110"))
    offices = establishments[:, : len(geography.parcels), office]
    establishments[:, : len(geography.parcels), office] = np.maximum(offices, 1)
    spread = np.exp(0.25 * _drift(rng, jobs.shape) / np.sqrt(np.maximum(establishments, 1)))
    employment = np.rint(establishments * size * spread).astype(np.int64)
    for decoy in decoys(seed):
        if decoy.single_plant:
            cell = (slice(None), place[decoy.counties[0]], column[decoy.industries[0]])
            establishments[cell] = 1
            employment[cell] = 8 + int(0.03 * base[place[decoy.counties[0]]].sum())
    employment = np.maximum(employment, establishments)
    wages = _wages(rng, employment, geography, catalogue, len(places))
    taxable = np.rint(wages * np.array([_TAXABLE[i.own] for i in catalogue])).astype(np.int64)
    return Economy(
        geography, catalogue, planted, YEARS, tuple(places), establishments, employment,
        _largest(rng, establishments, employment), wages, taxable, np.rint(taxable * 0.0167).astype(np.int64),
    )  # fmt: skip


def _kind(geography: Geography) -> list[int]:
    """Of each parcel: 0 built up with a metropolitan area, 1 with a micropolitan one, 2 rural."""
    metropolitan = {c.code: c.metropolitan for c in geography.cbsas(FIRST_YEAR)}
    return [2 if p.urban is None else 0 if metropolitan[p.urban] else 1 for p in geography.parcels]


def _background(geography: Geography, catalogue: tuple[Industry, ...], place: dict[str, int]) -> np.ndarray:
    """Expected jobs [place, industry] in the base year, had nothing been planted."""
    weights = np.array([i.weight for i in catalogue])
    shares = weights / weights.sum()
    tilts = np.array([_TILT.get(sector_of(i.code), (1.0, 1.0, 1.0)) for i in catalogue])
    tilts[[i.code in _RURAL_ONLY for i in catalogue], 0] = 0.0
    kind = _kind(geography)
    base = np.zeros((len(place), len(catalogue)))
    for parcel in geography.parcels:
        base[parcel.place] = parcel.jobs * shares * tilts[:, kind[parcel.place]]
    unplaced = np.array([i.own == "5" and sector_of(i.code) in _UNPLACED_SECTORS for i in catalogue])
    for state in PSEUDO_STATES:
        inside = [i for code, i in place.items() if code.startswith(state)]
        base[place[f"{state}999"]] = np.where(unplaced, 0.01 * base[inside].sum(axis=0), 0.0)
    return base


def _plant_factors(
    base: np.ndarray, planted: tuple[PlantedCluster, ...], place: dict[str, int], column: dict[str, int]
) -> np.ndarray:
    """What expected jobs [year, place, industry] are multiplied with so that a planted quotient comes out.

    With jobs e inside and O outside the metro of share x, the quotient is q where e = q x (O + e).
    """
    factor = np.ones((len(YEARS), *base.shape))
    for cluster in planted:
        rows = np.array([place[code] for code in cluster.counties])
        columns = np.array([column[code] for code in cluster.industries])
        span = range(cluster.first_year, cluster.last_year + 1)
        active = np.array([i for i, y in enumerate(YEARS) if min(max(y, FIRST_YEAR), LAST_YEAR) in span])
        # The plants themselves make the metro larger, by about a twelfth.
        reach = 1.08 * cluster.strength * base[rows].sum() / base.sum()
        inside = base[np.ix_(rows, columns)].sum(axis=0)
        outside = base[:, columns].sum(axis=0) - inside
        factor[np.ix_(active, rows, columns)] = (reach * outside / (1 - reach) / inside)[None, None, :]
    return factor


def _expected_jobs(
    rng: np.random.Generator, base: np.ndarray, factor: np.ndarray, catalogue: tuple[Industry, ...]
) -> np.ndarray:
    elapsed = np.arange(len(YEARS))[:, None]
    by_industry = np.exp(elapsed * rng.normal(0.0, 0.015, (1, base.shape[1])))
    by_county = np.exp(elapsed * rng.normal(0.0, 0.008, (1, base.shape[0])))
    slump = np.ones((len(YEARS), base.shape[1]))
    depth = np.array([_SLUMP_2020.get(sector_of(i.code), 1.0) for i in catalogue])
    slump[YEARS.index(2020)], slump[YEARS.index(2021)] = depth, (1 + depth) / 2
    national = np.array([_NATIONAL[y] for y in YEARS])
    moving = national[:, None, None] * by_county[:, :, None] * (by_industry * slump)[:, None, :]
    return base[None] * factor * moving


def _plant_sizes(
    jobs: np.ndarray,
    geography: Geography,
    catalogue: tuple[Industry, ...],
    planted: tuple[PlantedCluster, ...],
    place: dict[str, int],
    column: dict[str, int],
) -> np.ndarray:
    """Jobs an establishment [place, industry]: smaller in small metros and in planted clusters.

    Otherwise one large plant would by chance make a small metro look specialised.
    """
    sizes = np.tile(np.array([i.size for i in catalogue]), (len(place), 1))
    private = np.array([i.own == "5" for i in catalogue])
    for cbsa in (*geography.cbsas(FIRST_YEAR), *geography.cbsas(LAST_YEAR)):
        rows = list(cbsa.places)
        parts = np.full(len(catalogue), 6.0)
        parts[[column[code] for c in planted if c.cbsa == cbsa.code for code in c.industries]] = 14.0
        market = np.maximum(jobs[rows].sum(axis=0) / parts, 2.0)
        sizes[rows] = np.where(private & cbsa.metropolitan, np.minimum(sizes[rows], market), sizes[rows])
    return sizes


def _counts(rng: np.random.Generator, expected: np.ndarray) -> np.ndarray:
    """Establishments: expected number rounded at a threshold of the cell's own that wanders over the years.

    Few cells enter or leave in a year, and a large cell hardly ever differs from what is expected of it.
    """
    wander = rng.random(expected.shape[1:])[None] + np.cumsum(rng.normal(0, 0.06, expected.shape), axis=0)
    threshold = np.abs((wander + 1) % 2 - 1)
    return np.floor(expected + threshold).astype(np.int64)


def _drift(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal deviates that stay close from one year to the next."""
    lasting = rng.standard_normal(shape[1:])
    return 0.97 * lasting[None] + 0.24 * rng.standard_normal(shape)


def _largest(rng: np.random.Generator, establishments: np.ndarray, employment: np.ndarray) -> np.ndarray:
    count = np.maximum(establishments, 1)
    share = np.exp(0.4 * _drift(rng, establishments.shape)) * count**-0.55
    drawn = np.rint(np.minimum(share, 1.0) * employment).astype(np.int64)
    least, most = -(-employment // count), employment - count + 1
    return np.where(establishments > 0, np.clip(drawn, least, most), 0)


def _wages(
    rng: np.random.Generator,
    employment: np.ndarray,
    geography: Geography,
    catalogue: tuple[Industry, ...],
    places: int,
) -> np.ndarray:
    local = np.ones(places)
    local[: len(geography.parcels)] = [_PAY[kind] for kind in _kind(geography)]
    pay = 1_000 * local[:, None] * np.array([i.pay for i in catalogue])[None, :]
    pay = pay * np.exp(0.06 * rng.standard_normal(pay.shape))
    rise = 1.03 ** np.arange(len(YEARS))
    return np.rint(employment * pay[None] * rise[:, None, None]).astype(np.int64)
