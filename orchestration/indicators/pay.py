"""Wages of the cells of one year: what is certain of those that are withheld, and what is likely.

Belongs here: wages from sums and from an industry's pay. Does not: jobs (`qcew`), how far estimates err (the seed
`pay_errors`), reading or writing tables.

Wages are printed to the unit and add up exactly along the same sums as jobs, so what is printed bounds the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from orchestration.indicators.bounds import UNBOUNDED, tighten
from orchestration.indicators.estimate import mean_sizes, raked
from orchestration.indicators.sums import Sums

# A withheld cell's average pay is taken to be within this factor of its industry's mean, as that of published cells is
# but for one in a hundred, unless sums say that it is not.
PAY_FACTOR = 4.0
# Fewer than of jobs: bounds leave little to move.
PAY_ROUNDS = 8


class Wages(NamedTuple):
    """Least, most and likely wages of each cell, and those that its jobs would earn at its industry's mean pay.

    In currency a year; the most is infinite where nothing bounds it. For every step of sums a mask of those that
    printed wages contradict.
    """

    lower: np.ndarray
    upper: np.ndarray
    likely: np.ndarray
    usual: np.ndarray
    left_out: list[np.ndarray]


def wages_of_cells(
    wages: np.ndarray,
    is_trusted: np.ndarray,
    months: np.ndarray,
    place: np.ndarray,
    parent: np.ndarray,
    steps: Sequence[Sums],
) -> Wages:
    """Wages of cells within what sums leave them, likely ones as near to job-months times the industry's mean pay.

    Args:
        wages: one entry per cell, in currency a year; NaN where nothing is printed.
        is_trusted: mask of the cells whose printed figures are evidence.
        months: likely job-months of each cell.
        place, parent: of each cell the kind whose mean pay stands in for it, and of each kind the one above it.
        steps: sums along which true wages add up. One that printed wages contradict is not heeded.

    Source: Isserman & Westervelt 2006 (see `bounds`), of wages instead of jobs.

    Example:
        >>> printed, yes = np.array([900.0, 500.0, np.nan]), np.full(3, True)
        >>> sums = Sums(np.array([1, 2]), np.array([0]), np.array([0]))
        >>> kinds = np.zeros(3, dtype=int), np.array([-1])
        >>> found = wages_of_cells(printed, yes, np.array([108, 60, 48]), *kinds, [sums])
        >>> [values.tolist()[2] for values in found[:4]]
        [400.0, 400.0, 400.0, 400.0]
    """
    is_known = is_trusted & ~np.isnan(wages)
    known = np.where(is_known, wages, 0.0)
    most = np.where(is_known, wages, UNBOUNDED)
    certain = tighten(known, most, steps)
    kept = [step.only(~out) for step, out in zip(steps, certain.left_out, strict=True)]
    mean = mean_sizes(known, most, months, place, parent, rounding=0.0)[place]
    overall = known.sum() / max(1.0, months[is_known].sum())
    guess = np.where(is_known, wages, months * np.where(np.isnan(mean), overall, mean))
    low, high = (np.clip(guess * by, certain.lower, certain.upper) for by in (1 / PAY_FACTOR, PAY_FACTOR))
    # No sum takes an unbounded cell below half of what stands for it.
    upper = np.where(certain.upper < UNBOUNDED / 2, certain.upper, np.where(is_known, wages, np.inf))
    return Wages(certain.lower, upper, raked(guess, low, high, kept, PAY_ROUNDS), guess, certain.left_out)
