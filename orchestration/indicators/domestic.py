"""Where a dollar of final demand ends: as income at home, abroad, or with whoever sells scrap and used goods.

Belongs here: what of a Use table is made at home, by whom, and multipliers of that. Does not: linkages of flows that
hold imports (`input_output`), or which rows and columns of a publisher's table are industries.

With U what industries (columns) buy of commodities (rows), M the part of it that is imported, V what industries (rows)
make of commodities (columns), x the industries' output and v, m, s what a unit of output takes of value added, imports
and scrap:

* Home-made purchases: U - M. U is taken after redefinitions and M before them, where BEA offers no other: a secondary
  product's inputs then stand in another industry's column, and M may pass U. Such a cell is all imported, and the rest
  of its row is scaled, so that each commodity's purchases from home are the two tables' totals less each other.
* Industry technology: who makes a commodity sells it in proportion to what he makes of it, D = V / column sums of V,
  and an industry's inputs are the same whichever of its products it makes. An industry's purchases from another, made
  at home, per unit of its output: A = D (U - M) / x.
* With L = (I - A)^-1: output multiplier, column sums of L; value added v L; import leakage m L; scrap leakage s L. What
  is imported by suppliers of suppliers is in them; what final demand itself imports is not, for it calls for no output.

Purchases of an industry add up with its value added to its output, so v L + m L + s L = 1, but for rounding. With flows
that hold imports v L is 1 but for s whatever the industry, for then all imports are taken to be made at home.

Commodities that no industry makes (columns of V that are zero: scrap, used goods) come from stocks, for the most part
of households and closed plants: nobody's production answers to them, so what is spent on them leaves the round. Sales
from stocks, which stand as purchases below zero, count against it. BEA leaves scrap out of its requirements too, and
besides scales each industry by what it sells of scrap itself (its W). That is left out here, so that nothing is counted
twice; in 2017 it moves no value-added multiplier by more than 0.004.

Sources: Horowitz & Planting 2009, Concepts and Methods of the U.S. Input-Output Accounts, chapter 12; Miller & Blair
2009, Input-Output Analysis, chapters 4 and 5; Eurostat 2008, Manual of Supply, Use and Input-Output Tables, chapter 15.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.indicators.input_output import inverse, multipliers, purchase_shares


@dataclass(frozen=True)
class Domestic:
    """One value an industry per unit of final demand for it; NaN where it has no output or imports are not known."""

    backward_domestic: np.ndarray
    """Output of all industries at home."""
    value_added_multiplier: np.ndarray
    import_leakage: np.ndarray
    scrap_leakage: np.ndarray


def home_made(use: np.ndarray, imports: np.ndarray) -> np.ndarray:
    """U - M: what industries buy of each commodity (row) from home; never below zero, nor above what they buy.

    Each row adds up to its purchases less its imports, though some cells' imports may pass what is bought. A sale from
    stocks (below zero) is no purchase.

    Example:
        >>> home_made(np.array([[60.0, 40]]), np.array([[10.0, 50]])).tolist()
        [[40.0, 0.0]]
    """
    left = np.maximum(use - imports, 0)
    bought, abroad, rest = (table.sum(axis=1, keepdims=True) for table in (np.maximum(use, 0), imports, left))
    return left * np.maximum(bought - abroad, 0) / np.where(rest > 0, rest, 1)


def market_shares(make: np.ndarray) -> np.ndarray:
    """D: what part of each commodity (column) each industry makes; zeros where nobody makes any.

    Example:
        >>> market_shares(np.array([[30.0, 0, 0], [10, 5, 0]])).tolist()
        [[0.75, 0.0, 0.0], [0.25, 1.0, 0.0]]
    """
    made = make.sum(axis=0)
    return make / np.where(made > 0, made, np.inf)


def domestic(
    use: np.ndarray, imports: np.ndarray, make: np.ndarray, output: np.ndarray, value_added: np.ndarray
) -> Domestic:
    """Multipliers of what is made at home (see the module's docstring). All in one unit of money.

    Args:
        use: U, commodities by industries.
        imports: M, of the same shape, nothing below zero. If any is not known (NaN), nothing that follows is.
        make: V, industries by commodities; a column of zeros is a commodity that nobody makes.
        output: x, of each industry. One without output (zero or less) buys nothing.
        value_added: of each industry.

    Example:
        >>> use, imports = np.array([[0.0, 50], [20, 0]]), np.array([[0.0, 10], [0, 0]])
        >>> found = domestic(use, imports, np.diag([100.0, 100]), np.full(2, 100.0), np.array([80.0, 50]))
        >>> found.value_added_multiplier.round(4).tolist(), found.import_leakage.round(4).tolist()
        ([0.9783, 0.8913], [0.0217, 0.1087])
    """
    makes = np.where((output > 0) & np.isfinite(imports).all(), 1.0, np.nan)
    home, shares = home_made(use, imports), market_shares(make)
    leontief = inverse(shares @ purchase_shares(home, output))
    abroad = np.maximum(use, 0).sum(axis=0) - home.sum(axis=0)
    scrap = use.sum(axis=0) - abroad - (shares @ home).sum(axis=0)
    ends = (multipliers(leontief, np.nan_to_num(part / (output * makes))) for part in (value_added, abroad, scrap))
    return Domestic(*(values * makes for values in (leontief.sum(axis=0), *ends)))
