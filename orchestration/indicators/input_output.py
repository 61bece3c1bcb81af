"""How industries hang together by what they buy and sell: linkages of an input-output table.

Belongs here: coefficients, inverses and what is read off them, for one square table of industries. Does not: which
rows and columns of a publisher's table are industries; links of pairs, which are plain ratios (`industry_linkage`);
what of the flows is made at home and where a dollar of it ends (`domestic`).

With Z the flows (row sells, column buys), x the industries' output and q what there is of each row in all, final uses
included: A = Z/x (column by column) is what a unit of output takes, B = Z/q (row by row) where a unit goes.

* Backward linkage: column sums of Leontief's inverse (I - A)^-1, the output in all industries that a unit of final
  demand for one calls for. Forward linkage: row sums of Ghosh's inverse (I - B)^-1.
* Rasmussen's indices are linkages over their mean: the power of dispersion from the backward ones; the forward one here
  from Ghosh's row sums. His own sensitivity of dispersion, from row sums of Leontief's inverse, stands beside it.
* A key sector has both indices above 1.

Flows hold imports, as if all that is bought were made at home. Rows that are no industry (imports without a domestic
counterpart, scrap) and what no industry makes are not part of Z: what is spent on them leaves the round like value
added does.

Degenerate tables. An industry without output (zero or less) has no purchase shares, hence no backward linkage; in the
inverse it buys nothing, so that the others keep theirs. The same for rows without a total and the forward linkage. An
industry that buys nothing has a backward linkage of 1. Negative flows (a by-product, subsidies) stay as they are. Where
I - A has no inverse there are no multipliers: NaN throughout.

Sources: Leontief 1936; Ghosh 1958; Rasmussen 1956, Studies in Inter-Sectoral Relations; Eurostat 2008, Manual of
Supply, Use and Input-Output Tables, chapter 15; Miller & Blair 2009, Input-Output Analysis, chapters 2, 6 and 12.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# A matrix whose condition number passes this has no inverse to speak of: a few digits of 16 would be left.
CONDITION = 1e12


def purchase_shares(flows: np.ndarray, output: np.ndarray) -> np.ndarray:
    """A: what each industry (column) buys of each other, per unit of its own output; NaN where that is not above zero.

    Example:
        >>> purchase_shares(np.array([[150.0, 500], [200, 100]]), np.array([1000.0, 2000])).tolist()
        [[0.15, 0.25], [0.2, 0.05]]
    """
    return flows / np.where(output > 0, output, np.nan)


def sale_shares(flows: np.ndarray, total: np.ndarray) -> np.ndarray:
    """B: what each industry (row) sells to each other, per unit of its total; NaN where that is not above zero.

    Example:
        >>> sale_shares(np.array([[150.0, 500], [200, 100]]), np.array([1000.0, 2000])).tolist()
        [[0.15, 0.5], [0.1, 0.05]]
    """
    return purchase_shares(flows.T, total).T


def inverse(shares: np.ndarray) -> np.ndarray:
    """(I - shares)^-1: Leontief's of purchase shares, Ghosh's of sale shares. NaN shares count as none.

    Returns:
        The inverse; NaN throughout where there is none.

    Example:
        >>> inverse(np.array([[0.5, 0.0], [0.25, 0.5]])).tolist()
        [[2.0, 0.0], [1.0, 2.0]]
    """
    matrix = np.eye(len(shares)) - np.nan_to_num(shares)
    none = np.full_like(matrix, np.nan)
    try:
        found = np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return none
    condition = np.prod([np.abs(m).sum(axis=0).max(initial=0) for m in (matrix, found)])
    return found if condition < CONDITION else none


def multipliers(leontief: np.ndarray, per_output: np.ndarray) -> np.ndarray:
    """What a unit of final demand for each industry calls for in all: of value added, of jobs.

    Args:
        leontief: Leontief's inverse.
        per_output: the quantity per unit of each industry's output.

    Example:
        >>> multipliers(np.array([[2.0, 0.0], [1.0, 2.0]]), np.array([0.25, 0.5])).tolist()
        [1.0, 1.0]
    """
    return per_output @ leontief


@dataclass(frozen=True)
class Linkages:
    """One value an industry, NaN where there is none; in output per unit of final demand (or of primary input)."""

    backward: np.ndarray
    forward: np.ndarray
    rasmussen_backward: np.ndarray
    rasmussen_forward: np.ndarray
    rasmussen_sensitivity: np.ndarray
    key_sector: np.ndarray
    """1 or 0."""


def linkages(flows: np.ndarray, output: np.ndarray, total: np.ndarray) -> Linkages:
    """All linkages of an input-output table (see the module's docstring for what they mean and for degenerate tables).

    Args:
        flows: Z, n by n: row sells, column buys, in one unit of money.
        output: x, output of each industry.
        total: q, total of each row with its final uses. Where flows hold imports, it must hold them too: taken off as
            a negative final use, they leave a total that what is used may pass.

    Example:
        >>> found = linkages(np.array([[0.0, 50], [25, 0]]), np.full(2, 100.0), np.full(2, 100.0))
        >>> found.backward.round(4).tolist(), found.rasmussen_forward.round(4).tolist(), found.key_sector.tolist()
        ([1.4286, 1.7143], [1.0909, 0.9091], [0.0, 0.0])
    """
    leontief, ghosh = inverse(purchase_shares(flows, output)), inverse(sale_shares(flows, total))
    makes, sells = (np.where(base > 0, 1.0, np.nan) for base in (output, total))
    backward, forward = leontief.sum(axis=0) * makes, ghosh.sum(axis=1) * sells
    power, ahead, sensitivity = (_over_mean(v) for v in (backward, forward, leontief.sum(axis=1) * makes))
    known = np.isfinite(power) & np.isfinite(ahead)
    return Linkages(
        backward,
        forward,
        power,
        ahead,
        sensitivity,
        np.where(known, (power > 1) & (ahead > 1), np.nan),
    )


def _over_mean(values: np.ndarray) -> np.ndarray:
    known = values[np.isfinite(values)]
    return values / (known.mean() if len(known) else np.nan)
