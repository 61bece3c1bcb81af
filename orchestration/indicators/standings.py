"""Where regions stand among others by a figure that is known within bounds: what ranks, flags and stars rest on.

Belongs here: how many others lie above and below, surely and possibly. Does not: which regions are compared, what
follows from the counts (`dbt_project/macros/specialisation.sql`).

With the region at its least count `surely_below` and `surely_not_above`, `possibly_above` and `possibly_not_below`;
with the region at its most the opposite. Those count that have employment. Sure are certain others for which the bounds
leave no choice. Possible are all others that can lie there, doubtful ones too (whose employment may be none); the other
doubtful ones can be none of those that count. So `surely_not_above` and `possibly_above` are met in one completion, the
worst there is for the region, and likewise each other pair.

Source: Delgado, Porter & Stern 2014, Clusters, convergence, and economic performance, Research Policy 43(10).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np

COUNTS = (
    "surely_below",
    "surely_not_above",
    "possibly_above",
    "possibly_not_below",
    "possibly_below",
    "possibly_not_above",
    "surely_above",
    "surely_not_below",
)


def standings(
    group: np.ndarray, lower: np.ndarray, upper: np.ndarray, is_certain: np.ndarray, is_possible: np.ndarray
) -> np.ndarray:
    """Where each region stands among the others of its group.

    Args:
        group: a whole number for each region, the same for those compared with each other; in any order.
        lower, upper: the figure's bounds, one a region, in any unit; infinite where there is none.
        is_certain, is_possible: masks of the regions that count, and of those that may.

    Returns:
        Numbers of other regions, one row for each of `COUNTS`, one column a region.

    Example:
        >>> every, least, most = np.full(3, True), np.array([1.0, 5.0, 0.0]), np.array([1.0, 5.0, 9.0])
        >>> found = standings(np.zeros(3, dtype=int), least, most, every, every)
        >>> found[COUNTS.index("surely_above")].tolist(), found[COUNTS.index("possibly_above")].tolist()
        ([1, 0, 0], [2, 1, 2])
    """
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    found = np.empty((len(COUNTS), len(group)), dtype=np.int32)
    counted = np.stack([is_certain, is_possible]).astype(np.int32)
    for start, end in pairwise([*starts.tolist(), len(group)]):
        rows = order[start:end]
        found[:, rows] = _standing(lower[rows], upper[rows], counted[:, rows])
    return found


def _standing(lower: np.ndarray, upper: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """The same within one group; `counted` has a row of 0 and 1 for certain regions and one for possible ones."""
    certain_before_least, possible_before_least = _numbers(upper, counted, lower, "left")
    certain_upto_least, possible_upto_least = _numbers(upper, counted, lower, "right")
    certain_before_most, possible_before_most = _numbers(lower, counted, upper, "left")
    certain_upto_most, possible_upto_most = _numbers(lower, counted, upper, "right")
    certain, possible = counted.sum(axis=1)
    # The region itself is taken out wherever it was counted.
    known = lower == upper
    itself, beside_itself = counted[0] * known, counted[1] * ~known
    return np.stack(
        [
            certain_before_least,
            certain_upto_least - itself,
            possible - possible_upto_least - beside_itself,
            possible - possible_before_least - counted[1],
            possible_before_most - beside_itself,
            possible_upto_most - counted[1],
            certain - certain_upto_most,
            certain - certain_before_most - itself,
        ]
    )


def _numbers(ends: np.ndarray, counted: np.ndarray, places: np.ndarray, side: Literal["left", "right"]) -> np.ndarray:
    """How many of those counted end before each place (left), or before it or at it (right)."""
    order = np.argsort(ends)
    upto = np.zeros((len(counted), len(ends) + 1), dtype=np.int32)
    np.cumsum(counted[:, order], axis=1, out=upto[:, 1:])
    found: np.ndarray = upto[:, np.searchsorted(ends[order], places, side)]
    return found
