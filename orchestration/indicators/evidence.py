"""Which published figures and sums are evidence: only what agrees with itself can bound what is withheld.

Belongs here: holding sums against figures that are published in full, and against counts that are never withheld.
Does not: what a publisher rounds and how (`qcew`), what follows for withheld cells (`bounds`).

In figures that a statistics office added up itself, every sum that can be checked holds. Where more than a few of a
region's do not (its figures were reconstructed or taken from another vintage; a delineation of another year makes a
metropolitan area of other counties), the others, which cannot be checked, deserve no more trust.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from orchestration.indicators.bounds import contradicted
from orchestration.indicators.sums import Sums

# Of a table's sums that can be checked, the share that may fail before none of them is heeded.
TOLERATED = 0.01


class Failing(NamedTuple):
    """Masks of a step's sums: those that fail by their counts, those that fail by values, and whose values can tell."""

    by_count: np.ndarray
    by_value: np.ndarray
    testable: np.ndarray


@dataclass(frozen=True)
class Figures:
    """A table's cells: bounds of each value; a count that is never withheld, and how far rounding may have moved it;
    whether the value is printed; and the published table (a region's) it is in, by number."""

    low: np.ndarray
    high: np.ndarray
    count: np.ndarray
    count_error: np.ndarray
    is_printed: np.ndarray
    table: np.ndarray

    def failing(self, sums: Sums) -> Failing:
        """Which sums do not hold: by their counts, which every sum has; by values, where all are printed.

        Example:
            >>> jobs = np.array([9.0, 4.0, 4.0])
            >>> count, error, table = np.array([3, 1, 2]), np.full(3, 0.5), np.zeros(3, int)
            >>> figures = Figures(jobs, jobs, count, error, np.full(3, True), table)
            >>> [bad.tolist() for bad in figures.failing(Sums(np.array([1, 2]), np.array([0]), np.array([0])))]
            [[False], [True], [True]]
        """
        gap = np.abs(sums.added(self.count) - self.count[sums.whole])
        rounding = sums.added(self.count_error) + self.count_error[sums.whole]
        testable = self.is_printed[sums.whole] & (sums.added(self.is_printed) == sums.sizes)
        wrong = np.zeros_like(testable)
        wrong[testable] = contradicted(self.low, self.high, sums.only(testable))
        return Failing(gap > rounding, wrong, testable)

    def doubtful(self, steps: Sequence[Sums], failing: Sequence[Failing]) -> np.ndarray:
        """Mask by table number: of the sums with a whole in the table, too many fail. `failing` says which, by step."""
        tables = int(self.table.max(initial=-1)) + 1
        tally = np.zeros((4, tables))
        for step, (missing, wrong, testable) in zip(steps, failing, strict=True):
            of = self.table[step.whole]
            for row, mask in enumerate((missing, np.ones_like(missing), wrong, testable)):
                tally[row] += np.bincount(of, weights=mask, minlength=tables)
        missing, sums, wrong, tested = tally
        return (missing > TOLERATED * sums) | (wrong > TOLERATED * tested)
