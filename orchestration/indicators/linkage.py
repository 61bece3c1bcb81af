"""How near groups of industries are: correlation and coagglomeration over regions, means over pairs, their summary.

Belongs here: measures of pairs of industries, and of pairs of groups (clusters) as means over pairs of their
industries. Does not: which industries and regions there are, input-output coefficients, relatedness by co-occurrence.

A pair of groups (a, b) has the mean over all pairs of an industry i of a and an industry j of b, i <> j, so the
diagonal is how near the industries of one group are to each other. Pairs of industries without a value are left out;
how many had one is told beside it.

Correlation where some cells are unknown. Only regions in which both industries are known are compared. What is withheld
is so because few plants stand there, so the regions left are not a random choice: zeros and large figures are known,
what lies between is not, and the correlation comes out too high as a rule. Its share of known regions goes with it.
Sums of whole numbers below 2^53 are exact, in whatever order they are taken, hence the raw sums.

Coagglomeration of shares that are known within boxes: with s - x in [m - d, m + d], the product of two regions' terms
lies within |m_i| d_j + |m_j| d_i + d_i d_j of m_i m_j, and so do their sums. It is exact where nothing is withheld.

Sources: Porter 2003, The economic performance of regions, Regional Studies 37 (locational correlation); Delgado,
Porter & Stern 2016, Defining clusters of related industries, Journal of Economic Geography 16(1); Ellison, Glaeser &
Kerr 2010, What causes industry agglomeration?, American Economic Review 100(3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# A variance below this share of the mean square is that of a constant.
CONSTANT = 1e-12
# The share of pairs of clusters that are called related: the top tenth.
RELATED = 0.9


def known_correlations(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pearson correlation of every two columns over the rows in which both are known.

    Args:
        values: rows (regions, occupations) by columns (industries); NaN where not known.

    Returns:
        The correlations, NaN where one of the two does not vary over those rows (as in a single region), and the share
        of rows in which both are known.

    Example:
        >>> values = np.array([[1.0, 2, 5], [2, 4, 0], [3, 6, np.nan]])
        >>> correlation, share = known_correlations(values)
        >>> correlation.round(3).tolist(), share[0].round(3).tolist()
        ([[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]], [1.0, 1.0, 0.667])
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    # Where all is known, one column says for every other what is known too.
    present = np.ones((len(values), 1)) if known.all() else known.astype(float)
    rows = present.T @ present
    total, squares = filled.T @ present, (filled * filled).T @ present
    # n^2 times covariance and variances; `total[i, j]` is the sum of i where j is known too.
    together = rows * (filled.T @ filled) - total * total.T
    spread = rows * squares - total**2
    spread[spread <= CONSTANT * rows * squares] = np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        found = together / np.sqrt(spread * spread.T)
        return np.clip(found, -1, 1), np.broadcast_to(rows / len(values), found.shape)


def coagglomeration(lower: np.ndarray, upper: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ellison, Glaeser & Kerr's sum of (s_i - x)(s_j - x) over regions, over 1 - sum of x^2, of every two industries.

    Args:
        lower, upper: regions by industries: each industry's share in the region, within bounds; NaN in a column without
            jobs. Over all regions, so that the shares of a column add up to 1.
        weight: x, the regions' shares of all jobs.

    Returns:
        Least and greatest possible value; NaN for industries without jobs and where one region has all jobs.

    Example:
        >>> shares = np.array([[0.8, 0.6], [0.2, 0.4]])
        >>> coagglomeration(shares, shares, np.array([0.5, 0.5]))[0].round(4).tolist()
        [[0.36, 0.12], [0.12, 0.04]]
    """
    middle, half = (lower + upper) / 2 - weight[:, None], (upper - lower) / 2
    apart = 1 - (weight**2).sum()
    scale = apart if apart > CONSTANT else np.nan
    reach = np.abs(middle)
    centre, margin = middle.T @ middle, 0.0
    if half.any():
        # Rounding may leave a difference of equals below zero.
        margin = np.maximum((reach + half).T @ (reach + half) - reach.T @ reach, 0.0)
    return (centre - margin) / scale, (centre + margin) / scale


def link_of_pairs(link: np.ndarray, bridge: np.ndarray) -> np.ndarray:
    """Links of industries by those of the accounts' industries they belong to.

    Args:
        link: of every two industries of the accounts, NaN where there is none.
        bridge: industries by those of the accounts: shares that add up to 1, or to 0 where an industry is in none.

    Returns:
        Mean links by those shares; NaN for an industry in none.

    Example:
        >>> link = np.array([[0.1, 0.3], [0.3, 0.2]])
        >>> link_of_pairs(link, np.array([[1.0, 0], [0.5, 0.5], [0, 0]]))[0].round(3).tolist()
        [0.1, 0.2, nan]
    """
    known = ~np.isnan(link)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (bridge @ np.where(known, link, 0.0) @ bridge.T) / (bridge @ known @ bridge.T)


def means_of_groups(pairs: np.ndarray, membership: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean over pairs of industries, one in each of two groups, and the share of those pairs that have a value.

    Args:
        pairs: industries by industries; NaN where there is no value. An industry and itself is no pair.
        membership: industries by groups: the share of the industry that belongs to the group.

    Returns:
        Means and shares, groups by groups; NaN where there is no pair with a value, or none at all.

    Example:
        >>> pairs = np.array([[1.0, 0.4, 0.1], [0.4, 1.0, 0.3], [0.1, 0.3, 1.0]])
        >>> means_of_groups(pairs, np.array([[1.0, 0], [1, 0], [0, 1]]))[0].round(2).tolist()
        [[0.4, 0.2], [0.2, nan]]
    """
    # Neither an industry of one group nor one divided between two is paired with itself.
    others = 1 - np.eye(len(pairs))
    known = np.where(np.isnan(pairs), 0.0, others)
    count, every = _added(known, membership), _added(others, membership)
    with np.errstate(invalid="ignore", divide="ignore"):
        means, shares = _added(np.where(known > 0, pairs, 0.0), membership) / count, count / every
    # Added up in another order, (a, b) and (b, a) may differ in their last digit.
    return (means + means.T) / 2, (shares + shares.T) / 2


def _added(values: np.ndarray, membership: np.ndarray) -> np.ndarray:
    """Values of pairs, added up by group: membership.T @ values @ membership, but always in the same order."""
    group, industry = np.nonzero(membership.T)
    weight = membership[industry, group][:, None]
    for _ in range(2):
        total = np.zeros((membership.shape[1], values.shape[1]))
        np.add.at(total, group, values[industry] * weight)
        values = total.T
    return values


@dataclass(frozen=True)
class Score:
    """One measure of nearness: of pairs of industries, and the same of pairs of groups (NaN where not known)."""

    pairs: np.ndarray
    groups: np.ndarray

    def standardised(self) -> np.ndarray:
        """Of groups, less the mean of all pairs of industries, over their standard deviation; NaN if they are alike."""
        values = self.pairs[~(np.isnan(self.pairs) | np.eye(len(self.pairs), dtype=bool))]
        if not len(values):
            return np.full_like(self.groups, np.nan)
        spread = values.std()
        return (self.groups - values.mean()) / (spread if spread > CONSTANT else np.nan)


def combined(location: Sequence[Score], others: Sequence[Score]) -> np.ndarray:
    """The mean of the standardised scores: that of location, and each of the others.

    Location's own score is the mean of those of its measures that are known for the pair, so that a pair whose jobs
    are withheld is judged by its establishments. NaN where location or one of the others is not known.

    Example:
        >>> pairs = np.array([[1.0, 0.2, 0.4], [0.2, 1.0, 0.6], [0.4, 0.6, 1.0]])
        >>> combined([Score(pairs, pairs)], [Score(pairs, pairs)]).round(3)[0].tolist()
        [3.674, -1.225, 0.0]
    """
    scores = np.array([score.standardised() for score in location])
    known = ~np.isnan(scores)
    with np.errstate(invalid="ignore"):
        place = np.where(known, scores, 0.0).sum(axis=0) / known.sum(axis=0)
    return np.mean([place, *(score.standardised() for score in others)], axis=0)


def related(score: np.ndarray) -> np.ndarray:
    """The top tenth of the pairs of two groups: 1 or 0, NaN where the score is not known; 0 for a group and itself.

    Example:
        >>> related(np.array([[9.0, 0.1, 0.3], [0.1, 9.0, 0.2], [0.3, 0.2, np.nan]])).tolist()
        [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, nan]]
    """
    itself = np.eye(len(score), dtype=bool)
    values = score[~(itself | np.isnan(score))]
    if not len(values):
        return np.full_like(score, np.nan)
    return np.where(np.isnan(score), np.nan, (score >= np.quantile(values, RELATED)) & ~itself)
