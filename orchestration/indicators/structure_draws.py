"""What regions' economies are made up of where every share is a number, in one or many completions.

Belongs here: the measures of `structure` on shares that are given, one column a completion, and the completions of
regions' sectors and industries that they are taken of. Does not: what is certain of them (`structure`), how single
cells are drawn and raked (`completions`).

A completion goes from the top down, as figures are known. Withheld sectors are drawn from the errors of sectors and
raked to what the region holds in all; withheld industries are drawn from the errors of industries and raked to what
their sector holds in that completion. So shares are of the region's private total where that is known, and what is
known of an industry keeps its share. Drawn figures that bounds keep from adding up are shared out in proportion: shares
of a region add up to 1 in every completion. Cells of one region err together more than draws of single cells do, so
intervals are stretched, by what was measured where the truth is known (`bench/indicator_estimates.py`).

Source: as `structure`; Rubin 1987, Multiple Imputation for Nonresponse in Surveys.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from orchestration.indicators.completions import DRAWS, SEED, Open, blocks, column, filled, starts
from orchestration.indicators.structure import FAINTEST, MEASURES

# Industries of a block of regions: with 200 completions some 2 MB, which a core's cache holds.
ROWS = 2_500
# How many times as wide as the draws tell an interval is. `bench/indicator_estimates.py` gives them.
STRETCH = {"nation": 1.4, "state": 1.4, "county": 1.1, "cbsa": 1.1}


class Economies(NamedTuple):
    """The regions of one type, as their sectors and industries.

    `industries` and `sectors` are one entry each, sorted by region and sector; their bounds meet where they are known.
    `sector` is the sector of each industry and `region` the region of each sector, by place. `nation` is the share of
    each industry in the nation, 0 where that has none; `total` all private jobs of each region.
    """

    industries: Open
    sectors: Open
    sector: np.ndarray
    region: np.ndarray
    nation: np.ndarray
    total: np.ndarray


def shares(jobs: np.ndarray, held: np.ndarray, sector: np.ndarray, region: np.ndarray) -> np.ndarray:
    """The share of each industry in its region: its share of its sector, times the sector's of the region.

    Args:
        jobs, held: of each industry, and of each sector; one column a completion.
        sector, region: the sector of each industry, the region of each sector, by place; both ascending.

    Returns:
        Shares in the shape of `jobs`; NaN for a region that holds nothing. A sector none of whose industries holds
        anything has no share.

    Example:
        >>> jobs, held = np.array([[6.0], [2.0], [2.0]]), np.array([[8.0], [2.0]])
        >>> shares(jobs, held, np.array([0, 0, 1]), np.array([0, 0])).round(9).tolist()
        [[0.6], [0.2], [0.2]]
    """
    added = np.add.reduceat(jobs, starts(sector), axis=0)
    held = np.where(added > 0, held, 0)
    with np.errstate(invalid="ignore"):
        held /= np.add.reduceat(held, starts(region), axis=0)[region]
    held /= np.where(added > 0, added, 1)
    found: np.ndarray = jobs * held[sector]
    return found


def measured(share: np.ndarray, nation: np.ndarray, sector: np.ndarray, region: np.ndarray) -> dict[str, np.ndarray]:
    """All measures of every region's make-up, in each completion.

    Args:
        share: of each industry in its region, one column a completion; those of a region add up to 1.
        nation: the share of each industry in the nation; 0 where that has none of it.
        sector, region: as `shares` takes them.

    Returns:
        By `MEASURES`, one row a region and one column a completion; varieties in bits.

    Example:
        >>> halves, zeros = np.array([[0.7], [0.3]]), np.array([0, 0])
        >>> found = measured(halves, np.array([0.5, 0.5]), zeros, zeros[:1])
        >>> {name: found[name].round(4).tolist() for name in ("herfindahl", "krugman", "hachman", "variety")}
        {'herfindahl': [[0.58]], 'krugman': [[0.4]], 'hachman': [[0.8621]], 'variety': [[0.8813]]}
    """
    first = starts(region)
    start = starts(sector)[first]

    def added(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, start, axis=0)

    of_sectors = np.add.reduceat(share, starts(sector), axis=0)
    squares = share * share
    b = nation.astype(share.dtype)[:, None]
    inverse = added(squares / np.maximum(b, FAINTEST))
    total = added(_disorder(share))
    unrelated = np.add.reduceat(_disorder(of_sectors), first, axis=0)
    found = (
        added(squares), 2 * added(np.maximum(share - b, 0)), 1 / inverse, total, unrelated,
        np.maximum(total - unrelated, 0),
    )  # fmt: skip
    return dict(zip(MEASURES, found, strict=True))


def completed(some: Economies, draws: int = DRAWS) -> dict[str, np.ndarray]:
    """All measures of every region in seeded completions.

    Returns:
        By `MEASURES`, one row a region and one column a completion; the same at every run.

    Example:
        >>> jobs, whole, zeros = np.array([70.0, 30.0]), np.array([100.0]), np.zeros(2, int)
        >>> known = [Open(v, v, v, v * 0, v * 0, v * 0) for v in (jobs, whole)]
        >>> found = completed(Economies(*known, zeros, zeros[:1], np.array([0.5, 0.5]), whole), draws=2)
        >>> found["herfindahl"].astype(float).round(4).tolist()
        [[0.58, 0.58]]
    """
    dice = np.random.default_rng(SEED)
    found = {name: np.empty((len(some.total), draws), dtype=np.float32) for name in MEASURES}
    for first, last in blocks(some.region[some.sector], ROWS):
        here = _between(some, first, last)
        held = filled(here.sectors, here.region, column(here.total), draws, dice)
        jobs = filled(here.industries, here.sector, held, draws, dice)
        values = measured(shares(jobs, held, here.sector, here.region), here.nation, here.sector, here.region)
        begin = some.region[some.sector[first]]
        for name, value in values.items():
            found[name][begin : begin + len(value)] = value
    return found


def _between(some: Economies, first: int, last: int) -> Economies:
    """The economies of the regions that the industries from one place to another make up."""
    sectors = slice(some.sector[first], some.sector[last - 1] + 1)
    regions = slice(some.region[sectors.start], some.region[sectors.stop - 1] + 1)
    return Economies(
        Open(*(values[first:last] for values in some.industries)),
        Open(*(values[sectors] for values in some.sectors)),
        some.sector[first:last] - sectors.start,
        some.region[sectors] - regions.start,
        some.nation[first:last],
        some.total[regions],
    )


def _disorder(share: np.ndarray) -> np.ndarray:
    """Each share's part of an entropy, in bits; a share of nothing has none."""
    found: np.ndarray = np.log2(np.maximum(share, np.finfo(share.dtype).tiny))
    found *= share
    return np.negative(found, out=found)
