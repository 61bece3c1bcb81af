"""Which published cells a test hides, to see what bounds and estimates make of the rest.

Belongs here: rules of hiding, on arrays. Does not: reading publishers' files, bounds, or what is asserted about them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orchestration.indicators.bounds import UNBOUNDED
from orchestration.indicators.sums import Sums
from orchestration.sample.suppress import FEWEST_ESTABLISHMENTS, complementary


def at_random(published: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Hides each published cell with the same probability, whatever its neighbours are.

    Args:
        published: mask of the cells that may be hidden.
        share: how many of them, 0..1.
        seed: same seed, same cells. With a smaller share a subset of them.

    Returns:
        Mask of the cells hidden, all of them published.

    Example:
        >>> at_random(np.array([True, True, False]), 1.0, seed=1).tolist()
        [True, True, False]
    """
    return published & (np.random.default_rng(seed).random(len(published)) < share)


def by_rule(
    published: np.ndarray,
    establishments: np.ndarray,
    employment: np.ndarray,
    steps: Sequence[Sums],
    fewest: int = FEWEST_ESTABLISHMENTS,
) -> np.ndarray:
    """Hides as a publisher does: cells of few establishments, and more of them until none can be had by subtraction.

    Args:
        published: mask of the cells that may be hidden; all others are taken as withheld already.
        establishments, employment: by cell. Employment that is not published is not looked at.
        steps: the sums a reader can subtract in. Leave out those whose total the publisher never printed.
        fewest: a cell is hidden for its own sake if it has establishments, but fewer than these. The publishers' own
            rule has often been applied already; a larger number hides more of what is left.

    Returns:
        Mask of the cells hidden, all of them published. With it, no sum has exactly one withheld member (its total
        counted): where one had, its smallest other part with establishments went too, the total only if it has no
        other part. The publisher's other rule, that no establishment may have most of a cell's jobs, is left out:
        sizes of single establishments are not published.

    Example:
        >>> sums = Sums(np.array([1, 2, 3]), np.array([0]), np.array([0]))
        >>> by_rule(np.ones(4, bool), np.array([9, 2, 3, 4]), np.array([90, 30, 20, 40]), [sums]).tolist()
        [False, True, True, False]
    """
    withheld = ~published | ((establishments > 0) & (establishments < fewest))
    relation, cell, is_sum = _members(steps)
    size = np.where(establishments > 0, employment, np.inf)
    return complementary(withheld, relation, cell, is_sum, size, np.zeros(len(published), dtype=bool)) & published


def without(lower: np.ndarray, upper: np.ndarray, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The intervals of cells, with nothing known any more about those hidden.

    Example:
        >>> without(np.array([7.0, 9.0]), np.array([7.0, 9.0]), np.array([False, True]))[1].tolist() == [7, UNBOUNDED]
        True
    """
    return np.where(hidden, 0.0, lower), np.where(hidden, UNBOUNDED, upper)


def _members(steps: Sequence[Sums]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The members of all sums, each with the number of its sum, and whether it is the total."""
    relation, cell, is_sum, first = [], [], [], 0
    for step in steps:
        relation += [first + np.arange(len(step)), first + step.of_part]
        cell += [step.whole, step.part]
        is_sum += [np.ones(len(step), dtype=bool), np.zeros(len(step.part), dtype=bool)]
        first += len(step)
    return np.concatenate(relation), np.concatenate(cell), np.concatenate(is_sum)
