"""Which cells of a published table add up to which: the arithmetic that bounds and estimates rest on.

Belongs here: finding parts and wholes along any hierarchies of a table's axes. Does not: what the axes are (regions and
industries of QCEW, or of Eurostat), what follows for the values (`bounds`, `estimate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Sums:
    """Sums that share a step of a hierarchy: no cell is a part of two of them, none is both a part and a whole.

    `part` holds the cells of all sums one sum after the other, `start` where each sum's begin, `whole` each sum's
    total.
    """

    part: np.ndarray
    start: np.ndarray
    whole: np.ndarray

    def __len__(self) -> int:
        return len(self.whole)

    @property
    def sizes(self) -> np.ndarray:
        """How many parts each sum has."""
        return np.diff(self.start, append=len(self.part))

    @property
    def of_part(self) -> np.ndarray:
        """The sum that each entry of `part` belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.sizes)

    def added(self, values: np.ndarray) -> np.ndarray:
        """The parts' values, added up for each sum."""
        return np.add.reduceat(values[self.part], self.start) if len(self) else np.zeros(0)

    def only(self, kept: np.ndarray) -> Self:
        """The sums that a mask keeps."""
        kept = np.flatnonzero(kept)
        if len(kept) == len(self):
            return self
        sizes = self.sizes[kept]
        start = np.cumsum(sizes) - sizes
        entries = np.repeat(self.start[kept] - start, sizes) + np.arange(sizes.sum())
        return type(self)(self.part[entries], start, self.whole[kept])


@dataclass(frozen=True)
class Hierarchy:
    """A tree over the members of one axis: `parent[i]` is the member that i is a part of, -1 for none."""

    axis: int
    parent: np.ndarray

    def depths(self) -> np.ndarray:
        """Steps from each member up to its root.

        Raises:
            ValueError: if the parents run in a circle.
        """
        depth = np.zeros(len(self.parent), dtype=np.int64)
        above = self.parent.copy()
        while (above >= 0).any():
            depth += above >= 0
            above = np.where(above >= 0, self.parent[above], -1)
            if depth.max(initial=0) > len(self.parent):
                raise ValueError("a hierarchy's parents run in a circle")
        return depth


def sums_of(axes: Sequence[np.ndarray], hierarchies: Sequence[Hierarchy]) -> list[Sums]:
    """The sums of a table whose cells lie at given places of its axes.

    Args:
        axes: for each axis the place of every cell on it (whole numbers from 0); together they name a cell once.
        hierarchies: trees over an axis's places. An axis may have several (counties make up states, and metropolitan
            areas), and every tree is a set of totals: along it the cells at a place's children, at the same place of
            the other axes, add up to the cell at the place.

    Returns:
        For every hierarchy its steps from the leaves up, each as one `Sums`; only sums whose whole is a cell.

    Raises:
        ValueError: if two cells share a place, or a hierarchy runs in a circle.

    Example:
        >>> region, industry = np.array([0, 0, 0]), np.array([0, 1, 2])
        >>> (step,) = sums_of([region, industry], [Hierarchy(1, np.array([-1, 0, 0]))])
        >>> step.whole.tolist(), step.part.tolist()
        ([0], [1, 2])
    """
    return [step for steps in sums_along(axes, hierarchies) for step in steps]


def sums_along(axes: Sequence[np.ndarray], hierarchies: Sequence[Hierarchy]) -> list[list[Sums]]:
    """The same, the steps of each hierarchy by themselves.

    Example:
        >>> region, industry = np.array([0, 0, 0]), np.array([0, 1, 2])
        >>> trees = [Hierarchy(0, np.array([-1])), Hierarchy(1, np.array([-1, 0, 0]))]
        >>> [len(steps) for steps in sums_along([region, industry], trees)]
        [0, 1]
    """
    strides = [1]
    for axis in reversed(axes[1:]):
        strides.insert(0, strides[0] * (int(axis.max(initial=0)) + 1))
    key = np.zeros(len(axes[0]), dtype=np.int64)
    for axis, stride in zip(axes, strides, strict=True):
        key += axis.astype(np.int64) * stride
    order = np.argsort(key, kind="stable")
    keys = key[order]
    if (keys[1:] == keys[:-1]).any():
        raise ValueError("two cells of a table have the same place")
    found = []
    for tree in hierarchies:
        place, depth = axes[tree.axis], tree.depths()
        up, level_of = (tree.parent - np.arange(len(depth))) * strides[tree.axis], depth.astype(np.int16)[place]
        steps = []
        for level in range(int(depth.max(initial=0)), 0, -1):
            part = np.flatnonzero(level_of == level)
            steps.append(_grouped(part, key[part] + up[place[part]], keys, order))
        found.append([step for step in steps if len(step)])
    return found


def _grouped(part: np.ndarray, wanted: np.ndarray, keys: np.ndarray, order: np.ndarray) -> Sums:
    """Parts beside the key of the whole they belong to, as sums; without those whose whole is not a cell."""
    found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    there = keys[found] == wanted
    # By whole, then by part: as one number, which numpy sorts many times as fast as it finds an order that is stable.
    pairs = order[found[there]] << 32
    pairs += part[there]
    pairs.sort()
    whole = pairs >> 32
    start = np.flatnonzero(np.diff(whole, prepend=-1))
    return Sums((pairs & 0xFFFFFFFF).astype(np.int32), start, whole[start].astype(np.int32))
