"""A period's books closed: totals of every area and node, and what of them is withheld.

Belongs here: from cells to publishable figures. Does not: quotients and changes as printed, or file layouts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.sample.accounts import ALL_OWNERS, GOVERNMENT, Accounts
from orchestration.sample.economy import Economy
from orchestration.sample.industries import sector_of
from orchestration.sample.suppress import complementary, known_anyway, primary

FEDERAL = "1"
_SEASON = {"11": 0.25, "23": 0.08, "44-45": -0.03, "61": -0.08, "71": 0.15, "72": 0.06}
_USUAL_SEASON = 0.01
_EVEN, _FRONT_LOADED = (0.245, 0.245, 0.245), (0.45, 0.25, 0.18)


@dataclass(frozen=True)
class Figures:
    """Totals [measure, area, node] of one period and which [area, node] are withheld.

    Measures of a year: establishments, employment, wages, taxable wages, contributions. Of a quarter:
    establishments, employment of three months, wages, taxable wages, contributions. `rows` says which
    [area, node] have a row.
    """

    totals: np.ndarray
    withheld: np.ndarray
    rows: np.ndarray


def annual_figures(economy: Economy, accounts: Accounts, year: int) -> Figures:
    """The books of a year.

    Example:
        >>> from orchestration.sample.accounts import open_accounts
        >>> from orchestration.sample.economy import simulate
        >>> economy = simulate(1)
        >>> annual_figures(economy, open_accounts(economy)[2019], 2019).totals.shape[0]
        5
    """
    y = economy.years.index(year)
    cells = (
        economy.establishments,
        economy.employment,
        economy.wages,
        economy.taxable,
        economy.contributions,
    )
    totals = np.stack([accounts.sums(c[y]) for c in cells])
    rows = accounts.offered & (totals[0] > 0)
    relation, cell, is_sum = (member[rows.ravel()[accounts.relations[1]]] for member in accounts.relations)
    open_cells = known_anyway(always_published(accounts).ravel(), relation, cell)
    few = primary(totals[0], totals[1], accounts.maxima(economy.largest[y])) & rows
    first = few.ravel() & ~open_cells
    withheld = complementary(first, relation, cell, is_sum, totals[1].ravel(), open_cells)
    return Figures(totals, withheld.reshape(rows.shape), rows)


def restated(figures: Figures, before: Accounts, now: Accounts) -> Figures:
    """A year's figures in the accounts of the next: what there was not then, with the same parts, is without figures.

    BLS shows no change over the year where boundaries or the classification have changed.
    """
    if before is now:
        return figures
    areas = {key: i for i, key in enumerate(before.area_keys())}
    nodes = {key: i for i, key in enumerate(before.node_keys())}
    rows = np.array([areas.get(key, -1) for key in now.area_keys()])
    columns = np.array([nodes.get(key, -1) for key in now.node_keys()])
    known = (rows >= 0)[:, None] & (columns >= 0)[None, :]
    cells = np.ix_(rows, columns)
    totals = np.where(known, figures.totals[:, rows][:, :, columns], 0)
    return Figures(totals, known & figures.withheld[cells], known & figures.rows[cells])


def always_published(accounts: Accounts) -> np.ndarray:
    """[area, node] never withheld: all owners, federal rows, owners' totals of states and nation."""
    own = np.array([n.own for n in accounts.nodes])
    level = np.array([n.level for n in accounts.nodes])
    wide = np.array([a.kind in ("nation", "state") for a in accounts.areas])
    return np.isin(own, (ALL_OWNERS, FEDERAL, GOVERNMENT))[None, :] | (wide[:, None] & (level <= 1)[None, :])


def quarterly_figures(economy: Economy, accounts: Accounts, year: int, annual: Figures) -> list[Figures]:
    """The books of a year's four quarters: what is withheld in the year is withheld in each.

    Means over quarters and months, and sums of money, give back the year's figures (see `late_openings` for
    the few establishments that do not).
    """
    y = economy.years.index(year)
    late = late_openings(economy, year)
    count = _establishments_by_quarter(economy.establishments[y], late)
    jobs = _jobs_by_month(economy.employment[y], economy, late)
    money = [
        _money_by_quarter(economy.wages[y], _EVEN, late),
        _money_by_quarter(economy.taxable[y], _FRONT_LOADED, late),
        _money_by_quarter(economy.contributions[y], _FRONT_LOADED, late),
    ]
    quarters = []
    for q in range(4):
        cells = [count[q], *jobs[3 * q : 3 * q + 3], *(m[q] for m in money)]
        totals = np.stack([accounts.sums(c) for c in cells])
        quarters.append(Figures(totals, annual.withheld & (totals[0] > 0), annual.rows))
    return quarters


def late_openings(economy: Economy, year: int) -> np.ndarray:
    """Cells [place, industry] that open in April, three at most: their first quarter is a `-` in QCEW.

    They are federal, never withheld, so that their known first quarter gives nothing away. An establishment
    of three quarters is 0.75 on the year's mean: three of them stay within 1 of the year's books. Their jobs
    are divisible by 3, hence exact.
    """
    y = economy.years.index(year)
    federal = np.array([i.own == FEDERAL for i in economy.industries])
    fits = (economy.establishments[y] == 1) & (economy.employment[y] % 3 == 0) & federal
    places = np.argwhere(fits & (economy.establishments[y - 1] == 0))[:3]
    chosen = np.zeros(fits.shape, dtype=bool)
    chosen[tuple(places.T)] = True
    return chosen


def _establishments_by_quarter(count: np.ndarray, late: np.ndarray) -> np.ndarray:
    change = np.rint(0.012 * count).astype(np.int64)
    quarters = np.stack([count - change, count, count + change, count])
    quarters[0][late] = 0
    return quarters


def _jobs_by_month(jobs: np.ndarray, economy: Economy, late: np.ndarray) -> np.ndarray:
    """Twelve months whose mean is the year's figure: a half year's swings are the other half's, reversed."""
    season = np.array([_SEASON.get(sector_of(i.code), _USUAL_SEASON) for i in economy.industries])
    swings = [np.rint(jobs * season * np.cos(np.pi * (m - 7) / 6)).astype(np.int64) for m in range(1, 7)]
    months = np.stack([jobs + s for s in swings] + [jobs - s for s in swings])
    months[:3, late] = 0
    months[3:, late] = jobs[late] // 3 * 4
    return months


def _money_by_quarter(year: np.ndarray, shares: tuple[float, float, float], late: np.ndarray) -> np.ndarray:
    early = [np.floor(year * share).astype(np.int64) for share in shares]
    early[0][late] = 0
    return np.stack([*early, year - sum(early)])
