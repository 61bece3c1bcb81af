"""Plain guesses at withheld cells, which estimates must beat, and how far any guess is off.

Belongs here: baselines and errors, on arrays. Does not: which cells are hidden (`hiding`), what is asserted.
"""

from __future__ import annotations

import numpy as np

from orchestration.indicators.sums import Sums


def equal_split(jobs: np.ndarray, steps: list[Sums]) -> np.ndarray:
    """Withheld parts (NaN) share alike what their total leaves, from the top down; NaN where no total is known.

    Example:
        >>> equal_split(np.array([9.0, 3.0, np.nan, np.nan]), [Sums(np.arange(1, 4), np.array([0]), np.array([0]))])
        array([9., 3., 3., 3.])
    """
    values = jobs.copy()
    for step in reversed(steps):
        parts, total = values[step.part], values[step.whole]
        missing = np.isnan(parts)
        left = np.maximum(total - np.add.reduceat(np.where(missing, 0, parts), step.start), 0)
        share = left / np.maximum(np.add.reduceat(missing.astype(float), step.start), 1)
        values[step.part] = np.where(missing, share[step.of_part], parts)
    return values


def mean_size(jobs: np.ndarray, establishments: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Establishments times the mean size of all known establishments of their kind; NaN where none is known.

    Example:
        >>> mean_size(np.array([8.0, np.nan]), np.array([4.0, 3.0]), np.array([0, 0]))
        array([8., 6.])
    """
    known = ~np.isnan(jobs)
    held, over = (np.bincount(kind[known], weights=w[known], minlength=kind.max() + 1) for w in (jobs, establishments))
    return establishments * np.divide(held, over, out=np.full(len(held), np.nan), where=over > 0)[kind]


def errors(estimated: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Median of |estimate - true| / true in per cent, where any are true; mean error in jobs; its share of all jobs."""
    off = np.abs(estimated - true)
    return {
        "median_percentage": float(np.median(off[true > 0] / true[true > 0]) * 100),
        "mean_absolute": float(off.mean()),
        "weighted_percentage": float(off.sum() / true.sum() * 100),
    }
