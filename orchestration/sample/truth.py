"""The truth about a sample: what was planted where, and the quotients that came out of it.

Belongs here: the document `truth.json`. Does not: any file in a publisher's layout.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from orchestration.sample.accounts import NO_METRO_INDUSTRIES
from orchestration.sample.boundaries import (
    DELINEATED_IN,
    REGION_STATE,
    REGIONS_IN,
    RENAMED,
    RENAMED_IN,
    SPLIT,
    SPLIT_IN,
)
from orchestration.sample.economy import Economy
from orchestration.sample.geography import COUNTRY
from orchestration.sample.industries import EDITIONS
from orchestration.sample.planting import FIRST_YEAR, LAST_YEAR, decoys


def truth(economy: Economy, seed: int) -> dict[str, Any]:
    """What a test or a reader may compare findings with.

    Quotients are true ones (nothing withheld), of the listed industries together, over all industries and
    owners.

    Example:
        >>> from orchestration.sample.economy import simulate
        >>> sorted(truth(simulate(1), 1))
        ['changes', 'country', 'decoys', 'planted', 'seed']
    """
    planted = [
        {
            "cbsa": p.cbsa,
            "counties": list(p.counties),
            "cluster_id": p.cluster_id,
            "industries": list(p.industries),
            "industries_naics2022": in_2022(economy, p.industries),
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
            "industries_naics2022": in_2022(economy, d.industries),
            "reason": d.reason,
            "years": _years(economy, d.counties, d.industries),
        }
        for d in decoys(seed)
    ]
    changes = _changes(economy)
    country = f"{COUNTRY} (synthetic)"
    return {"seed": seed, "country": country, "planted": planted, "decoys": avoided, "changes": changes}


def in_2022(economy: Economy, industries: tuple[str, ...]) -> list[str]:
    """Codes that NAICS 2022 has for private industries of NAICS 2017.

    Example:
        >>> from orchestration.sample.economy import simulate
        >>> in_2022(simulate(1), ("511210", "523110", "523120"))
        ['513210', '523150']
    """
    return sorted({i.code_2022 for i in economy.industries if i.own == "5" and i.code in industries})


def _changes(economy: Economy) -> dict[str, Any]:
    """What is different from one year to the next in how things are called and where boundaries are."""
    geography = economy.geography
    state = [[c.code for c in geography.counties(y) if c.state.code == REGION_STATE] for y in (FIRST_YEAR, LAST_YEAR)]
    redrawn, last = geography.redrawn, geography.cbsas(LAST_YEAR)
    return {
        "naics_2022": {"from_year": EDITIONS[2022]},
        "county_renamed": {"from_year": RENAMED_IN, "old": RENAMED[0], "new": RENAMED[1]},
        "county_split": {"from_year": SPLIT_IN, "old": SPLIT[0], "new": list(SPLIT[1])},
        "planning_regions": {"from_year": REGIONS_IN, "state": REGION_STATE, "old": state[0], "new": state[1]},
        "delineation": {
            "from_year": DELINEATED_IN,
            "lost": [list(pair) for pair in redrawn.lost],
            "gained": [list(pair) for pair in redrawn.gained],
            "renamed": list(redrawn.renamed),
            "vanished": redrawn.vanished,
            "new": redrawn.new,
            "of_planning_regions": [c.code for c in last if c.counties[0].state.code == REGION_STATE],
        },
        "no_metropolitan_industries": {"from_year": NO_METRO_INDUSTRIES},
    }


def quotient(economy: Economy, counties: tuple[str, ...], industries: tuple[str, ...], year: int) -> float:
    """True location quotient of private industries (codes of NAICS 2017) in some counties, of whatever year.

    Example:
        >>> from orchestration.sample.economy import simulate
        >>> quotient(simulate(1), ("90001", "90003"), ("447110",), 2019) > 0
        True
    """
    jobs = economy.employment[economy.years.index(year)]
    rows, columns = _cells(economy, counties, industries)
    inside = jobs[np.ix_(rows, columns)].sum() / jobs[rows].sum()
    return float(inside / (jobs[:, columns].sum() / jobs.sum()))


def _cells(economy: Economy, counties: tuple[str, ...], industries: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    wanted = [(i.own == "5" and i.code in industries) for i in economy.industries]
    rows = sorted(place for county in counties for place in economy.geography.places(county))
    return np.array(rows), np.flatnonzero(wanted)


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
