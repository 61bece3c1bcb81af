"""Whether intervals of a region's make-up and of an industry's concentration hold, and how far they must be stretched.

    python -m bench.indicator_estimates --mirror DIR [--home HOME]

Published cells of two national years are hidden and estimated anew, as in `bench/estimates.py`. No region and no
industry is published whole, so what is measured is the part of each whose truth is known: regions of those industries,
industries of those regions. For each year, the stretch (`structure_draws.STRETCH`, `concentration_draws.STRETCH`) that
would hold four in five truths, and how many the one in use does. Prints Markdown tables, and JSON on the last line.

Belongs here: the long run and its account. Does not: hiding and errors of cells (`bench/estimates.py`), the measures
(`orchestration/indicators`).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.bounds import table
from bench.estimates import CHECKED, DETAILS, FITTED, TYPES, Trial, prepared, seeded
from orchestration.indicators import concentration_draws as concentration
from orchestration.indicators import structure_draws as structure
from orchestration.indicators.completions import Open, quantiles

SECTORS = {
    two: f"{first}-{last}" for first, last in ((31, 33), (44, 45), (48, 49)) for two in map(str, range(first, last + 1))
}
# Cells that must be withheld of what is judged, and the share of jobs.
FEWEST, LEAST = 5, 0.02
Figures = dict[str, np.ndarray]


def cells_of(trial: Trial, errors: np.ndarray, kind: int, at: np.ndarray) -> Open:
    """Cells of a trial: those whose bounds meet hold the truth."""
    is_open = trial.is_open[at]
    error = errors[trial.evidence[at], kind, trial.detail[at], trial.count[at], trial.size[at]]
    ends = (np.where(is_open, v[at], trial.truth[at]) for v in (trial.estimate, trial.lower, trial.upper))
    return Open(*ends, *np.moveaxis(error, -1, 0))


def known(jobs: np.ndarray) -> Open:
    """Cells of which nothing is withheld."""
    return Open(jobs, jobs, jobs, *np.zeros((3, len(jobs))))


def economies(
    trial: Trial, errors: np.ndarray, kind: int
) -> tuple[structure.Economies, structure.Economies, np.ndarray]:
    """Regions of the industries whose truth is known, in sectors whose truth is; the same as they are; which to judge.

    Of a sector a part is left: its figures are taken in proportion.
    """
    is_known = (trial.kind == kind) & ~np.isnan(trial.truth) & np.isfinite(trial.estimate)
    six = is_known & (trial.detail >= DETAILS.index("local"))
    is_sector = is_known & (trial.detail == 0) & ~np.char.startswith(trial.code, "10")
    of = np.array([SECTORS.get(code[:2], code[:2]) for code in trial.code.tolist()])
    key = np.char.add(np.char.zfill(trial.region.astype(str), 7), of)
    leaf = np.flatnonzero(six & np.isin(key, key[is_sector]))
    leaf = leaf[np.argsort(key[leaf], kind="stable")]
    whole = np.flatnonzero(is_sector & np.isin(key, key[leaf]))
    whole = whole[np.argsort(key[whole])]
    sector = np.searchsorted(key[whole], key[leaf])
    region = np.unique(trial.region[whole], return_inverse=True)[1]
    truth = trial.truth[leaf]
    held = np.bincount(sector, weights=truth)
    part = held / np.maximum(trial.truth[whole], 1)
    sectors = cells_of(trial, errors, kind, whole)
    sectors = sectors._replace(**{end: getattr(sectors, end) * part for end in ("estimate", "lower", "upper")})
    codes, code = np.unique(trial.code[leaf], return_inverse=True)
    states = (trial.kind == 0) & np.isin(trial.code, codes)
    nation = np.bincount(np.searchsorted(codes, trial.code[states]), weights=trial.whole[states], minlength=len(codes))
    b = nation[code] / np.bincount(region[sector], weights=nation[code])[region[sector]]
    rest = (sector, region, b, np.bincount(region, weights=held))
    is_open = trial.is_open[leaf]
    withheld = np.bincount(region[sector], weights=truth * is_open) / np.maximum(rest[-1], 1)
    judged = (withheld >= LEAST) & (np.bincount(region[sector], weights=is_open) >= FEWEST)
    some = structure.Economies(cells_of(trial, errors, kind, leaf), sectors, *rest)
    return some, structure.Economies(known(truth), known(held), *rest), judged


def spreads(
    trial: Trial, errors: np.ndarray, kind: int
) -> tuple[concentration.Spread, concentration.Spread, np.ndarray]:
    """Industries of the regions whose truth is known; the same as they are; the share of jobs withheld, NaN where too
    few are to be judged."""
    totals = trial.is_total & (trial.kind == kind)
    of_region = np.zeros(trial.region.max() + 1)
    of_region[trial.region[totals]] = trial.estimate[totals] / trial.estimate[totals].sum()
    mine = (trial.kind == kind) & ~np.isnan(trial.truth) & np.isfinite(trial.estimate) & ~trial.is_total
    cell = np.flatnonzero(mine & (of_region[trial.region] > 0))
    cell = cell[np.lexsort((trial.region[cell], trial.code[cell]))]
    codes, industry = np.unique(trial.code[cell], return_inverse=True)
    truth, is_open = trial.truth[cell], trial.is_open[cell]
    held = np.bincount(industry, weights=truth)
    places = (industry, of_region[trial.region[cell]], np.maximum(trial.establishments[cell], 1.0))
    squares = np.full(len(codes), (of_region**2).sum())
    told = np.full(len(codes), np.nan) if TYPES[kind] == "cbsa" else held
    withheld = np.bincount(industry, weights=truth * is_open) / np.maximum(held, 1)
    few = (np.bincount(industry, weights=is_open) < FEWEST) | (withheld < LEAST)
    some = concentration.Spread(cells_of(trial, errors, kind, cell), *places, told, squares)
    return some, concentration.Spread(known(truth), *places, held, squares), np.where(few, np.nan, withheld)


def distances(draws: Figures, truth: Figures, judged: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """How far each judged truth is from the median, where the percentile on its side is 1."""
    for name, drawn in draws.items():
        middle, low, high = quantiles(drawn[judged])
        true = truth[name][judged, 0]
        apart, side = np.abs(true - middle), np.where(true < middle, middle - low, high - middle)
        yield name, (apart / np.maximum(side, 1e-9))[~np.isnan(true)]


def rows(trial: Trial, kind: int, year: int) -> Iterator[dict[str, Any]]:
    """What stretch each measure would need over regions of one type, and how many truths the one in use holds."""

    def row(of: str, measure: str, apart: np.ndarray, stretch: float) -> dict[str, Any]:
        needed, held = (round(float(v), 2) for v in (np.quantile(apart, 0.8), (apart <= stretch).mean()))
        return {"year": year, "of": of, "over": TYPES[kind], "measure": measure, "number": len(apart),
                "stretch": stretch, "needed": needed, "held": held}  # fmt: skip

    some, true, judged = economies(trial, seeded(), kind)
    for name, apart in distances(structure.completed(some), structure.completed(true, 1), judged):
        yield row("regions", name, apart, structure.STRETCH[TYPES[kind]])
    industries, whole, withheld = spreads(trial, seeded(), kind)
    draws, truth = concentration.completed(industries), concentration.completed(whole, 1)
    group = np.where(np.isnan(withheld), -1, np.searchsorted(concentration.WITHHELD, withheld, side="right"))
    for n, stretch in enumerate(concentration.STRETCH[TYPES[kind]]):
        for name, apart in distances(draws, truth, group == n):
            yield row(f"industries withheld {('little', 'some', 'most')[n]}", name, apart, stretch)


def main() -> int:
    """Measures, prints, and returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mirror", type=Path, required=True, help="folder of publishers' files, <host>/<path>")
    parser.add_argument("--home", type=Path, help="keep tidy tables here between runs")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clusters-indicator-estimates-") as folder:
        scratch, _, traded, _ = prepared(args.mirror.resolve(), args.home or Path(folder))
        trials = {year: Trial.of(scratch, year, traded) for year in (FITTED, CHECKED)}
    found = [row for kind in range(len(TYPES)) for year, trial in trials.items() for row in rows(trial, kind, year)]
    print(table(found[0], [map(str, row.values()) for row in found]) + "\n")
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
