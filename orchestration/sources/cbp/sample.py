"""County Business Patterns of the invented country."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from orchestration.sample.archive import write_zip
from orchestration.sample.economy import Economy
from orchestration.sample.industries import sector_of

YEARS = (2022, 2023)
HEADER = (
    "fipstate,fipscty,naics,emp_nf,emp,qp1_nf,qp1,ap_nf,ap,est,n<5,n5_9,n10_19,n20_49,n50_99,n100_249,n250_499,"
    "n500_999,n1000,n1000_1,n1000_2,n1000_3,n1000_4"
)
# Where size classes begin; the four parts of the last one are not told.
CLASSES = (5, 10, 20, 50, 100, 250, 500, 1000)
# Farms and railways are not covered; a cell of fewer establishments is not published.
NOT_COVERED, FEWEST = ("111", "112", "482"), 3


def write(root: Path, economy: Economy, seed: int) -> None:
    """Writes a zip a year below the publisher's host."""
    covered = [k for k, i in enumerate(economy.industries) if i.own == "5" and not i.code.startswith(NOT_COVERED)]
    nodes: dict[str, list[int]] = {}
    for column, k in enumerate(covered):
        code = economy.industries[k].code
        above = ("------", sector_of(code)[:2] + "----", *(code[:n].ljust(6, "/") for n in (3, 4, 5, 6)))
        for node in above:
            nodes.setdefault(node, []).append(column)
    for year in YEARS:
        name = f"cbp{year % 100}co"
        text = "\n".join([HEADER, *_lines(economy, covered, dict(sorted(nodes.items())), year)]) + "\n"
        target = root / f"www2.census.gov/programs-surveys/cbp/datasets/{year}/{name}.zip"
        write_zip(target, [(f"{name}.txt", text.encode())])


def _lines(economy: Economy, covered: list[int], nodes: dict[str, list[int]], year: int) -> list[str]:
    places = {c.code: [p.place for p in c.parcels] for c in economy.geography.counties(year)}
    places |= {code: [i] for i, code in enumerate(economy.places) if code.endswith("999")}
    at, lines = economy.years.index(year), []
    measures = [f[at][:, covered] for f in (economy.establishments, economy.employment, economy.wages)]
    # The columns of each node one after the other, so that all nodes are summed at once.
    columns, starts = np.concatenate(list(nodes.values())), np.cumsum([0, *map(len, nodes.values())])[:-1]
    for county in sorted(places):
        plants, jobs, pay = (measure[places[county]].sum(axis=0) for measure in measures)
        size = np.digitize(jobs / np.maximum(plants, 1), CLASSES)
        by_class = plants * (size == np.arange(len(CLASSES) + 1)[:, None])
        sums = np.add.reduceat(np.stack([plants, jobs, pay, *by_class])[:, columns], starts, axis=1)
        for node, (count, people, usd, *classes) in zip(nodes, sums.T.tolist(), strict=True):
            if count < FEWEST:
                continue
            flag = "G" if people >= 500 else "H" if people >= 50 else "J"
            known = ",".join([str(n) if n >= FEWEST else "N" for n in classes] + ["N"] * 4)
            figures = f"{flag},{people},{flag},{usd // 4000},{flag},{usd // 1000},{count}"
            lines.append(f"{county[:2]},{county[2:]},{node},{figures},{known}")
    return lines
