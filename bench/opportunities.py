"""Whether clusters that stand high among a region's opportunities come to it more often than others.

    python -m bench.opportunities RELEASE

Of every pair of years of a release, and every type of region: the clusters that a region lacks in the first year by the
best estimates, in the order of `opportunity_rank_on_estimates`, and whether they are there in the second. A cluster has
come where its quotient over all industries went from less than 1 to 1 or more; as quotients near 1 go up and down by
estimates alone, also those apart that went from less than 0.5. Beside the rank stands what anyone would guess by: how
near the quotient is to 1. Prints a Markdown table, and JSON on the last line.

The measure is the area under the ROC curve (AUC) within each region: of a cluster that came and one that did not, how
often the first stood higher; one half is chance. Its mean over regions is given with its standard error.

Belongs here: the account of it. Does not: the ranking (`dbt_project/macros/relatedness.sql`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from scipy.stats import rankdata

from bench.bounds import table

TYPES = ("state", "cbsa", "county")
# The quotient below which a cluster must have been, to have come.
BELOW = (1.0, 0.5)
FIRST = 5
FEWEST = 10

CELLS = """
    SELECT o.region_id, o.opportunity_rank_on_estimates AS rank, s.lq_all_estimate AS quotient,
        later.present_on_estimates = 'yes' AS came
    FROM cluster_opportunity AS o
    INNER JOIN cluster_opportunity AS later
        ON o.region_id = later.region_id AND o.cluster_id = later.cluster_id AND later.year = $later
    LEFT JOIN cluster_specialisation AS s
        ON o.region_id = s.region_id AND o.cluster_id = s.cluster_id AND o.year = s.year
    WHERE o.year = $year AND o.opportunity_rank_on_estimates IS NOT NULL AND o.region_id LIKE $kind || ':%'
        AND coalesce(s.lq_all_estimate, 0) < $below
    ORDER BY o.region_id, rank
"""


def area(better: np.ndarray, came: np.ndarray) -> float:
    """The area under the ROC curve: how often one of those that came is better than one of the others; ties count half.

    Example:
        >>> area(np.array([3.0, 2.0, 1.0]), np.array([True, False, False]))
        1.0
    """
    ranks, yes = rankdata(better), int(came.sum())
    return float((ranks[came].sum() - yes * (yes + 1) / 2) / (yes * (len(came) - yes)))


def foreseen(region: np.ndarray, better: np.ndarray, came: np.ndarray) -> tuple[float | None, float | None, int]:
    """Mean and standard error of the area over regions to which some came and some did not, and how many those are; of
    fewer than ten none."""
    starts = np.flatnonzero(np.r_[True, region[1:] != region[:-1]])
    areas = [
        area(some, here)
        for some, here in zip(np.split(better, starts[1:]), np.split(came, starts[1:]), strict=True)
        if 0 < here.sum() < len(here)
    ]
    if len(areas) < FEWEST:
        return None, None, len(areas)
    return round(float(np.mean(areas)), 3), round(float(np.std(areas, ddof=1) / np.sqrt(len(areas))), 3), len(areas)


def rows(release: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """What the ranks of each year foresaw of each later one."""
    found = release.sql("SELECT DISTINCT region_id[:position(':' IN region_id) - 1], year FROM cluster_opportunity")
    held = {(str(kind), int(year)) for kind, year in found.fetchall()}
    for kind in TYPES:
        for year, later in combinations(sorted(year for of, year in held if of == kind), 2):
            for below in BELOW:
                asked = {"year": year, "later": later, "kind": kind, "below": below}
                cells = release.execute(CELLS, asked).fetchnumpy()
                region, came, rank = cells["region_id"], cells["came"].astype(bool), cells["rank"].astype(float)
                by_rank, error, regions = foreseen(region, -rank, came)
                near, _, _ = foreseen(region, np.ma.filled(cells["quotient"], 0).astype(float), came)
                yield {
                    "of": kind, "years": f"{year}-{later}", "quotient below": below, "lacking": len(came),
                    "came": f"{came.mean():.2%}", f"of the first {FIRST}": f"{came[rank <= FIRST].mean():.2%}",
                    "AUC of the rank": by_rank, "standard error": error,
                    "AUC of the quotient": near, "regions": regions,
                }  # fmt: skip


def main() -> int:
    """Measures, prints, and returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("release", type=Path, help="a release's file")
    with duckdb.connect(str(parser.parse_args().release), read_only=True) as release:
        found = list(rows(release))
    print(table(found[0], [map(str, row.values()) for row in found]) + "\n")
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
