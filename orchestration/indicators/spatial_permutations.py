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

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial

import numpy as np
from scipy import sparse

TIE = 1e-9

# As many variables, and values, at once as stay in a core's cache.
MANY = 32
TOGETHER = 100_000


def alike(left: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The variables that rest on the same regions, and these; none for what rests on no region.

    Example:
        >>> [(columns.tolist(), rows.tolist()) for columns, rows in alike(np.array([[1, 0, 1], [1, 0, 1]], dtype=bool))]
        [([0, 2], [0, 1])]
    """
    found: dict[bytes, list[int]] = {}
    for column, pattern in enumerate(np.packbits(left, axis=0).T):
        found.setdefault(pattern.tobytes(), []).append(column)
    for columns in found.values():
        rows = np.flatnonzero(left[:, columns[0]])
        if len(rows):
            yield np.array(columns), rows


@lru_cache(maxsize=16)
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


def local_tails(
    left: np.ndarray, degree: np.ndarray, z: np.ndarray, lag_sums: np.ndarray, permutations: int, seed: int
) -> np.ndarray:
    """Draws in which local Moran goes as far as the one found, or farther, on the side where these are fewer.

    Args:
        left, degree, z, lag_sums: regions x variables: which regions a variable rests on, how many neighbours of each
            are among them (one at least), standardised values, their sums over the neighbours. A variable of which a z
            is NaN has no statistic.

    Returns:
        Counts from 0 to `permutations`, regions x variables; NaN where there is no statistic. A region at the mean has
        a local Moran of zero in every draw, so all of them.
    """
    found = np.full(z.shape, np.nan)
    for columns, rows in alike(left & ~np.isnan(z)):
        neighbours = degree[rows, columns[0]].astype(np.int64)
        drawn = draws(len(rows), int(neighbours.max()) + 1, permutations, seed)
        # Where a draw holds a region among as many as it has neighbours: the region, the one after these, and where
        # their sum stands.
        place, draw = np.nonzero(neighbours[drawn] > np.arange(len(drawn))[:, None])
        region = drawn[place, draw]
        again = region, drawn[neighbours[region], draw], (neighbours[region] - 1) * permutations + draw
        for column in columns:
            tails = _local_tails(z[rows, column], lag_sums[rows, column], neighbours, drawn, again)
            found[rows, column] = tails
    return found


def _local_tails(
    z: np.ndarray, target: np.ndarray, neighbours: np.ndarray, drawn: np.ndarray, again: tuple[np.ndarray, ...]
) -> np.ndarray:
    """The counts of one variable."""
    permutations = drawn.shape[1]
    sums = np.cumsum(z[drawn[:-1]], axis=0)
    not_above, not_below = np.empty((2, len(z)))
    for count in np.unique(neighbours):
        rows = np.flatnonzero(neighbours == count)
        order = np.sort(sums[count - 1])
        not_above[rows] = np.searchsorted(order, target[rows] + TIE, side="right")
        not_below[rows] = permutations - np.searchsorted(order, target[rows] - TIE, side="left")
    region, after, at = again
    # Taken beside the region's own sum, so that above and below are above and below TIE.
    with_itself = np.take(sums, at) - np.take(target, region)
    instead = with_itself - np.take(z, region) + np.take(z, after)
    not_above += np.bincount(region, np.subtract(instead <= TIE, with_itself <= TIE, dtype=np.int8), len(z))
    not_below += np.bincount(region, np.subtract(instead >= -TIE, with_itself >= -TIE, dtype=np.int8), len(z))
    return np.where(np.abs(z) <= TIE, permutations, np.minimum(not_above, not_below))


@lru_cache(maxsize=16)
def orders(regions: int, count: int, seed: int) -> np.ndarray:
    """`count` random orders of the regions, one a column."""
    rng = np.random.default_rng(seed)
    found = rng.permuted(np.tile(np.arange(regions), (count, 1)), axis=1).T.copy()
    found.setflags(write=False)
    return found


def moran_tails(
    borders: sparse.csr_array, left: np.ndarray, degree: np.ndarray, z: np.ndarray, permutations: int, seed: int
) -> np.ndarray:
    """Permutations in which Moran's I goes as far as the one found, or farther, on the side where these are fewer.

    Args and returns as `local_tails`, but one count a variable. Two threads share the variables, of which each is
    counted by itself.
    """
    # Both ways round at once: half as many products.
    pairs = sparse.csr_array(sparse.triu(borders))
    one, other = pairs.nonzero()
    found = np.full(z.shape[1], np.nan)
    with ThreadPoolExecutor(2) as threads:
        for columns, rows in alike(left & ~np.isnan(z)):
            there = left[:, columns[0]]
            share = np.where(there, 1 / np.maximum(degree[:, columns[0]], 1), 0)
            weight = np.where(there[one] & there[other], share[one] + share[other], 0)
            weighted = sparse.csr_array((weight, pairs.indices, pairs.indptr), shape=pairs.shape)
            # Whose value each region has in each permutation; those that are not left keep their 0.
            order = np.tile(np.arange(len(z))[:, None], permutations)
            order[rows] = rows[orders(len(rows), permutations, seed)]
            step = max(1, TOGETHER // len(z) // min(MANY, len(columns)))
            batches = [np.ascontiguousarray(order[:, k : k + step]) for k in range(0, permutations, step)]
            some = [z.take(columns[k : k + MANY], axis=1) for k in range(0, len(columns), MANY)]
            found[columns] = np.concatenate(list(threads.map(partial(_moran_tails, weighted, batches), some)))
    return found


def _moran_tails(weighted: sparse.csr_array, batches: list[np.ndarray], z: np.ndarray) -> np.ndarray:
    """The counts of some variables that rest on the same regions."""
    # A region's values of all these variables lie side by side, so that they are dealt out together.
    dealt = [_products(weighted, z.take(batch, axis=0)) for batch in batches]
    found, tie = _products(weighted, z), TIE * len(z)
    chance = np.concatenate(dealt)
    return np.minimum((chance <= found + tie).sum(axis=0), (chance >= found - tie).sum(axis=0))


def _products(pairs: sparse.csr_array, maps: np.ndarray) -> np.ndarray:
    """The sum over pairs of the product of their values, for each map."""
    flat = maps.reshape(len(maps), -1)
    return np.einsum("ij,ij->j", flat, pairs @ flat).reshape(maps.shape[1:])
