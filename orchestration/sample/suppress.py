"""The publisher's disclosure rule: which cells are withheld, first for their own sake, then to protect those.

Belongs here: the rule on arrays. Does not: industries, areas or files.
"""

from __future__ import annotations

import numpy as np

from orchestration.errors import SetupError

FEWEST_ESTABLISHMENTS = 3
LARGEST_SHARE = 0.8


def primary(establishments: np.ndarray, employment: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """Cells that would tell of a single firm: too few establishments, or one with most of the jobs.

    Example:
        >>> primary(np.array([2, 5, 5]), np.array([40, 40, 40]), np.array([20, 33, 10])).tolist()
        [True, True, False]
    """
    few = establishments < FEWEST_ESTABLISHMENTS
    return (establishments > 0) & (few | (largest > LARGEST_SHARE * employment))


def known_anyway(open_cells: np.ndarray, relation: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """`open_cells` and what equals one of them: a sum's only part, or the sum of an only part.

    Example:
        >>> known_anyway(np.array([True, False]), np.array([0, 0]), np.array([0, 1])).tolist()
        [True, True]
    """
    known = open_cells.copy()
    pairs = np.bincount(relation)[relation] == 2
    relation, cell = relation[pairs], cell[pairs]
    while True:
        shared = np.bincount(relation, weights=known[cell], minlength=1)[relation] == 1
        if not shared.any():
            return known
        known[cell[shared]] = True


def complementary(
    withheld: np.ndarray,
    relation: np.ndarray,
    cell: np.ndarray,
    is_sum: np.ndarray,
    employment: np.ndarray,
    open_cells: np.ndarray,
) -> np.ndarray:
    """Withhold more cells until no relation has exactly one, which subtraction would give away.

    `withheld`, `employment`, `open_cells` are by cell (`open_cells` are always published); `relation`,
    `cell`, `is_sum` list the members of what adds up (see `Accounts.relations`). In a relation with one
    withheld cell the smallest other part goes too, and the sum only where no part is left.

    Raises:
        SetupError: if a relation has nothing left that may be withheld.

    Example:
        >>> sums = np.array([0, 0, 0]), np.array([0, 1, 2]), np.array([True, False, False])
        >>> withheld, jobs = np.array([False, True, False]), np.array([9, 4, 5])
        >>> complementary(withheld, *sums, jobs, np.zeros(3, bool)).tolist()
        [False, True, True]
    """
    order = np.lexsort((cell, employment[cell], is_sum, relation))
    relation, cell = relation[order], cell[order]
    withheld = withheld.copy()
    while True:
        single = np.bincount(relation, weights=withheld[cell], minlength=relation.max() + 1) == 1
        if not single.any():
            return withheld
        candidate = single[relation] & ~withheld[cell] & ~open_cells[cell]
        served, first = np.unique(relation[candidate], return_index=True)
        if len(served) < single.sum():
            raise SetupError("the sample economy has a withheld cell that nothing can protect: try another seed")
        withheld[cell[candidate][first]] = True
