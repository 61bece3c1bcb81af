"""Many ways in which withheld cells may hold what the known ones leave: what an estimate's doubt rests on.

Belongs here: seeded draws of withheld cells, added up by cluster and raked to what regions and clusters hold in all.
Does not: the estimates that they lie around (`estimate`), how far off those are (the seed `estimate_errors`, fitted by
`bench/estimates.py`), what follows from the draws (`strength`).

A withheld cell is drawn around its estimate: `ln((x + 1/2) / (estimate + 1/2))` is a normal in two halves, narrower
above its middle than below, as errors were that were measured on cells whose truth is known. Draws are clipped to the
cell's certain bounds. Drawn one by one they would not add up to what a region has in all, so that those of each
completion are raked: first to what each cluster has over all regions of a type, then to what each region has over all
its clusters, as often as told.

Source: Rubin 1987, Multiple Imputation for Nonresponse in Surveys (completions instead of one value); Wallis 2014, "The
Two-Piece Normal, Binormal, or Double Gaussian Distribution: Its Origin and Rediscoveries", Statistical Science 29(1);
Deming & Stephan 1940, Annals of Mathematical Statistics 11(4) (raking).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

DRAWS = 200
ROUNDS = 2
SEED = 20_160_101
# Draws that are held at a time: some 2 MB, which a core's cache holds.
AT_ONCE = 500_000
# Of jobs, added before logarithms are taken: a cell may hold none.
HALF = 0.5
# What a withheld cell is drawn to hold at least, where bounds let it: what a sector lacks cannot be shared out over
# zeros.
LEAST = 1e-3
# Deviations between the middle of a normal and its tenth or ninetieth percentile.
TENTH = 1.2816


class Open(NamedTuple):
    """Cells that are not known, one entry each, in jobs; `middle`, `below` and `above` are of the logarithm's error."""

    estimate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    middle: np.ndarray
    below: np.ndarray
    above: np.ndarray


class Parts(NamedTuple):
    """The clusters of regions of one type, one entry each: by number their region and cluster, what is known of their
    jobs, the estimate of the rest, the bounds of both together; and all jobs of each region (NaN: not known)."""

    region: np.ndarray
    cluster: np.ndarray
    known: np.ndarray
    open_estimate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    region_total: np.ndarray


def drawn(cells: Open, draws: int, dice: np.random.Generator) -> np.ndarray:
    """Each cell drawn so many times, within its bounds.

    Returns:
        Jobs, one row a cell and one column a draw.

    Example:
        >>> one = Open(*(np.array([x]) for x in (9.5, 3.0, 12.0, 0.0, 0.5, 0.5)))
        >>> found = drawn(one, 1000, np.random.default_rng(1))
        >>> float(found.min()), float(found.max()), round(float(np.median(found)))
        (3.0, 12.0, 9)
    """
    z = dice.standard_normal((len(cells.estimate), draws), dtype=np.float32)
    # Halves, of which one is zero, are quicker to multiply and add than to choose from.
    above = np.maximum(z, 0)
    above *= column(cells.above)
    np.minimum(z, 0, out=z)
    z *= column(cells.below)
    z += above
    z += column(cells.middle)
    np.exp(z, out=z)
    z *= column(cells.estimate + HALF)
    z -= np.float32(HALF)
    return np.clip(z, column(cells.lower), column(cells.upper), out=z)


def column(values: np.ndarray) -> np.ndarray:
    """Values as single floats, one a row."""
    return values.astype(np.float32)[:, None]


def added(cells: Open, part: np.ndarray, weight: np.ndarray, parts: int, draws: int = DRAWS) -> np.ndarray:
    """The draws of the cells of each part, times their weights, added up.

    Args:
        cells: sorted by part.
        part: of each cell, from 0 to `parts` - 1.
        weight: of each cell in its part.
        parts: how many there are; one without cells holds nothing.
        draws: how many completions.

    Returns:
        Jobs, one row a part and one column a completion, the same at every run.

    Example:
        >>> two = Open(*(np.array([x, x]) for x in (9.5, 9.5, 9.5, 0.0, 0.5, 0.5)))
        >>> added(two, np.array([1, 1]), np.array([1.0, 0.5]), 3, 2).tolist()
        [[0.0, 0.0], [14.25, 14.25], [0.0, 0.0]]
    """
    found = np.zeros((parts, draws), dtype=np.float32)
    dice = np.random.default_rng(SEED)
    for start, end in blocks(part, max(1, AT_ONCE // draws)):
        here = drawn(Open(*(values[start:end] for values in cells)), draws, dice)
        here *= column(weight[start:end])
        first = starts(part[start:end])
        found[part[start:end][first]] = np.add.reduceat(here, first, axis=0)
    return found


def blocks(part: np.ndarray, most: int) -> Iterator[tuple[int, int]]:
    """Ranges of cells of whole parts, of some `most` cells each.

    Args:
        part: of each cell, ascending.
        most: a range ends with the part that reaches so many cells.

    Example:
        >>> list(blocks(np.array([0, 0, 0, 1, 2, 2]), 2))
        [(0, 3), (3, 4), (4, 6)]
    """
    ends = np.append(np.flatnonzero(np.diff(part)) + 1, len(part))
    wanted = np.arange(most, len(part) + most, most)
    cuts = np.unique(ends[np.minimum(np.searchsorted(ends, wanted), len(ends) - 1)])
    yield from pairwise([0, *cuts.tolist()] if len(part) else [])


def completed(cells: Open, parts: Parts, part: np.ndarray, weight: np.ndarray, draws: int = DRAWS) -> np.ndarray:
    """What each cluster holds in each region, in each completion.

    Args:
        cells: what is not known, sorted by part.
        parts: the clusters of regions of one type.
        part: the part that each cell belongs to, by its place in `parts`.
        weight: the share of the cell that does.
        draws: how many completions.

    Returns:
        Jobs, one row a part and one column a completion, within the parts' bounds.

    Example:
        >>> cells = Open(*(np.array([x]) for x in (9.5, 3.0, 12.0, 0.0, 0.5, 0.5)))
        >>> one = Parts(*(np.array([x]) for x in (0, 0, 100.0, 9.5, 103.0, 112.0)), np.array([110.0]))
        >>> completed(cells, one, np.array([0]), np.array([1.0]), 2).tolist()
        [[110.0, 110.0]]
    """
    found = added(cells, part, weight, len(parts.known), draws)
    of_cluster = np.bincount(parts.cluster, weights=parts.open_estimate)
    known = np.bincount(parts.region, weights=parts.known, minlength=len(parts.region_total))
    left = np.maximum(parts.region_total - known, 0)
    lower, upper = (np.maximum(bound - parts.known, 0) for bound in (parts.lower, parts.upper))
    raked(found, lower, upper, [(parts.cluster, of_cluster), (parts.region, left)])
    found += column(parts.known)
    return found


def raked(
    draws: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    axes: list[tuple[np.ndarray, np.ndarray]],
    rounds: int = ROUNDS,
) -> np.ndarray:
    """The draws of parts scaled until they add up along each axis, as far as bounds allow; changed in place.

    Args:
        draws: one row a part, one column a completion.
        lower, upper: each part's least and most.
        axes: for each axis the member that each part belongs to, and what the members hold, in all completions or, one
            column each, in every one; a member that holds a number that is not known (NaN) is left as it is. The last
            axis has the last word.
        rounds: how often to go over the axes.

    Example:
        >>> found = raked(np.array([[1.0], [3.0]]), np.zeros(2), np.full(2, 9.0), [(np.zeros(2, int), np.array([8.0]))])
        >>> found.tolist()
        [[2.0], [6.0]]
    """
    low, high = column(lower), column(upper)
    sorted_axes = [
        (np.argsort(member, kind="stable"), member, total if total.ndim == 2 else column(total))
        for member, total in axes
    ]
    for _ in range(rounds):
        for order, member, total in sorted_axes:
            first = starts(member[order])
            there = member[order][first]
            sums = np.add.reduceat(draws[order], first, axis=0) if len(first) else draws[:0]
            factor = np.ones((len(total), draws.shape[1]), dtype=draws.dtype)
            known = ~np.isnan(total[there])
            factor[there] = np.where(known & (sums > 0), total[there] / np.maximum(sums, 1e-9), 1)
            draws *= factor[member]
            np.clip(draws, low, high, out=draws)
    return draws


def filled(cells: Open, whole: np.ndarray, total: np.ndarray, draws: int, dice: np.random.Generator) -> np.ndarray:
    """Cells in so many completions: as they are known, else drawn and raked to what the known ones leave of a whole.

    Args:
        cells: their bounds meet where they are known.
        whole: the whole that each belongs to, by place.
        total: what each whole holds, one column or one for each completion; NaN where that is not known.
        draws: how many completions.
        dice: what to draw with.

    Returns:
        Jobs, one row a cell and one column a completion.

    Example:
        >>> cells = Open(*(np.array(v) for v in ([6, 9.5], [6, 0], [6, 99], [0, 0], [0, 0.5], [0, 0.5])))
        >>> filled(cells, np.zeros(2, int), np.array([[20.0]]), 2, np.random.default_rng(1)).round(3).tolist()
        [[6.0, 6.0], [14.0, 14.0]]
    """
    is_open = cells.lower < cells.upper
    found = np.empty((len(whole), draws), dtype=np.float32)
    found[:] = column(cells.estimate)
    if is_open.any():
        left = Open(*(values[is_open] for values in cells))
        known = np.bincount(whole, weights=np.where(is_open, 0, cells.estimate), minlength=len(total))
        some = np.maximum(drawn(left, draws, dice), np.minimum(column(left.upper), np.float32(LEAST)))
        rest = np.maximum(total - column(known), 0)
        found[is_open] = raked(some, left.lower, left.upper, [(whole[is_open], rest)])
    return found


def starts(whole: np.ndarray) -> np.ndarray:
    """Where each whole's rows begin, which stand together."""
    return np.flatnonzero(np.diff(whole, prepend=-1))


def quantiles(draws: np.ndarray, stretch: np.ndarray | float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median, tenth and ninetieth percentile of a figure over its completions.

    The median is the best guess of a figure that is no sum: estimates of withheld cells are evener than what they hold,
    so that of them alone varieties come out too great, and concentrations too small.

    Args:
        draws: the figure in each completion, one a column.
        stretch: how many times as far from the median the percentiles are, where errors were measured to be.

    Example:
        >>> [end.round(9).tolist() for end in quantiles(np.array([[1.0, 2.0, 3.0]]), 2.0)]
        [[2.0], [0.4], [3.6]]
    """
    middle, low, high = percentiles(draws, (0.5, 0.1, 0.9)).astype(np.float64)
    return middle, middle - stretch * (middle - low), middle + stretch * (high - middle)


def percentiles(draws: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Quantiles of a figure over its completions, one row a share.

    Sorted first, which numpy does several times as fast as it finds a few places in what is not.

    Args:
        draws: the figure in each completion, one a column.
        shares: from 0 to 1.

    Example:
        >>> percentiles(np.array([[3.0, 1.0, 2.0]]), (0.5, 1.0)).tolist()
        [[2.0], [3.0]]
    """
    found: np.ndarray = np.quantile(np.sort(draws, axis=1), shares, axis=1, overwrite_input=True)
    return found
