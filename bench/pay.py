"""How far off estimates of average pay are, by kind of cell; fits the seed `pay_errors`, and checks it.

    python -m bench.pay --mirror DIR [--home HOME] [--write]

The same cells are hidden as by `bench.estimates`, by its classes, but for how far an estimate is from its industry's
mean pay in place of jobs an establishment: of those of one year the logarithm of true over
estimated wages a job gives the seed's rows, those of the other year say whether 80 % intervals made of them hold. A
cluster's doubt is that of its hidden cells, by their shares of its wages, as if they were independent, times a factor
for each type of region, the least that holds four in five. Clusters whose wages printed branches settle are not judged.
Prints Markdown tables, and JSON on the last line; exits 1 where a class of 500 or more is held in less than 75 or more
than 88 of a hundred or hardly better than the industry's mean, or where bounds leave out what is true.

Belongs here: the long run and its account of pay. Does not: jobs, and what is common to both (`bench/estimates.py`).
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from bench import estimates
from bench.bounds import table
from bench.estimates import DETAILS, TYPES, Trial, fitted, held
from orchestration.assets.dbt_project import PROJECT
from orchestration.indicators.completions import HALF, TENTH

SEED_FILE = PROJECT / "seeds" / "pay_errors.csv"
LEAST_HELD = 0.8
# What is misplaced, against what the industry's mean pay misplaces: measured 0.02 to 0.78.
MOST_OF_PLAIN = 0.9
# In percent of an industry's mean pay: an estimate far from it is one that sums drove there, and errs by more. As many
# classes as of jobs an establishment, by which errors of jobs go; found on halves of the year that fits.
OF_USUAL, COARSER = (0, 26, 40, 65, 140, 250), ((0, 1, 3, 4), (0, 3, 4), (0, 4), (0, 3))
# Digits of the levels above six; sectors of several two-digit codes go by the first.
ABOVE, SECTORS = (5, 4, 3, 2), {"32": "31", "33": "31", "45": "44", "49": "48"}


def by_usual_pay(trial: Trial) -> Trial:
    """A trial with the class of `OF_USUAL` in place of that of jobs an establishment."""
    of_usual = np.nan_to_num(100 * to_the_dollar(trial.pay) / trial.usual_pay)
    return replace(trial, size=np.searchsorted(OF_USUAL, of_usual, side="right") - 1)


def of_pay(trial: Trial) -> Trial:
    """The hidden cells, with average pay in place of jobs."""
    one = trial.only(trial.is_hidden & (trial.estimate > 0) & (trial.true_pay > 0))
    pay = to_the_dollar(one.pay)
    return replace(one, estimate=pay, truth=one.true_pay, lower=one.pay_lower, upper=one.pay_upper)


def to_the_dollar(pay: np.ndarray) -> np.ndarray:
    """As the warehouse stores average wages."""
    rounded: np.ndarray = np.floor(pay + HALF)
    return rounded


def held_cells(trial: Trial, errors: np.ndarray) -> Iterator[dict[str, Any]]:
    """Classes of cells as `estimates.held` has them, with what the industry's mean pay by itself would misplace."""
    plain = held(replace(trial, estimate=to_the_dollar(trial.usual_pay)), errors)
    return ({**row, "of the mean": other["misplaced"]} for row, other in zip(held(trial, errors), plain, strict=True))


def held_by_ratio(trial: Trial, errors: np.ndarray) -> Iterator[dict[str, Any]]:
    """How often the truth lies in its interval, by how far the estimate is from its industry's mean."""
    inside, judged = trial.inside(errors), trial.is_open & (trial.count >= estimates.LEAST_PUBLISHED)
    for size, percent in enumerate(OF_USUAL):
        chosen = judged & (trial.size == size)
        off = np.median(trial.truth[chosen] / trial.estimate[chosen])
        yield {"from % of the mean": percent, "cells": int(chosen.sum()),
               "held": round(float(inside[chosen].mean()), 3),
               "truth over estimate, median": round(float(off), 3)}  # fmt: skip


def possible(trial: Trial) -> bool:
    """Whether what bounds leave of an average wage holds the true one, but for one cell in ten thousand."""
    within = (trial.lower <= np.ceil(trial.truth)) & (trial.truth <= trial.upper)
    return bool(within.mean() >= 0.9999)


class Clusters(NamedTuple):
    """The clusters of regions of one type with hidden cells of which wages are not settled, one entry each.

    Estimated and true average pay (NaN: not known), and the middle and the half-widths of the error's logarithm.
    """

    pay: np.ndarray
    truth: np.ndarray
    middle: np.ndarray
    below: np.ndarray
    above: np.ndarray

    @classmethod
    def of(cls, trial: Trial, errors: np.ndarray, of_code: Mapping[str, int], kind: int) -> Self:
        """Adds up a trial's six-digit cells by cluster."""
        private = trial.only(trial.kind == kind)
        cell = private.only(private.detail >= DETAILS.index("local"))
        number = np.array([of_code.get(code, 0) for code in cell.code.tolist()])
        part_id, part = np.unique(cell.region * 1000 + number, return_inverse=True)

        def summed(values: np.ndarray) -> np.ndarray:
            return np.bincount(part, weights=values)

        is_open = cell.is_hidden | np.isnan(cell.true_pay)
        wages = np.where(cell.estimate > 0, to_the_dollar(np.nan_to_num(cell.pay)) * cell.estimate, 0.0)
        wages[~is_open] = (cell.pay * cell.estimate)[~is_open]
        off = errors[cell.evidence, kind, cell.detail, cell.count, cell.size] * (wages * is_open)[:, None]
        jobs, paid = summed(cell.estimate), summed(wages)
        settled = np.isin(part_id, list(by_branches(private, cell, number)))
        chosen = (summed(is_open) > 0) & (part_id % 1000 > 0) & ~settled & (jobs > 0) & (paid > 0)
        paid = np.where(chosen, paid, 1.0)
        truth = summed(cell.true_pay * cell.truth) / np.where(chosen, summed(cell.truth), 1.0)
        every = (paid / np.maximum(jobs, 1e-9), truth, summed(off[:, 0]) / paid,
                 *(np.sqrt(summed(off[:, half] ** 2)) / paid for half in (1, 2)))  # fmt: skip
        return cls(*(values[chosen] for values in every))

    def inside(self, factor: float) -> np.ndarray:
        """Whether the truth lies between the tenth and the ninetieth percentile, of those whose truth is known."""
        pay, known = to_the_dollar(self.pay), ~np.isnan(self.truth)
        low, high = ((pay + HALF) * np.exp(self.middle + way * factor * TENTH * width) - HALF
                     for way, width in ((-1, self.below), (1, self.above)))  # fmt: skip
        low, high = np.minimum(np.floor(low), pay), np.maximum(np.ceil(high), pay)
        found: np.ndarray = ((low <= self.truth) & (self.truth <= high))[known]
        return found


def by_branches(private: Trial, cell: Trial, number: np.ndarray) -> set[int]:
    """Of parts, as a region's number times 1,000 and a cluster's, those whose wages printed cells settle.

    A part of a branch is settled where all below it is, or where the branch is printed and of one cluster alone.
    """
    is_printed = ~(private.is_hidden | np.isnan(private.true_pay))
    printed = {(region, code[:2] if "-" in code else code)
               for region, code in zip(private.region[is_printed].tolist(), private.code[is_printed].tolist(),
                                       strict=True)}  # fmt: skip
    places = zip(cell.region.tolist(), cell.code.tolist(), number.tolist(), strict=True)
    known = {place: place[:2] in printed for place in places}
    for digits in ABOVE:
        above: dict[tuple[int, str, int], bool] = {}
        for (region, code, cluster), is_known in known.items():
            short = SECTORS.get(code[:2], code[:2]) if digits == ABOVE[-1] else code[:digits]
            above[region, short, cluster] = above.get((region, short, cluster), True) and is_known
        clusters = Counter(place[:2] for place in above)
        known = {place: is_known or (clusters[place[:2]] == 1 and place[:2] in printed)
                 for place, is_known in above.items()}  # fmt: skip
    found: dict[int, bool] = {}
    for (region, _, cluster), is_known in known.items():
        part = region * 1000 + cluster
        found[part] = found.get(part, True) and is_known
    return {part for part, is_known in found.items() if is_known}


def seeded_factors() -> list[float]:
    """The seed's factors of clusters, by type of region."""
    with SEED_FILE.open(encoding="utf-8", newline="") as file:
        of_type = {row["region_type"]: float(row["cluster_factor"]) for row in csv.DictReader(file)}
    return [of_type[name] for name in TYPES]


def held_clusters(first: Trial, second: Trial, errors: np.ndarray, of_code: Mapping[str, int]) -> list[dict[str, Any]]:
    """For each type of region the factor that fits one year's clusters, and how many of the other's it holds."""
    found = []
    for kind, name in enumerate(TYPES):
        one, other = (Clusters.of(trial, errors, of_code, kind) for trial in (first, second))
        holding = [factor for factor in estimates.FACTORS if one.inside(factor).mean() >= LEAST_HELD]
        factor = min(holding, default=estimates.FACTORS[-1])
        inside = other.inside(factor)
        off = np.abs(np.log(other.truth / other.pay))
        found.append({"of": name, "clusters": len(inside), "held": round(float(inside.mean()), 3), "factor": factor,
                      "off, median": round(float(np.nanmedian(off)), 3)})  # fmt: skip
    return found


def main() -> int:
    """Measures, prints, writes where asked to, and returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mirror", type=Path, required=True, help="folder of publishers' files, <host>/<path>")
    parser.add_argument("--home", type=Path, help="keep tidy tables here between runs")
    parser.add_argument("--write", action="store_true", help=f"write {SEED_FILE.name}")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clusters-pay-") as folder:
        scratch, of_code, traded, _ = estimates.prepared(args.mirror.resolve(), args.home or Path(folder))
        first, second = (
            by_usual_pay(Trial.of(scratch, year, traded)) for year in (estimates.FITTED, estimates.CHECKED)
        )
        told_first, told_second = (
            estimates.own_year(*(by_usual_pay(Trial.of(scratch, year, traded, told=True)) for year in years))
            for years in ((estimates.FITTED_STATES, estimates.FITTED), (estimates.CHECKED_STATES, estimates.CHECKED))
        )
    fitting = of_pay(first.joined(told_first[0], told_first[1].told_of()))
    judged = of_pay(second.joined(*(trial.told_of() for trial in told_second)))
    errors = fitted(fitting, COARSER)
    of_cells, of_clusters = list(held_cells(judged, errors)), held_clusters(first, second, errors, of_code)
    of_ratios = list(held_by_ratio(judged, errors))
    apart = list(estimates.spread(estimates.RULE, held(of_pay(second).of_half(1), fitted(fitting.of_half(0), COARSER))))
    for of in (of_cells, of_ratios, of_clusters, apart):
        print(table(of[0], [map(str, row.values()) for row in of]) + "\n")
    if args.write:
        factors = [row["factor"] for row in of_clusters]
        estimates.write(list(estimates.rows(errors, factors, "of_usual", OF_USUAL)), SEED_FILE)
    found = {"cells": of_cells, "ratios": of_ratios, "clusters": of_clusters, "apart": apart}
    print(json.dumps({"fitted": estimates.FITTED, "checked": estimates.CHECKED} | found))
    classes = of_cells + [row for row in of_clusters if row["clusters"] >= estimates.JUDGED]
    are_held = all(estimates.HELD[0] <= row["held"] <= estimates.HELD[1] for row in classes)
    are_better = all(row["misplaced"] < MOST_OF_PLAIN * row["of the mean"] for row in of_cells)
    return 0 if are_held and are_better and possible(judged) else 1


if __name__ == "__main__":
    sys.exit(main())
