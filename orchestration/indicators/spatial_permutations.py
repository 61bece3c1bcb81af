"""How often chance goes as far as a map does: the permutations behind pseudo p-values of spatial autocorrelation.

Belongs here: random draws of regions and counting. Does not: the statistics themselves (`spatial`).

Draws are shared. For local Moran a region keeps its own value and d others, drawn at random, stand for its d
neighbours. One draw is an ordered sample of distinct regions, as many as the greatest number of neighbours and one
more, drawn without regard to any region; the first d of it serve every region with d neighbours. A region that is
itself among them is replaced by the next one of the draw. That is exactly a uniform draw of d of the others: given
that the region is not in the sample of d, these are uniform among the others; given that it is, the d - 1 beside it
and the one after it are. So sums need sorting but once for each number of neighbours, a region's place among them is a
binary search, and only draws that hold the region (a share of d/n) are counted anew. Each region's p is what draws of
its own would give; those of different regions are as dependent as the draws, which a sum over regions would show.

Sums that differ by less than TIE (in standard deviations) count as equal, so that no count hangs on the order in
which equal values are added up.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from scipy import sparse

TIE = 1e-9

# As many permutations at once as let a variable's permuted values of all counties stay in a core's cache.
TOGETHER = 32


@lru_cache(maxsize=4)
def draws(regions: int, size: int, count: int, seed: int) -> np.ndarray:
    """`count` ordered samples of `size` distinct numbers below `regions`, one a column, each sample equally likely.

    Example:
        >>> draws(3, 3, 4, seed=1).sum(axis=0).tolist()
        [3, 3, 3, 3]
    """
    rng = np.random.default_rng(seed)
    drawn = np.empty((size, count), dtype=np.int64)
    for k in range(size):
        # A number among those not drawn yet, then moved past the drawn ones up to it.
        number = rng.integers(regions - k, size=count)
        for taken in np.sort(drawn[:k], axis=0):
            number += number >= taken
        drawn[k] = number
    drawn.setflags(write=False)
    return drawn


def local_tails(borders: sparse.csr_array, z: np.ndarray, permutations: int, seed: int) -> np.ndarray:
    """Draws in which local Moran goes as far as the one found, or farther, on the side where these are fewer.

    Args:
        borders: who borders whom; every region has a neighbour.
        z: standardised values, regions x variables; NaN in all regions for a variable that has no statistic.

    Returns:
        Counts from 0 to `permutations`, regions x variables; NaN for a variable without a statistic. A region at the
        mean has a local Moran of zero in every draw, so all of them.
    """
    degree = np.diff(borders.indptr)
    drawn = draws(len(z), int(degree.max()) + 1, permutations, seed)
    # Where a draw holds a region among as many as it has neighbours: draw, region, number, and the one after.
    place, draw = np.nonzero(degree[drawn] > np.arange(len(drawn))[:, None])
    region = drawn[place, draw]
    size = degree[region]
    after = drawn[size, draw]
    members = {d: np.flatnonzero(degree == d) for d in np.unique(degree)}
    found = np.full(z.shape, np.nan)
    for column in np.flatnonzero(~np.isnan(z).any(axis=0)):
        value = np.ascontiguousarray(z[:, column])
        target = borders @ value
        sums = np.cumsum(value[drawn[:-1]], axis=0)
        not_above, not_below = np.empty((2, len(z)))
        for d, rows in members.items():
            order = np.sort(sums[d - 1])
            not_above[rows] = np.searchsorted(order, target[rows] + TIE, side="right")
            not_below[rows] = permutations - np.searchsorted(order, target[rows] - TIE, side="left")
        with_itself = sums[size - 1, draw]
        instead = with_itself - value[region] + value[after]
        most, least = target[region] + TIE, target[region] - TIE
        not_above += np.bincount(region, (instead <= most) * 1.0 - (with_itself <= most), len(z))
        not_below += np.bincount(region, (instead >= least) * 1.0 - (with_itself >= least), len(z))
        found[:, column] = np.where(np.abs(value) <= TIE, permutations, np.minimum(not_above, not_below))
    return found


@lru_cache(maxsize=4)
def orders(regions: int, count: int, seed: int) -> np.ndarray:
    """`count` random orders of the regions, one a column."""
    rng = np.random.default_rng(seed)
    found = rng.permuted(np.tile(np.arange(regions), (count, 1)), axis=1).T.copy()
    found.setflags(write=False)
    return found


def moran_tails(borders: sparse.csr_array, z: np.ndarray, permutations: int, seed: int) -> np.ndarray:
    """Permutations in which Moran's I goes as far as the one found, or farther, on the side where these are fewer.

    Args and returns as `local_tails`, but one count a variable. Two threads share the variables, of which each is
    counted by itself.
    """
    rows = sparse.diags_array(1 / np.diff(borders.indptr)) @ borders
    # Both ways round at once: half as many products.
    pairs = sparse.csr_array(sparse.triu(rows + rows.T))
    order = orders(len(z), permutations, seed)
    batches = [np.ascontiguousarray(order[:, k : k + TOGETHER]) for k in range(0, permutations, TOGETHER)]
    tie = TIE * len(z)

    def tail(column: int) -> float:
        value = np.ascontiguousarray(z[:, column])
        if np.isnan(value).any():
            return np.nan
        dealt = np.concatenate([_products(pairs, value[batch]) for batch in batches])
        found = _products(pairs, value[:, None])[0]
        return min((dealt <= found + tie).sum(), (dealt >= found - tie).sum())

    with ThreadPoolExecutor(2) as threads:
        return np.array(list(threads.map(tail, range(z.shape[1]))), dtype=float)


def _products(pairs: sparse.csr_array, values: np.ndarray) -> np.ndarray:
    """The sum over pairs of the product of their values, for each column."""
    return np.einsum("ij,ij->j", values, pairs @ values)
