"""How unevenly industries lie over regions where every share is a number, in many completions.

Belongs here: the measures of `concentration` on completions of one industry's regions. Does not: what is certain of
them (`concentration`), how cells are drawn and raked (`completions`).

What is withheld of an industry is drawn in each region and raked to what all regions hold together, where the nation's
figure tells that; else their sum is in doubt as well. Shares are of the completion's own sum.

Cells of an industry err together more than draws of single cells do: some industries are more uneven than others of
the same class. So intervals are stretched, by what was measured where the truth is known
(`bench/indicator_estimates.py`).

Source: as `concentration`; Rubin 1987, Multiple Imputation for Nonresponse in Surveys.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from orchestration.indicators.completions import SEED, Open, blocks, filled, starts
from orchestration.indicators.concentration import MOST, Range, gamma, of_a_region, of_the_rest

MEASURES = (*(name for name in MOST if name != "plant_herfindahl"), "ellison_glaeser_gamma")
# Fewer than of clusters: a national year has three times as many of these cells.
DRAWS = 50
# Cells of a block of industries: with all completions some 2 MB, which a core's cache holds.
ROWS = 10_000
# How many times as wide as the draws tell an interval is, by what share of an industry's jobs is withheld: below the
# first of `WITHHELD`, below the second, and above. `bench/indicator_estimates.py` gives them.
WITHHELD = (0.2, 0.5)
STRETCH = {"state": (1.4, 1.5, 1.4), "county": (4.5, 2.8, 1.8), "cbsa": (2.8, 2.1, 1.5)}


class Spread(NamedTuple):
    """Industries over the regions of one type: their cells sorted by industry, whose bounds meet where they are known;
    the industry of each cell, by place; each cell's weight and plants, as `concentration` takes them; and one an
    industry what its regions hold together (NaN: not known) and the sum of squared weights over all regions."""

    cells: Open
    industry: np.ndarray
    weight: np.ndarray
    plants: np.ndarray
    total: np.ndarray
    weight_squares: np.ndarray


def gini(share: np.ndarray, start: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Gini's index of the Lorenz curve of shares against weights, in each completion.

    Half of one less the index is the area below the curve: 2 * sum of s_r (W_r + x_r / 2) - 1 is the index, with W_r
    the weight of the regions of a lower quotient. Quotients that differ by less than a thousandth may change places,
    which the index does not show: they are sorted as whole numbers that end in their region's, ten times as fast.

    Args:
        share: one row a region of an industry, one column a completion.
        start: where each industry's rows begin.
        weight: of each row; what they lack to 1 belongs to regions without a row.

    Example:
        >>> gini(np.array([[0.2], [0.8]]), np.array([0]), np.array([0.5, 0.5])).round(6).tolist()
        [[0.3]]
    """
    found = np.empty((len(start), share.shape[1]))
    for n, (first, last) in enumerate(zip(start, np.append(start[1:], len(share)), strict=True)):
        mine, x = np.ascontiguousarray(share[first:last].T, dtype=np.float32), weight[first:last].astype(np.float32)
        mask = np.uint32((1 << int(last - first - 1).bit_length()) - 1)
        keys = (mine / x).view(np.uint32)
        keys &= ~mask
        keys |= np.arange(last - first, dtype=np.uint32)
        keys.sort(axis=1)
        order = (keys & mask).astype(np.intp)
        weights = x[order]
        below = np.cumsum(weights, axis=1)
        below += np.float32(max(1 - x.sum(dtype=np.float64), 0)) - weights / 2
        found[n] = 2 * (np.take_along_axis(mine, order, axis=1) * below).sum(axis=1, dtype=np.float64) - 1
    return np.clip(found, 0, 1)


def measured(
    share: np.ndarray, industry: np.ndarray, weight: np.ndarray, plants: np.ndarray, weight_squares: np.ndarray
) -> dict[str, np.ndarray]:
    """All measures of every industry's concentration, in each completion.

    Args:
        share: of each region in an industry, one column a completion; those of an industry add up to 1.
        industry, weight, plants, weight_squares: as `Spread` has them.

    Returns:
        By `MEASURES`, one row an industry and one column a completion; NaN where a measure is not defined.

    Example:
        >>> halves, one = np.array([0.5, 0.5]), np.ones(2)
        >>> found = measured(np.array([[0.7], [0.3]]), np.zeros(2, int), halves, one, np.array([0.5]))
        >>> {name: found[name].round(4).tolist() for name in ("herfindahl", "hoover", "raw_concentration_g")}
        {'herfindahl': [[0.58]], 'hoover': [[0.2]], 'raw_concentration_g': [[0.08]]}
    """
    start = starts(industry)

    def added(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, start, axis=0)

    narrow = share.dtype
    terms = of_a_region(weight.astype(narrow)[:, None], plants.astype(narrow)[:, None])
    rest = of_the_rest(added(weight), added(weight**2), weight_squares)
    found = {name: added(term(share)) for name, term in terms.items()}
    for name, value in rest.items():
        found[name] = found[name] + value[:, None]
    found["locational_gini"] = gini(share, start, weight)
    distance, plant_herfindahl = found["raw_concentration_g"], found["plant_herfindahl"]
    found["ellison_glaeser_gamma"] = gamma(
        Range(distance, distance), Range(plant_herfindahl, plant_herfindahl), weight_squares[:, None]
    ).lower
    return {name: found[name] for name in MEASURES}


def completed(some: Spread, draws: int = DRAWS) -> dict[str, np.ndarray]:
    """All measures of every industry in seeded completions.

    Returns:
        By `MEASURES`, one row an industry and one column a completion; the same at every run.

    Example:
        >>> jobs, zeros, halves = np.array([70.0, 30.0]), np.zeros(2), np.array([0.5, 0.5])
        >>> known = Open(jobs, jobs, jobs, zeros, zeros, zeros)
        >>> some = Spread(known, np.zeros(2, int), halves, halves * 2, halves[:1] * 200, halves[:1])
        >>> found = completed(some, draws=2)
        >>> found["herfindahl"].astype(float).round(4).tolist()
        [[0.58, 0.58]]
    """
    dice = np.random.default_rng(SEED)
    found = {name: np.empty((len(some.weight_squares), draws)) for name in MEASURES}
    for first, last in blocks(some.industry, ROWS):
        begin, end = some.industry[first], some.industry[last - 1] + 1
        cells = Open(*(values[first:last] for values in some.cells))
        industry = some.industry[first:last] - begin
        jobs = filled(cells, industry, some.total[begin:end, None], draws, dice)
        with np.errstate(invalid="ignore"):
            jobs /= np.add.reduceat(jobs, starts(industry), axis=0)[industry]
        values = measured(
            jobs, industry, some.weight[first:last], some.plants[first:last], some.weight_squares[begin:end]
        )
        for name, value in values.items():
            found[name][begin:end] = value
    return found


def stretches(some: Spread, region_type: str) -> np.ndarray:
    """How many times as wide as its draws tell the interval of each industry is.

    Example:
        >>> jobs, zeros, halves = np.array([90.0, 10.0]), np.zeros(2), np.array([0.5, 0.5])
        >>> cells = Open(jobs, np.array([90.0, 0.0]), np.array([90.0, 20.0]), zeros, zeros, zeros)
        >>> stretches(Spread(cells, np.zeros(2, int), halves, halves, halves[:1], halves[:1]), "county").tolist()
        [4.5]
    """
    jobs, is_open = some.cells.estimate, some.cells.lower < some.cells.upper
    withheld = np.bincount(some.industry, weights=jobs * is_open) / np.maximum(
        np.bincount(some.industry, weights=jobs), 1
    )
    found: np.ndarray = np.array(STRETCH[region_type])[np.searchsorted(WITHHELD, withheld, side="right")]
    return found
