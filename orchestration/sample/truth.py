"""The truth about a sample: what was planted where, and the quotients that came out of it.

Belongs here: the document `truth.json`. Does not: any file in a publisher's layout.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from orchestration.sample.economy import Economy
from orchestration.sample.geography import COUNTRY
from orchestration.sample.planting import FIRST_YEAR, LAST_YEAR, decoys


def truth(economy: Economy, seed: int) -> dict[str, Any]:
    """What a test or a reader may compare findings with.

    Quotients are true ones (nothing withheld), of the listed industries together, over all industries and
    owners.

    Example:
        >>> from orchestration.sample.economy import simulate
        >>> sorted(truth(simulate(1), 1))
        ['country', 'decoys', 'planted', 'seed']
    """
    planted = [
        {
            "cbsa": p.cbsa,
            "counties": list(p.counties),
            "cluster_id": p.cluster_id,
            "industries": list(p.industries),
            "first_year": p.first_year,
            "last_year": p.last_year,
            "strength": p.strength,
            "years": _years(economy, p.counties, p.industries),
        }
        for p in economy.planted
    ]
    avoided = [
        {
            "counties": list(d.counties),
            "cluster_id": d.cluster_id,
            "industries": list(d.industries),
            "reason": d.reason,
            "years": _years(economy, d.counties, d.industries),
        }
        for d in decoys(seed)
    ]
    return {"seed": seed, "country": f"{COUNTRY} (synthetic)", "planted": planted, "decoys": avoided}


def quotient(economy: Economy, counties: tuple[str, ...], industries: tuple[str, ...], year: int) -> float:
    """True location quotient of private industries in some counties.

    Example:
        >>> from orchestration.sample.economy import simulate
        >>> quotient(simulate(1), simulate(1).counties, ("334413",), 2019)
        1.0
    """
    jobs = economy.employment[economy.years.index(year)]
    rows, columns = _cells(economy, counties, industries)
    inside = jobs[np.ix_(rows, columns)].sum() / jobs[rows].sum()
    return float(inside / (jobs[:, columns].sum() / jobs.sum()))


def _cells(economy: Economy, counties: tuple[str, ...], industries: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    wanted = [(i.own == "5" and i.code in industries) for i in economy.industries]
    return np.flatnonzero(np.isin(economy.counties, counties)), np.flatnonzero(wanted)


def _years(economy: Economy, counties: tuple[str, ...], industries: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    found = {}
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        cells = np.ix_(*_cells(economy, counties, industries))
        y = economy.years.index(year)
        found[str(year)] = {
            "employment": int(economy.employment[y][cells].sum()),
            "establishments": int(economy.establishments[y][cells].sum()),
            "location_quotient": round(quotient(economy, counties, industries, year), 3),
        }
    return found
