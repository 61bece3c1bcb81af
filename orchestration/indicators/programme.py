"""Bounds of cells, and of sums of cells, by linear programmes over blocks of coupled cells.

Belongs here: what programmes add to the intervals that `bounds.tighten` gives, where hierarchies cross. Does not: those
intervals, which cells add up (`sums`), which blocks are worth it (the caller names them).

A block is a set of cells with the sums that hold two or more of them; every other cell of those sums is left free
within its interval. Leaving out the other sums only widens what is possible, so what holds in a block holds.

Soundness does not rest on the solver. For x with Ax = b and l <= x <= u, and for any multipliers y at all,

    c.x = y.b + (c - A'y).x >= y.b + sum over j of min(d_j l_j, d_j u_j),  where d = c - A'y.

The solver only proposes y; the right side is what is returned, less the rounding of its own doubles. A bad y gives a
wide bound, never a wrong one, and no interval becomes wider than it was.

Source: Neumaier & Shcherbina 2004, "Safe bounds in linear and mixed-integer linear programming", Mathematical
Programming 99(2); Dobra & Fienberg 2000, "Bounds for cell entries in contingency tables given marginal totals and
decomposable graphs", PNAS 97(22); solver: Huangfu & Hall 2018, "Parallelizing the dual revised simplex method",
Mathematical Programming Computation 10 (HiGHS, through scipy).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

from orchestration.indicators.sums import Sums

# How near to its bound a solution's value counts as attaining it. Decides only what is not tried, so it cannot err.
_AT_BOUND = 1e-6
# Error of a bound's own arithmetic, relative to the size of what is added up: a double's is 1e-16 an operation, and
# each term goes through a few, the sums through some dozens (numpy adds pairwise).
_ROUNDING = 1e-14
_INFEASIBLE = 2


@dataclass(frozen=True)
class Refined:
    """The bounds of every cell, and what was done for them.

    `solves` programmes, of which `failed` had no answer; `contradictory` blocks cannot hold as a whole and were left as
    they were; `left` blocks had too many cells, or were not finished when the programmes allowed were used up.
    """

    lower: np.ndarray
    upper: np.ndarray
    solves: int
    failed: int
    contradictory: int
    left: int


class ContradictionError(ValueError):
    """The sums of a block cannot all hold within the intervals of its cells."""


@dataclass(frozen=True)
class Block:
    """Cells of unknown value that sums couple: `matrix @ x == total` and `lower <= x <= upper`.

    `cells` are their places in the table, rising; `inside` marks those named as the block's, the others only share sums
    with them.
    """

    cells: np.ndarray
    inside: np.ndarray
    matrix: sparse.csr_array
    total: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def least(self, weight: np.ndarray) -> tuple[float, np.ndarray | None]:
        """A bound that `weight @ x` is never below, and the values that come near to it (None if no answer was found).

        Raises:
            ContradictionError: if no values satisfy the block.
        """
        box = np.column_stack([self.lower, self.upper])
        found = linprog(weight, A_eq=self.matrix, b_eq=self.total, bounds=box, method="highs")
        if found.status == _INFEASIBLE:
            raise ContradictionError(f"no values satisfy the {len(self.total)} sums of a block")
        bound = self._proven(weight, np.zeros(len(self.total)))
        if found.status != 0:
            return bound, None
        return max(bound, self._proven(weight, np.round(found.eqlin.marginals, 9))), found.x

    def _proven(self, weight: np.ndarray, multiplier: np.ndarray) -> float:
        """What the multipliers prove `weight @ x` not to be below; with none, the sum of the intervals."""
        left = weight - self.matrix.T @ multiplier
        totals = multiplier * self.total
        value = totals.sum() + np.minimum(left * self.lower, left * self.upper).sum()
        sizes = np.abs(weight) + abs(self.matrix).T @ np.abs(multiplier)
        size = np.abs(totals).sum() + (sizes * np.maximum(np.abs(self.lower), np.abs(self.upper))).sum()
        return float(value - _ROUNDING * size)

    def bounds(self, weight: np.ndarray) -> tuple[float, float]:
        """The least and greatest value of a weighted sum of the block's cells, one weight for each of `cells`.

        Never wider than the weighted sum of their intervals (but for rounding), often narrower: where one of the cells
        is large another must be small.

        Raises:
            ContradictionError: if no values satisfy the block.

        Example:
            >>> two = Sums(np.array([1, 2]), np.array([0]), np.array([0]))
            >>> (block,) = blocks_of(np.array([9.0, 0, 0]), np.array([9.0, 9, 9]), [two], np.zeros(3, dtype=int))
            >>> [round(bound) for bound in block.bounds(np.array([1.0, 1.0]))]
            [9, 9]
        """
        return self.least(weight)[0], -self.least(-weight)[0]


def components(lower: np.ndarray, upper: np.ndarray, steps: Sequence[Sums]) -> np.ndarray:
    """Labels of the sets of unknown cells that the given sums couple, numbered from 0; -1 for known cells.

    All sums of a national table make one giant component; those of chosen steps make smaller ones.

    Example:
        >>> two = Sums(np.array([1, 2, 4, 5]), np.array([0, 2]), np.array([0, 3]))
        >>> components(np.zeros(6), np.array([0.0, 9, 9, 9, 0, 9]), [two]).tolist()
        [-1, 0, 0, 1, -1, 1]
    """
    wide = lower < upper
    ends, nodes = [np.zeros((2, 0), dtype=np.int64)], len(lower)
    for step in steps:  # a graph of cells and, numbered on, sums
        cell = np.concatenate([step.part, step.whole])
        of = np.concatenate([step.of_part, np.arange(len(step))])
        ends.append(np.stack([cell, of + nodes])[:, wide[cell]])
        nodes += len(step)
    cell, of = np.concatenate(ends, axis=1)
    graph = sparse.coo_array((np.ones(len(cell), dtype=bool), (cell, of)), shape=(nodes, nodes))
    found = connected_components(graph, directed=False)[1]
    labels = np.full(len(lower), -1, dtype=np.int64)
    labels[wide] = np.unique(found[: len(lower)][wide], return_inverse=True)[1]
    return labels


def blocks_of(lower: np.ndarray, upper: np.ndarray, steps: Sequence[Sums], labels: np.ndarray) -> Iterator[Block]:
    """The blocks that labels name, in the order of their labels.

    Args:
        lower, upper: intervals of the cells of the table, none empty.
        steps: sums in which true values add up exactly, without those that `bounds.tighten` left out.
        labels: for each cell the whole number of its block, negative for none.

    Yields:
        For every label the block of its unknown cells and of the sums that hold two or more of them; labels without
        such a sum have no block.
    """
    wide = lower < upper
    block, cell, row, sign = (np.concatenate(column) for column in zip(*_entries(wide, steps, labels), strict=True))
    order = np.lexsort((cell, row, block))
    block, cell, row, sign = block[order], cell[order], row[order], sign[order]
    first = np.flatnonzero(np.diff(block, prepend=-1))
    for start, end in pairwise([*first, len(block)]):
        at = slice(start, end)
        rows, of = np.unique(row[at], return_inverse=True)
        free, known = wide[cell[at]], ~wide[cell[at]]
        cells, column = np.unique(cell[at][free], return_inverse=True)
        yield Block(
            cells=cells,
            inside=labels[cells] == block[start],
            matrix=sparse.csr_array((sign[at][free], (of[free], column)), shape=(len(rows), len(cells))),
            total=-np.bincount(of[known], sign[at][known] * lower[cell[at][known]], len(rows)),
            lower=lower[cells].astype(np.float64),
            upper=upper[cells].astype(np.float64),
        )


def _entries(
    wide: np.ndarray, steps: Sequence[Sums], labels: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """The entries of the blocks' sums: block, cell, number of the sum, and 1 for a part, -1 for a whole."""
    yield (np.zeros(0, dtype=np.int64),) * 3 + (np.zeros(0),)
    before = 0
    for step in steps:
        cell = np.concatenate([step.part, step.whole])
        of = np.concatenate([step.of_part, np.arange(len(step))])
        named = wide[cell] & (labels[cell] >= 0)
        pair, held = np.unique(labels[cell[named]].astype(np.int64) * len(step) + of[named], return_counts=True)
        block, row = np.divmod(pair[held > 1], max(len(step), 1))
        sizes = step.sizes[row]
        entry = np.repeat(step.start[row] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
        yield np.repeat(block, sizes), step.part[entry], np.repeat(row, sizes) + before, np.ones(len(entry))
        yield block, step.whole[row], row + before, -np.ones(len(row))
        before += len(step)


def refine(
    lower: np.ndarray,
    upper: np.ndarray,
    steps: Sequence[Sums],
    labels: np.ndarray,
    asked: np.ndarray | None = None,
    most_solves: int = 1000,
    most_cells: int = 3000,
) -> Refined:
    """Narrows the intervals of cells to what the sums of their block allow all together.

    Args:
        lower, upper: whole numbers as doubles, as `bounds.tighten` gives them. Not changed.
        steps, labels: what blocks are made of, see `blocks_of`. Those of the widest cells on average are taken first.
        asked: mask of the cells to narrow; all cells with a label, if not given.
        most_solves: how many programmes to solve at most. A block of a hundred cells takes some fifteen, of two
            milliseconds each; larger blocks take more of both.
        most_cells: blocks with more unknown cells than this are passed over.

    Returns:
        Bounds in whole numbers, none wider than before, none empty. They are not heeded outside their block: `tighten`
        them again to let others profit.

    Example:
        >>> ten = Sums(np.array([1, 2]), np.array([0]), np.array([0]))  # x + y = 10
        >>> equal = Sums(np.array([1]), np.array([0]), np.array([2]))  # x = y
        >>> low, high = np.array([10.0, 0, 0]), np.array([10.0, 10, 10])
        >>> narrow = refine(low, high, [ten, equal], np.zeros(3, dtype=int))
        >>> narrow.lower.tolist(), narrow.upper.tolist()
        ([10.0, 5.0, 5.0], [10.0, 5.0, 5.0])
    """
    low, high = lower.astype(np.float64), upper.astype(np.float64)
    solves = failed = contradictory = left = 0
    for block in blocks_of(lower, upper, steps, _widest_first(lower, upper, labels)):
        wanted = block.inside if asked is None else block.inside & asked[block.cells]
        if not wanted.any():
            continue
        if solves >= most_solves or len(block.cells) > most_cells:
            left += 1
            continue
        task = _Narrowing(block, wanted, most_solves - solves)
        own = block.cells[block.inside]
        try:
            low[own], high[own] = task.bounds()
        except ContradictionError:
            contradictory += 1
        solves, failed, left = solves + task.solves, failed + task.failed, left + task.unfinished
    return Refined(low, high, solves, failed, contradictory, left)


def _widest_first(lower: np.ndarray, upper: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The labels of unknown cells, numbered anew by falling mean width: the best guess at where most is gained."""
    named = (lower < upper) & (labels >= 0)
    of = np.unique(labels[named], return_inverse=True)[1]
    mean = np.bincount(of, (upper - lower)[named]) / np.bincount(of)
    rank = np.full(len(labels), -1, dtype=np.int64)
    rank[named] = np.argsort(np.argsort(-mean, kind="stable"))[of]
    return rank


class _Narrowing:
    """The programmes of one block: for a cell's bound only if no solution found so far attains it.

    Both sides are handled as least values, of x and of -x.
    """

    def __init__(self, block: Block, wanted: np.ndarray, most: int) -> None:
        self.block, self.most = block, most
        self.solves = self.failed = 0
        self.floor = np.array([block.lower, -block.upper])
        self.open = np.array([wanted, wanted])

    @property
    def unfinished(self) -> bool:
        """Whether bounds were left untried because all programmes allowed were used up."""
        return self.solves >= self.most and bool(self.open.any())

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """The bounds of the cells inside the block, narrowed.

        Raises:
            ContradictionError: if the block cannot hold, in whole numbers.
        """
        width = self.block.upper - self.block.lower
        narrow = self.floor.copy()
        for side in (0, 1):  # all cells at once, as long as it helps: shows contradictions, and attains most bounds
            before = self.open.size + 1
            while self.open[side].any() and self.open.sum() < before and self.solves < self.most:
                before = self.open.sum()
                self._solve(side, self.open[side] / width)
        for cell in np.argsort(-width, kind="stable"):
            for side in (0, 1):
                if self.open[side, cell] and self.solves < self.most:
                    narrow[side, cell] = np.ceil(self._solve(side, np.eye(1, len(width), cell)[0]))
                    self.open[side, cell] = False
        low, high = narrow[0][self.block.inside], -narrow[1][self.block.inside]
        if (low > high).any():
            raise ContradictionError("no whole numbers satisfy the sums of a block")
        return low, high

    def _solve(self, side: int, weight: np.ndarray) -> float:
        """Solves for one side, and strikes off the bounds that the solution attains."""
        least, values = self.block.least(weight if side == 0 else -weight)
        self.solves += 1
        self.failed += values is None
        if values is not None:
            self.open &= np.array([values, -values]) > self.floor + _AT_BOUND
        return least
