"""How far off the estimates of withheld cells are, by kind of cell; fits the seed `estimate_errors`, and checks it.

    python -m bench.estimates --mirror DIR [--home HOME] [--write]

Published cells of two national years are hidden by the publisher's rule and estimated anew. Their truth is known, and
so is that of withheld cells which bounds pin down. The errors of one year give the seed's rows; the other year says
whether 80 % intervals made of them hold, for cells and for clusters. Cells that County Business Patterns tell of have
rows of their own: the mirror has them beside states of two more years, and for want of anything better those of a later
year stand in beside counties and areas. Are those beside told ones that nothing tells of held, too? The same again
apart: errors of half of the regions, by the code of their state or area, held against the other half, and against cells
of it hidden at random. Prints Markdown tables, and JSON on the last line; exits 1 where a class of 500 cells or more is
held in less than 75 or more than 88 of a hundred.

Nobody publishes cells of one or two establishments. Their errors are taken to be those of three and four, wider by the
root of how many fewer there are, around a mean that is the estimate: the totals that estimates are raked to leave no
other.

Belongs here: the long run and its account. Does not: hiding (`tests/marts/hidden_cells.py`), draws
(`orchestration/indicators/completions.py`).
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Self

import duckdb
import numpy as np
from scipy.stats import norm

from bench.bounds import table
from orchestration.assets.dbt_project import PROJECT
from orchestration.indicators.completions import HALF, TENTH, Open, Parts, completed
from orchestration.indicators.qcew import bound_year
from orchestration.indicators.strength import Sized, ranks, standing, strength
from tests.corruption.workspace import NATIONAL_YEARS, SLICE_YEARS, mirror_settings, pulled
from tests.marts.hidden_cells import Year, add_patterns, built, linked

SEED_FILE = PROJECT / "seeds" / "estimate_errors.csv"
FITTED, CHECKED, RULE, RANDOM = 2015, 2016, "under 20", "10 % at random"
# Years of states with County Business Patterns of the same year; the first of them stands in for the national years'.
FITTED_STATES, CHECKED_STATES = 2019, 2020
# What another source tells of a cell: nothing, or most of what its estimate begins with.
EVIDENCE = ("none", "cbp")
TYPES = ("state", "county", "cbsa")
# Sector and above, three digits, four and five digits, six digits of local and of traded clusters.
DETAILS = ("sector", "subsector", "group", "local", "traded")
# From so many establishments on, and from so many jobs an establishment by the estimate.
ESTABLISHMENTS, SIZES = (0, 2, 3, 5, 10, 20, 50, 200), (0, 2, 4, 8, 16, 32)
UNPUBLISHED, LEAST_PUBLISHED, OF_THREE_AND_FOUR = (1.0, 2.0), 2, 3.5
FEWEST, JUDGED = 200, 500
FACTORS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
HELD = (0.75, 0.88)
COARSER = ((0, 1, 2, 3), (0, 1, 3), (0, 3))
SHAPE = (len(EVIDENCE), len(TYPES), len(DETAILS), len(ESTABLISHMENTS), len(SIZES))


@dataclass(frozen=True)
class Trial:
    """Private cells of a year of which some are hidden, one entry each; `truth` is NaN where nobody knows it.

    `pay` is the average wage of a cell, as estimated where it is not printed, between `pay_lower` and `pay_upper`;
    `usual_pay` is its industry's mean, `true_pay` is NaN where that is withheld.
    """

    evidence: np.ndarray
    kind: np.ndarray
    detail: np.ndarray
    count: np.ndarray
    size: np.ndarray
    estimate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    truth: np.ndarray
    whole: np.ndarray
    region: np.ndarray
    code: np.ndarray
    establishments: np.ndarray
    is_total: np.ndarray
    is_withheld: np.ndarray
    is_hidden: np.ndarray
    pay: np.ndarray
    pay_lower: np.ndarray
    pay_upper: np.ndarray
    usual_pay: np.ndarray
    true_pay: np.ndarray
    half: np.ndarray

    @classmethod
    def of(cls, scratch: Path, number: int, traded: np.ndarray, rule: str = RULE, told: bool = False) -> Self:
        """Hides cells of a year and estimates them; true is what is printed, and what the whole year pins down.

        With what County Business Patterns tells of them if `told`.
        """
        year = Year.read(scratch, number)
        year = year if told else year.told()
        left = year.without(year.hidden(rule))
        found = bound_year(left.cells, left.places)
        whole = bound_year(year.cells, year.places)
        kind = np.array([TYPES.index(t) if (t := name.split(":")[0]) in TYPES and " in " not in name else -1
                         for name in year.region_id.tolist()])  # fmt: skip
        detail = np.select(
            [(year.level == 6) & np.isin(year.code, traded), year.level == 6, year.level >= 4, year.level == 3],
            [4, 3, 2, 1],
        )
        chosen = (kind >= 0) & (year.cells["ownership_no"] == 4)
        count = year.cells["establishments"]
        pay_lower, pay_upper = pay_bounds(found)
        columns = {
            "evidence": found["is_told"].astype(np.int64),
            "kind": kind, "detail": detail, "estimate": found["estimate"], "lower": found["lower"],
            "count": np.searchsorted(ESTABLISHMENTS, count, side="right") - 1,
            "size": np.searchsorted(SIZES, found["estimate"] / np.maximum(count, 1), side="right") - 1,
            "upper": np.nan_to_num(found["upper"], nan=np.inf),
            "truth": np.where(whole["lower"] == whole["upper"], whole["lower"], np.nan),
            "whole": whole["estimate"], "region": year.cells["region_no"].astype(np.int64), "code": year.code,
            "establishments": count, "is_total": year.level == 0,
            "is_withheld": np.isnan(year.cells["employment"]),
            "is_hidden": np.isnan(left.cells["wages"]) & ~np.isnan(year.cells["wages"]),
            "pay": np.where(
                np.isnan(left.cells["wages"]), np.clip(found["pay"], pay_lower, pay_upper), average_pay(year)
            ),
            "pay_lower": pay_lower, "pay_upper": pay_upper, "usual_pay": found["usual_pay"],
            "true_pay": average_pay(year),
            "half": np.array([half(name) for name in year.region_id.tolist()]),
        }  # fmt: skip
        return cls(**{name: values[chosen] for name, values in columns.items()})

    def of_half(self, half: int) -> Self:
        """The cells of every second region."""
        return self.only(self.half == half)

    def only(self, chosen: np.ndarray) -> Self:
        """The cells of a mask."""
        return type(self)(**{name: values[chosen] for name, values in vars(self).items()})

    def told_of(self) -> Self:
        """The cells that another source tells of."""
        return self.only(self.evidence > 0)

    def joined(self, *others: Self) -> Self:
        """These cells and those of others."""
        every = [self, *others]
        return type(self)(**{name: np.concatenate([vars(t)[name] for t in every]) for name in vars(self)})

    @property
    def is_open(self) -> np.ndarray:
        """Mask of the cells that bounds leave open."""
        return self.upper > self.lower

    def inside(self, errors: np.ndarray) -> np.ndarray:
        """Mask of the cells whose truth lies between their tenth and ninetieth percentile."""
        middle, below, above = np.moveaxis(errors[self.evidence, self.kind, self.detail, self.count, self.size], -1, 0)
        low, high = (
            np.clip((self.estimate + HALF) * np.exp(middle + way) - HALF, self.lower, self.upper)
            for way in (-TENTH * below, TENTH * above)
        )
        low, high = np.minimum(np.floor(low), self.estimate), np.maximum(np.ceil(high), self.estimate)
        return (low <= self.truth) & (self.truth <= high)


def pay_bounds(found: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that the average wage of each withheld cell can be, in whole units of currency."""
    least, most = np.zeros(len(found["lower"])), np.full(len(found["lower"]), np.inf)
    np.divide(found["wages_lower"], found["upper"], out=least, where=found["upper"] > 0)
    np.divide(found["wages_upper"], found["lower"], out=most, where=found["lower"] > 0)
    return np.floor(np.nan_to_num(least)), np.ceil(np.nan_to_num(most, nan=np.inf, posinf=np.inf))


def average_pay(year: Year) -> np.ndarray:
    """The average wage of each cell of a year by what is printed; NaN where that is withheld, 0 without jobs."""
    jobs = year.cells["employment"]
    found: np.ndarray = np.divide(year.cells["wages"], jobs, out=np.where(jobs == 0, 0.0, np.nan), where=jobs > 0)
    return found


def half(region_id: str) -> int:
    """0 or 1: counties go with their state, areas by their own number, of which every twentieth is used."""
    region_type, code = region_id.split(":", 1)
    if not code[:2].isdigit():
        return 0
    return int(code[:5]) // 20 % 2 if region_type == "cbsa" else int(code[:2]) % 2


def fitted(trial: Trial, coarser: Sequence[tuple[int, ...]] = COARSER) -> np.ndarray:
    """Middle and half-widths of the errors' logarithms, by evidence, type of region, detail, establishments, mean size.

    A class of few cells has the errors of more classes taken together, by the first axes of `coarser` that leave
    enough, or of the same class without evidence.
    """
    error = np.log((trial.truth + HALF) / (trial.estimate + HALF))
    judged = trial.is_open & ~np.isnan(trial.truth)
    axes = (trial.evidence, trial.kind, trial.detail, trial.count, trial.size)
    found = np.full((*SHAPE, 3), np.nan)
    for place in product(*map(range, SHAPE)):
        if place[3] < LEAST_PUBLISHED:
            continue
        for kept in (tuple(range(len(axes))), *coarser):
            chosen = judged.copy()
            for axis in kept:
                chosen &= axes[axis] == place[axis]
            if chosen.sum() >= FEWEST:
                low, middle, high = np.quantile(error[chosen], (0.1, 0.5, 0.9))
                found[place] = middle, (middle - low) / TENTH, (high - middle) / TENTH
                break
        else:
            if not (judged & (axes[0] == place[0])).any():
                raise ValueError(f"no cell with evidence of {EVIDENCE[place[0]]} can be judged")
            found[place] = found[0, *place[1:]]
    for count, establishments in enumerate(UNPUBLISHED):
        below, above = np.moveaxis(found[:, :, :, LEAST_PUBLISHED, :, 1:], -1, 0) * np.sqrt(
            OF_THREE_AND_FOUR / establishments
        )
        mean = np.exp(below**2 / 2) * norm.cdf(-below) + np.exp(above**2 / 2) * norm.cdf(above)
        found[:, :, :, count] = np.stack([-np.log(mean), below, above], axis=-1)
    return found


@dataclass(frozen=True)
class Clusters:
    """The clusters of regions of one type, one entry each, where cells are hidden.

    Completions, the estimate, what of it is printed, the truth (NaN: not known), and the estimate of the whole year.
    """

    region: np.ndarray
    cluster: np.ndarray
    establishments: np.ndarray
    draws: np.ndarray
    point: np.ndarray
    printed: np.ndarray
    truth: np.ndarray
    whole: np.ndarray

    @classmethod
    def of(cls, trial: Trial, errors: np.ndarray, of_code: dict[str, int], kind: int, factor: float) -> Self:
        """Adds up a trial's six-digit cells by cluster, and completes them."""
        mine = (trial.kind == kind) & (trial.detail >= DETAILS.index("local"))
        number = np.array([of_code.get(code, 0) for code in trial.code[mine].tolist()])
        part_id, part = np.unique(trial.region[mine] * 1000 + number, return_inverse=True)
        order = np.argsort(part, kind="stable")
        cell = Trial(**{name: values[mine][order] for name, values in vars(trial).items()})
        part, is_open = part[order], cell.is_open

        def summed(values: np.ndarray) -> np.ndarray:
            return np.bincount(part, weights=values)

        regions, region = np.unique(part_id // 1000, return_inverse=True)
        totals = dict(zip(trial.region[trial.is_total].tolist(), trial.estimate[trial.is_total].tolist(), strict=True))
        total = np.array([totals.get(r, np.nan) for r in regions.tolist()])
        printed, rest = summed(np.where(is_open, 0, cell.estimate)), summed(np.where(is_open, cell.estimate, 0))
        middle, below, above = np.moveaxis(
            errors[cell.evidence, kind, cell.detail, cell.count, cell.size][is_open], -1, 0
        )
        open_cells = Open(cell.estimate[is_open], cell.lower[is_open], cell.upper[is_open], middle, factor * below,
                          factor * above)  # fmt: skip
        parts = Parts(region, part_id % 1000, printed, rest, summed(cell.lower), summed(cell.upper), total)
        draws = completed(open_cells, parts, part[is_open], np.ones(int(is_open.sum())))
        return cls(region, part_id % 1000, summed(cell.establishments), draws, printed + rest, printed,
                   summed(cell.truth), summed(cell.whole))  # fmt: skip

    @property
    def judged(self) -> np.ndarray:
        """Mask of the clusters with hidden cells whose truth is known."""
        return (self.point > self.printed) & ~np.isnan(self.truth) & (self.cluster > 0)

    def inside(self) -> np.ndarray:
        """Whether the truth lies between the tenth and the ninetieth percentile, of those judged."""
        low, high = np.quantile(self.draws, (0.1, 0.9), axis=1)
        low, high = np.floor(np.minimum(low, self.point) + HALF), np.floor(np.maximum(high, self.point) + HALF)
        found: np.ndarray = ((low <= self.truth) & (self.truth <= high))[self.judged]
        return found

    def ranks_inside(self) -> np.ndarray:
        """Whether the rank by the whole year's figures lies between the percentiles of the rank, of those judged."""
        mine = ranks(self.cluster, self.whole[:, None])[:, 0]
        low, high = np.quantile(ranks(self.cluster, self.draws), (0.1, 0.9), axis=1, method="inverted_cdf")
        point = ranks(self.cluster, self.point[:, None])[:, 0]
        found: np.ndarray = ((np.minimum(low, point) <= mine) & (mine <= np.maximum(high, point)))[self.judged]
        return found

    def strong(self, traded: set[int], nation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of those judged how likely they are strong, and whether they are by the whole year's figures."""
        sized = self.sized(traded, nation)
        chance = standing(sized, self.draws)["ucm_strong"].mean(axis=1)
        return chance[self.judged], standing(sized, self.whole[:, None])["ucm_strong"][self.judged, 0]

    def sized(self, traded: set[int], nation: np.ndarray) -> Sized:
        """What their verdicts rest on; traded ones are of kind 1."""
        kind = np.array([0 if not c else 1 if c in traded else 2 for c in self.cluster.tolist()])
        ones = np.ones(len(kind))
        return Sized(self.region, self.cluster, kind, self.establishments, ones, ones > 0, nation[self.cluster], ones)

    def strengths_inside(self, traded: set[int], nation: np.ndarray) -> np.ndarray:
        """Whether the strength of each region with a hidden cell, by the whole year's figures, lies in its interval."""
        sized = self.sized(traded, nation)
        drawn, true = (strength(sized, jobs, standing(sized, jobs)["ucm_strong"], 1)
                       for jobs in (self.draws, self.whole[:, None]))  # fmt: skip
        low, high = np.quantile(drawn, (0.1, 0.9), axis=1)
        middle = drawn.mean(axis=1)
        inside: np.ndarray = (np.minimum(low, middle) <= true[:, 0]) & (true[:, 0] <= np.maximum(high, middle))
        return inside[np.unique(self.region[self.judged])]


def reliability(chance: np.ndarray, is_strong: np.ndarray) -> list[dict[str, Any]]:
    """How many are strong of those that are called so with each tenth of probability."""
    tenth = np.minimum((chance * 10).astype(int), 9)
    return [
        {"probability": f"{t / 10:.1f} to {(t + 1) / 10:.1f}", "clusters": int((tenth == t).sum()),
         "called": round(float(chance[tenth == t].mean()), 3), "strong": round(float(is_strong[tenth == t].mean()), 3)}
        for t in range(10) if (tenth == t).any()
    ]  # fmt: skip


def held(trial: Trial, errors: np.ndarray) -> Iterator[dict[str, Any]]:
    """How often the truth lies in its interval, by evidence, type of region, detail and number of establishments."""
    inside, judged = trial.inside(errors), trial.is_open & ~np.isnan(trial.truth)
    for evidence, kind, detail, count in product(*map(range, SHAPE[:4])):
        chosen = judged & (trial.evidence == evidence) & (trial.kind == kind) & (trial.detail == detail)
        chosen &= (trial.count == count) & (count >= LEAST_PUBLISHED)
        if chosen.sum() >= JUDGED:
            off = np.abs(trial.truth - trial.estimate)[chosen].sum() / max(1.0, trial.truth[chosen].sum())
            yield {"evidence": EVIDENCE[evidence],
                   "of": TYPES[kind], "industries": DETAILS[detail], "from establishments": ESTABLISHMENTS[count],
                   "cells": int(chosen.sum()), "held": round(float(inside[chosen].mean()), 3),
                   "misplaced": round(float(off), 3)}  # fmt: skip


def spread(hidden: str, classes: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """How far apart the classes of each type of region are, and how many cells of all are held."""
    found = list(classes)
    for name in TYPES:
        shares, cells = (np.array([row[key] for row in found if row["of"] == name]) for key in ("held", "cells"))
        if len(shares):
            yield {"hidden": hidden, "of": name, "classes": len(shares), "cells": int(cells.sum()),
                   "held": round(float(np.average(shares, weights=cells)), 3),
                   "least": float(shares.min()), "most": float(shares.max()),
                   "0.77 to 0.83": int(((shares >= 0.77) & (shares <= 0.83)).sum())}  # fmt: skip


def classes() -> Iterator[tuple[int, ...]]:
    """The classes of cells, as places in the errors: no source tells of cells that are too small to be published."""
    return (place for place in product(*map(range, SHAPE)) if place[0] == 0 or place[3] >= LEAST_PUBLISHED)


def rows(
    errors: np.ndarray, factors: Sequence[float], last: str = "size", starts: Sequence[int] = SIZES
) -> Iterator[dict[str, Any]]:
    """The seed's rows; `last` is what the last axis goes by, `starts` where its classes begin."""
    ends = {"establishments": (*ESTABLISHMENTS, 10**9), last: (*starts, 10**9)}
    for evidence, kind, detail, count, size in classes():
        middle, below, above = errors[evidence, kind, detail, count, size].round(4).tolist()
        yield {"evidence": EVIDENCE[evidence], "region_type": TYPES[kind], "detail": DETAILS[detail],
               "establishments_from": ends["establishments"][count],
               "establishments_below": ends["establishments"][count + 1],
               f"{last}_from": ends[last][size], f"{last}_below": ends[last][size + 1],
               "middle": middle, "below": below, "above": above, "cluster_factor": factors[kind]}  # fmt: skip


def seeded(seed: Path = SEED_FILE) -> np.ndarray:
    """A seed's middles and half-widths, in the shape of `fitted`; NaN for what is no class."""
    found = np.full((*SHAPE, 3), np.nan)
    with seed.open(encoding="utf-8", newline="") as file:
        for place, row in zip(classes(), csv.DictReader(file), strict=True):
            found[place] = [float(row[name]) for name in ("middle", "below", "above")]
    return found


def prepared(mirror: Path, home: Path) -> tuple[Path, dict[str, int], np.ndarray, list[int]]:
    """The scratch file with numbered cells; each industry's cluster by number; traded industries; traded clusters.

    Clusters are those of the national years, of codes that these lack those of another edition of NAICS; an industry is
    traded if it is so in any edition.
    """
    for years in (NATIONAL_YEARS, SLICE_YEARS):
        pulled(mirror_settings(home, mirror), years)
    shutil.rmtree(home / "numbered", ignore_errors=True)
    numbered = linked(home, home / "numbered")
    add_patterns(numbered, FITTED_STATES, NATIONAL_YEARS)
    work = built(numbered, "+int_sum_cells", "+int_industry_clusters", "clusters")
    scratch = work / "scratch.duckdb"
    with duckdb.connect(str(scratch), read_only=True) as con:
        con.execute(f"ATTACH '{work / 'common.duckdb'}' AS common (READ_ONLY)")
        found = con.execute(
            "SELECT code, arg_max(ucm_code::INTEGER, rank), arg_max(kind, rank) "
            "FROM (SELECT *, weight + (naics = 2012)::INTEGER AS rank FROM intermediate.int_industry_clusters) "
            "JOIN common.seeds.clusters USING (cluster_id) GROUP BY code ORDER BY code"
        ).fetchall()
        traded = con.execute(
            "SELECT DISTINCT code FROM intermediate.int_industry_clusters "
            "JOIN common.seeds.clusters USING (cluster_id) WHERE kind = 'traded' ORDER BY code"
        ).fetchall()
    of_traded = [(code, no) for code, no, kind in found if kind == "traded"]
    return (
        scratch,
        {code: no for code, no, _ in found},
        np.array([code for (code,) in traded]),
        sorted({no for _, no in of_traded}),
    )


def nations_shares(trial: Trial, of_code: dict[str, int], traded: set[int]) -> np.ndarray:
    """The share of each cluster, by number, in the jobs of its kind over all states."""
    mine = (trial.kind == TYPES.index("state")) & (trial.detail >= DETAILS.index("local"))
    number = np.array([of_code.get(code, 0) for code in trial.code[mine].tolist()])
    jobs = np.bincount(number, weights=trial.whole[mine])
    is_traded = np.isin(np.arange(len(jobs)), list(traded))
    shares: np.ndarray = jobs / np.where(is_traded, jobs[is_traded].sum(), jobs[1:][~is_traded[1:]].sum())
    return shares


def own_year(states: Trial, nation: Trial) -> list[Trial]:
    """Cells beside what is told of them: of states in files of their own years, of others in one that stands in."""
    return [states.only(states.kind == TYPES.index("state")), nation.only(nation.kind != TYPES.index("state"))]


def of_clusters(
    trials: Sequence[Trial], errors: np.ndarray, of_code: dict[str, int], traded: set[int]
) -> tuple[list[dict[str, Any]], list[float], list[tuple[np.ndarray, np.ndarray]]]:
    """How often clusters' truths are held, untold and told of; the factors; chance and truth of being strong.

    The trials are that of the first year, that of the second, and those of the second that are told of.
    """
    first, second, *told = trials
    found, factors, verdicts = [], [], []
    for kind, name in enumerate(TYPES):
        shares = {f: Clusters.of(first, errors, of_code, kind, f).inside().mean() for f in FACTORS}
        factors.append(min(FACTORS, key=lambda f, shares=shares: abs(shares[f] - 0.8)))
        for evidence, trial in zip(EVIDENCE, (second, told[min(kind, 1)]), strict=True):
            clusters = Clusters.of(trial, errors, of_code, kind, factors[-1])
            nation = nations_shares(trial if kind == TYPES.index("state") else second, of_code, traded)
            shared = (clusters.inside(), clusters.ranks_inside(), clusters.strengths_inside(traded, nation))
            named = zip(("held", "ranks held", "strengths held"), shared, strict=True)
            found.append({"evidence": evidence, "of": name, "clusters": int(clusters.judged.sum())}
                         | {of: round(float(inside.mean()), 3) for of, inside in named}
                         | {"factor": factors[-1]})  # fmt: skip
            if evidence == EVIDENCE[0]:
                verdicts.append(clusters.strong(traded, nation))
    return found, factors, verdicts


def write(made: list[dict[str, Any]], seed: Path = SEED_FILE) -> None:
    """Writes a seed."""
    with seed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, made[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(made)


def main() -> int:
    """Measures, prints, writes where asked to, and returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mirror", type=Path, required=True, help="folder of publishers' files, <host>/<path>")
    parser.add_argument("--home", type=Path, help="keep tidy tables here between runs")
    parser.add_argument("--write", action="store_true", help=f"write {SEED_FILE.name}")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clusters-estimates-") as folder:
        scratch, of_code, traded, traded_clusters = prepared(args.mirror.resolve(), args.home or Path(folder))
        first, second = (Trial.of(scratch, year, traded) for year in (FITTED, CHECKED))
        at_random = Trial.of(scratch, CHECKED, traded, RANDOM)
        told_first, told_second = (
            own_year(*(Trial.of(scratch, year, traded, told=True) for year in years))
            for years in ((FITTED_STATES, FITTED), (CHECKED_STATES, CHECKED))
        )
    # States of a second year as well, told of or not; what is told of the nation's cells is another look at the first.
    fitting = first.joined(told_first[0], told_first[1].told_of())
    errors = fitted(fitting)
    clusters, factors, verdicts = of_clusters((first, second, *told_second), errors, of_code, set(traded_clusters))
    chance, is_strong = (np.concatenate(values) for values in zip(*verdicts, strict=True))
    cells = list(held(second.joined(*(trial.told_of() for trial in told_second)), errors))
    beside = [row for trial in told_second for row in held(trial.only(trial.evidence == 0), errors)]
    of_half = fitted(fitting.of_half(0))
    apart = [row for rule, trial in ((RULE, second), (RANDOM, at_random))
             for row in spread(rule, held(trial.of_half(1), of_half))]  # fmt: skip
    found = {"cells": cells, "beside told ones": beside, "clusters": clusters, "apart": apart,
             "strong": reliability(chance, is_strong)}  # fmt: skip
    for name, of in found.items():
        print(f"{name}\n\n" + table(of[0], [map(str, row.values()) for row in of]) + "\n")
    if args.write:
        write(list(rows(errors, factors)))
    brier = round(float(((chance - is_strong) ** 2).mean()), 4)
    print(json.dumps({"fitted": FITTED, "checked": CHECKED, **found, "brier": brier}))
    return 0 if all(HELD[0] <= row["held"] <= HELD[1] for row in cells + beside) else 1


if __name__ == "__main__":
    sys.exit(main())
