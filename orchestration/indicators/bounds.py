"""Least and greatest possible values of withheld cells, from what must add up.

Belongs here: intervals of cells before and after their sums are heeded. Does not: which cells add up (`sums`), linear
programmes over what stays wide (`programme`), point estimates (`estimate`).

Soundness. Let x be the true values, known to lie in [lower, upper] cell by cell, and let x_whole be the sum of its
x_part in every sum. For a sum with parts P and whole w, adding up the parts' intervals gives

    sum(lower_P) <= x_w <= sum(upper_P),

and for one part p, x_p = x_w - (sum of the other parts) gives

    lower_w - (sum(upper_P) - upper_p) <= x_p <= upper_w - (sum(lower_P) - lower_p).

`tighten` does nothing but intersect intervals with these two, so x never leaves them, by induction over the steps,
however often, in whichever order and over whichever of the sums they are taken; stopping early is sound as well.
Intervals only shrink and hold whole numbers, so the fixed point is reached. On one tree it is the tightest there is;
where hierarchies cross, a linear programme may be tighter. If a sum cannot hold within the intervals, the premises
contradict
each other and nothing follows from them: that sum is left out, and everything is done again without it.

Source: Isserman & Westervelt 2006, "1.5 Million Missing Numbers: Overcoming Employment Suppression in County Business
Patterns Data", International Regional Science Review 29(3); Eckert, Fort, Schott & Yang 2021, "Imputing Missing
Values in the US Census Bureau's County Business Patterns", NBER 26632; interval propagation: Davis 1987, "Constraint
propagation with interval labels", Artificial Intelligence 32(3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.indicators.sums import Sums

# Stands for "no bound": far above any number of jobs, and so many of them still add up exactly in a double.
UNBOUNDED = float(2**40)


@dataclass(frozen=True)
class Tightened:
    """The bounds of every cell, and for every step a mask of the sums that contradict the others and were left out."""

    lower: np.ndarray
    upper: np.ndarray
    left_out: list[np.ndarray]


def contradicted(lower: np.ndarray, upper: np.ndarray, sums: Sums) -> np.ndarray:
    """Which sums cannot hold: the parts hold too much at their least or too little at their most.

    Example:
        >>> jobs = np.array([9.0, 4.0, 4.0])
        >>> contradicted(jobs, jobs, Sums(np.array([1, 2]), np.array([0]), np.array([0]))).tolist()
        [True]
    """
    return (sums.added(lower) > upper[sums.whole]) | (sums.added(upper) < lower[sums.whole])


def tighten(
    lower: np.ndarray, upper: np.ndarray, steps: Sequence[Sums], rounds: int = 40, restarts: int = 5
) -> Tightened:
    """Narrows the intervals of cells to what their sums allow, to a fixed point.

    Args:
        lower, upper: whole numbers as doubles, one per cell; equal where the value is known, `UNBOUNDED` above where
            nothing is. Not changed.
        steps: sums in which true values add up exactly, as `sums.sums_of` gives them.
        rounds: how often at most to go up and down the hierarchies. Real data take ten; premises that contradict each
            other may creep on for hundreds without showing in any one sum.
        restarts: how often to begin again without the sums found to contradict the others; found at the last try, a
            sum is left out from there on. No interval ever becomes empty.

    Returns:
        The intervals, none wider than before, none empty.

    Raises:
        ValueError: if an interval is empty to begin with.

    Example:
        >>> lower, upper = np.array([9.0, 5.0, 0.0]), np.array([9.0, 6.0, UNBOUNDED])
        >>> narrow = tighten(lower, upper, [Sums(np.array([1, 2]), np.array([0]), np.array([0]))])
        >>> narrow.lower.tolist(), narrow.upper.tolist()
        ([9.0, 5.0, 3.0], [9.0, 6.0, 4.0])
    """
    if not (lower <= upper).all():
        raise ValueError(f"{int((~(lower <= upper)).sum())} cells have no value between their bounds")
    left_out = [contradicted(lower, upper, step) for step in steps]
    open_cells = lower < upper  # a sum of known values has nothing to say
    for attempt in range(restarts + 1):
        low, high = lower.astype(np.float64), upper.astype(np.float64)
        heeded = [~out & _holding(open_cells, step) for out, step in zip(left_out, steps, strict=True)]
        live = [step.only(mask) for step, mask in zip(steps, heeded, strict=True)]
        found = _to_fixed_point(low, high, live, rounds)
        for out, mask, bad in zip(left_out, heeded, found, strict=True):
            out[mask] = bad
        if attempt == restarts or not any(bad.any() for bad in found):
            break
    return Tightened(low, high, left_out)


def _holding(cells: np.ndarray, sums: Sums) -> np.ndarray:
    """Mask of the sums that have one of the cells as a part or as their whole."""
    return np.logical_or.reduceat(cells[sums.part], sums.start) | cells[sums.whole]


def _to_fixed_point(low: np.ndarray, high: np.ndarray, steps: Sequence[Sums], rounds: int) -> list[np.ndarray]:
    """Narrows in place, up the hierarchies and down again, until nothing moves; gives the sums that contradict."""
    found = [np.zeros(len(step), dtype=bool) for step in steps]
    order = [k for k in [*range(len(steps)), *range(len(steps) - 2, -1, -1)] if len(steps[k])]
    # Visits of steps are numbered. A sum is looked at again only where another step has moved one of its cells since:
    # one look leaves it nothing more to say, as every bound of it is then met by values that add up.
    moved_at, seen_at, visit = np.zeros(len(low), dtype=np.int32), [-1] * len(steps), 0
    for _ in range(rounds):
        before = visit
        for k in order:
            visit += 1
            live = _holding(moved_at > seen_at[k], steps[k]) & ~found[k]
            if live.any():
                found[k][live], moved = _narrow(low, high, steps[k].only(live))
                moved_at[moved] = visit
            seen_at[k] = visit
        if not (moved_at > before).any():
            break
    return found


def _narrow(low: np.ndarray, high: np.ndarray, sums: Sums) -> tuple[np.ndarray, np.ndarray]:
    """Intersects each sum's intervals with what the others of the sum allow.

    Returns:
        A mask of the sums that would empty an interval, which are let be, and the cells that were narrowed.
    """
    part, whole, of_part = sums.part, sums.whole, sums.of_part
    part_low, part_high = low[part], high[part]
    least, most = np.add.reduceat(part_low, sums.start), np.add.reduceat(part_high, sums.start)
    whole_low, whole_high = np.maximum(low[whole], least), np.minimum(high[whole], most)
    new_high = np.minimum(part_high, part_low + (whole_high - least)[of_part])
    new_low = np.maximum(part_low, part_high + (whole_low - most)[of_part])
    wrong, empty = whole_low > whole_high, new_low > new_high
    if empty.any():
        wrong |= np.logical_or.reduceat(empty, sums.start)
    part_moved = (new_low > part_low) | (new_high < part_high)
    whole_moved = (whole_low > low[whole]) | (whole_high < high[whole])
    if wrong.any():
        part_moved &= ~wrong[of_part]
        whole_moved &= ~wrong
    moved = []
    for cells, some, at_least, at_most in (
        (part, part_moved, new_low, new_high),
        (whole, whole_moved, whole_low, whole_high),
    ):
        cells = cells[some]
        low[cells], high[cells] = at_least[some], at_most[some]
        moved.append(cells)
    return wrong, np.concatenate(moved)
