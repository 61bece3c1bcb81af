"""Business Formation Statistics of the invented country."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from orchestration.sample.archive import write_workbook
from orchestration.sample.boundaries import REGIONS_IN
from orchestration.sample.economy import Economy
from orchestration.sample.geography import LABEL

PATH = "www.census.gov/econ/bfs/xlsx/bfs_county_apps_annual.xlsx"
YEARS = tuple(range(2018, 2025))
# The Bureau counts by Connecticut's planning regions two years before QCEW does.
REGIONS_SINCE = REGIONS_IN - 2
# More than half as many applications as there are establishments, in most places.
PER_ESTABLISHMENT = 0.55
# The first year's figure of one county is withheld.
WITHHELD = "(D)"


def write(root: Path, economy: Economy, seed: int) -> None:
    """Writes the workbook: a row a county that there has been in any of the years, texts for numbers."""
    rng = np.random.default_rng([seed, 11])
    private = [k for k, i in enumerate(economy.industries) if i.own == "5"]
    rate = PER_ESTABLISHMENT * np.exp(0.3 * rng.normal(size=len(economy.places)))
    rows: dict[str, list[str]] = {}
    names: dict[str, tuple[str, str]] = {}
    for at, year in enumerate(YEARS):
        plants = economy.establishments[economy.years.index(year)][:, private].sum(axis=1)
        for county in economy.geography.counties(REGIONS_IN if year >= REGIONS_SINCE else year):
            places = [p.place for p in county.parcels]
            names[county.code] = county.state.postal, f"{county.name} {LABEL}"
            # A blank where there was no such county.
            told = rows.setdefault(county.code, [" "] * len(YEARS))
            told[at] = str(int(np.rint(plants[places] @ rate[places] * np.exp(0.08 * rng.normal()))))
    first = min(rows)
    rows[first][0] = WITHHELD
    sheet = [
        [f"County Level Business Applications {LABEL}"],
        ["The Census Bureau has reviewed nothing here: this country is invented."],
        ["State", "County", "County Code", "fipstate", "fipscty", *(f"BA{year}" for year in YEARS)],
        *([*names[code], code, code[:2], code[2:], *rows[code]] for code in sorted(rows)),
    ]
    write_workbook(root / PATH, {"County Data": sheet})
