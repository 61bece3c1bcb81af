"""Shares of wholes that are known within bounds: what they can be, and extremes of sums of convex functions of them.

Belongs here: boxes of shares, their levelling, the bound by chords. Does not: any measure (`concentration`).

A `whole` is, say, one industry in one year over the regions of one type; its rows, one a region, stand together, and
`start` says where each whole's begin. With e_r the jobs of its rows, T their sum and s_r = e_r/T the shares:

1. Boxes. Let every e_r lie in [l_r, u_r] and T in [T_l, T_u]. As T is e_r and the others, e_r is at most T_u less the
   others' least and at least T_l less the others' most. T lies between max(T_l, e_r + the others' least) and min(T_u,
   e_r + the others' most), and e_r/max(T_l, e_r + c) grows with e_r. Hence a_r <= s_r <= b_r with b_r = u_r/max(T_l,
   u_r + the others' least) and a_r = l_r/min(T_u, l_r + the others' most). The true shares lie in this box and add up
   to 1, and what follows takes extremes over all that do.
2. Least. The Karush-Kuhn-Tucker conditions of the convex problem to minimise sum (s - c)^2/w give s = clip(c + t w,
   a, b) with the t for which they add up to 1: exact. For sum x phi(s/x) with convex phi they give s = clip(t x, a,
   b), whatever phi is: these shares are least in the order of majorisation against x.
3. Greatest. On [a, b] a convex f lies below its chord, so its sum lies below the greatest sum of chords, a continuous
   knapsack. By weak duality sum f(a) + t (1 - sum a) + sum max(0, slope - t)(b - a) bounds that for whatever t, and
   is the knapsack's own value where t is the slope of the item that fills the sack. All but that item are then at an
   end of their interval, where chord and function agree: so the bound is above the true greatest value by no more
   than the gap below one chord, which for a sum of squares is a quarter of the squared width of one interval.

Sources: Bitran & Hax 1981, "Disaggregation and Resource Allocation Using Convex Knapsack Problems with Bounded
Variables", Management Science 27(4), and Kiwiel 2008, "Variable Fixing Algorithms for the Continuous Quadratic
Knapsack Problem", Journal of Optimization Theory and Applications 136 (levelling by fixing); Marshall, Olkin & Arnold
2011, Inequalities (majorisation).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

# Sums of shares that differ by less are equal: far below any figure given, above what adding up 10,000 shares costs.
ROUNDING = 1e-13
# Rows that a core's cache holds a dozen columns of.
TOGETHER = 30_000


@dataclass(frozen=True)
class Boxes:
    """Shares of wholes: those of a whole add up to 1, and each lies between its `lower` and `upper`."""

    start: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def of(self) -> np.ndarray:
        """The whole that each row belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.start, append=len(self.lower)))

    @cached_property
    def free(self) -> np.ndarray:
        """The rows whose share is not settled."""
        return np.flatnonzero(self.lower < self.upper)

    @cached_property
    def room(self) -> np.ndarray:
        """What each whole has left to give when every share is at its least."""
        return 1 - self.added(self.lower)

    def added(self, values: np.ndarray) -> np.ndarray:
        """The rows' values, added up for each whole."""
        return np.add.reduceat(values, self.start)


def pieces(sizes: np.ndarray, rows: int = TOGETHER) -> Iterator[tuple[slice, slice]]:
    """Runs of wholes of about as many rows, to be measured one after the other.

    A whole's measures rest on its own rows alone. Run by run they take less time and memory, and come out nearer to
    what exact numbers give, since sums that run on over several wholes stay small.

    Args:
        sizes: how many rows each whole has.
        rows: a run has no more rows than this before its last whole.

    Yields:
        For each run its place among the wholes, and among the rows.

    Example:
        >>> [(run.stop, rows.stop) for run, rows in pieces(np.array([2, 1, 2, 9]), rows=3)]
        [(2, 3), (4, 14)]
    """
    before = np.cumsum(sizes) - sizes
    cuts = np.flatnonzero(np.diff(before // rows, prepend=-1)).tolist()
    ends = [*before[cuts].tolist(), int(sizes.sum())]
    for run, (first, last) in zip(pairwise([*cuts, len(sizes)]), pairwise(ends), strict=True):
        yield slice(*run), slice(first, last)


def share_boxes(
    start: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    total_lower: np.ndarray,
    total_upper: np.ndarray,
) -> Boxes:
    """The shares that regions can hold of wholes with a job at least (see 1 in the module's docstring).

    Args:
        start: where each whole's rows begin; ascending, from 0.
        lower, upper: least and most jobs, one a row, finite.
        total_lower, total_upper: bounds of each whole's total; 0 and infinity where nothing but the rows is known. A
            total that no values of the rows add up to contradicts them, and then is not heeded.

    Returns:
        The boxes; those of a whole that holds nothing for certain are NaN.

    Example:
        >>> one = np.array([0])
        >>> boxes = share_boxes(one, np.array([6.0, 0, 0]), np.array([6.0, 4, 3]), np.array([10.0]), np.array([10.0]))
        >>> boxes.lower.tolist(), boxes.upper.tolist()
        ([0.6, 0.1, 0.0], [0.6, 0.4, 0.3])
    """
    of = np.repeat(np.arange(len(start)), np.diff(start, append=len(lower)))
    least, most = np.add.reduceat(lower, start), np.add.reduceat(upper, start)
    heeded = (total_lower <= most) & (total_upper >= least)
    at_least = np.where(heeded, np.maximum(total_lower, least), least)
    at_most = np.where(heeded, np.minimum(total_upper, most), most)
    # What the total leaves a region when the others hold their least, or their most.
    lower, upper = (
        np.maximum(lower, at_least[of] - (most[of] - upper)),
        np.minimum(upper, at_most[of] - (least[of] - lower)),
    )
    least, most = np.add.reduceat(lower, start), np.add.reduceat(upper, start)
    with np.errstate(invalid="ignore", divide="ignore"):
        high = np.where(upper > 0, upper / np.maximum(at_least[of], upper + (least[of] - lower)), 0.0)
        low = lower / np.minimum(at_most[of], lower + (most[of] - upper))
    # Where no other region can hold any, this one holds all.
    low = np.where((most[of] == upper) & (upper > 0), 1.0, np.where(lower > 0, low, 0.0))
    nothing = at_most[of] <= 0
    return Boxes(start, np.where(nothing, np.nan, low), np.where(nothing, np.nan, high))


def levelled(boxes: Boxes, centre: np.ndarray, pace: np.ndarray) -> np.ndarray:
    """The shares clip(centre + t * pace, lower, upper) that add up to 1, with a t of its own for each whole.

    They are the least of sum (s - centre)^2 / pace. `pace` is above zero.

    Example:
        >>> boxes = Boxes(np.array([0]), np.array([0.5, 0, 0]), np.array([0.5, 0.1, 1]))
        >>> levelled(boxes, np.zeros(3), np.ones(3)).tolist()
        [0.5, 0.1, 0.4]
    """
    shares, free, count = boxes.lower.copy(), boxes.free, len(boxes)
    of, low, high, base, step = boxes.of[free], boxes.lower[free], boxes.upper[free], centre[free], pace[free]
    settled = boxes.lower.copy()
    settled[free] = 0
    left = 1 - boxes.added(settled)
    while len(free):
        with np.errstate(invalid="ignore", divide="ignore"):
            t = (left - np.bincount(of, base, count)) / np.bincount(of, step, count)
        wanted = base + t[of] * step
        clipped = np.clip(wanted, low, high)
        beyond = wanted - clipped
        lacking = np.bincount(of, beyond, count)
        # Where clipped shares add up to too little t grows, and whatever is above its most now stays there; and the
        # other way about.
        side = np.sign(np.where(np.abs(lacking) > ROUNDING, lacking, 0))[of]
        fixed = (side == 0) | (beyond * side > 0)
        gone, stay = np.flatnonzero(fixed), np.flatnonzero(~fixed)
        shares[free[gone]] = clipped[gone]
        left -= np.bincount(of[gone], clipped[gone], count)
        free, of, low, high, base, step = (row[stay] for row in (free, of, low, high, base, step))
    return shares


def chord_bound(boxes: Boxes, at_lower: np.ndarray, at_upper: np.ndarray) -> np.ndarray:
    """No less than the greatest sum of convex functions of the shares, given by their values at both ends of each box.

    Example:
        >>> boxes = Boxes(np.array([0]), np.array([0.2, 0, 0]), np.array([0.2, 0.8, 0.5]))
        >>> chord_bound(boxes, boxes.lower**2, boxes.upper**2).round(12).tolist()
        [0.68]
    """
    return chord_line(boxes, at_lower, at_upper, boxes.room)[0]


def chord_line(
    boxes: Boxes, at_lower: np.ndarray, at_upper: np.ndarray, room: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same where shares add up to what is least and `room`, and how much more one more share could add.

    By weak duality the bound and this price bound the sum whatever the shares add up to: no less than the greatest sum
    where they add up to d more is bound + price * d.

    Example:
        >>> boxes = Boxes(np.array([0]), np.array([0.2, 0, 0]), np.array([0.2, 0.8, 0.5]))
        >>> bound, price = chord_line(boxes, boxes.lower**2, boxes.upper**2, np.array([0.5]))
        >>> bound.round(12).tolist(), price.round(12).tolist()
        ([0.44], [0.8])
    """
    bound, free = boxes.added(at_lower), boxes.free
    if not len(free):
        return bound, np.zeros(len(boxes))
    of, width = boxes.of[free], boxes.upper[free] - boxes.lower[free]
    slope = (at_upper[free] - at_lower[free]) / width
    order = by_whole_and(-slope, of)
    filled = np.cumsum(width[order])
    last = np.searchsorted(of, np.arange(len(boxes)), side="right") - 1
    first = np.searchsorted(of, np.arange(len(boxes)), side="left")
    before = np.concatenate([[0.0], filled])[first]
    item = np.clip(np.searchsorted(filled, before + room), first, np.maximum(last, first))
    price = np.where(last >= first, slope[order[np.minimum(item, len(free) - 1)]], 0.0)
    gain = np.bincount(of, np.maximum(slope - price[of], 0) * width, len(boxes))
    return bound + np.where(last >= first, price * room, 0.0) + gain, price


def by_whole_and(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Order by whole, then value. One sort of one number is five times as fast as two; what it takes for equal differs
    by less than the twelfth digit, which neither a bound by chords (any price will do) nor a curve shows."""
    return np.argsort(2 * of + values / (1 + np.abs(values)))
