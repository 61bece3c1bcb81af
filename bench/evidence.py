"""What other data would tell of withheld cells: how much less of the jobs is misplaced with it.

    python -m bench.evidence --mirror DIR [--home HOME]

Published cells are hidden by the publisher's rule and estimated without and with what another source tells of their
private jobs: County Business Patterns (of the same year over states; beside counties and metropolitan areas the mirror
has none, so that of three years later stands in, and shows the least that it gains), and the same cell's figure of the
year before. That is withheld too for most: by the same rule in both years, or for as many as it was in the real files.
Also: how well estimates and intervals do where one employer is likely to have most of a cell's jobs. Prints Markdown
tables, and JSON on the last line.

Belongs here: what evidence gains. Does not: fitting and checking intervals (`bench/estimates.py`).
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
from bench.estimates import CHECKED, CHECKED_STATES, ESTABLISHMENTS, FITTED, FITTED_STATES, RULE, TYPES, Trial, seeded
from bench.estimates import prepared as prepared_cells
from orchestration.indicators.qcew import bound_year
from tests.marts.hidden_cells import DERIVED, Year

PRIVATE, SIX_DIGITS, SEED = 4, 6, 5
# Cells that one employer is likely to lead have so many times the mean size of their industry, but few plants.
TIMES, MOST_PLANTS = 5, 10


def kinds(year: Year) -> np.ndarray:
    """The type of region of each cell; of parts of areas nothing."""
    return np.array(["" if " in " in name else name.split(":")[0] for name in year.region_id.tolist()])


def place_in(now: Year, before: Year) -> np.ndarray:
    """For each cell its place in another year, -1 for none; regions and industries have one number in all years."""
    one, other = (
        (y.cells["region_no"].astype(np.int64) * 10 + y.cells["ownership_no"]) * 100_000 + y.cells["industry_no"]
        for y in (now, before)
    )
    order = np.argsort(other)
    place = order[np.minimum(np.searchsorted(other[order], one), len(other) - 1)]
    return np.where(other[place] == one, place, -1)


def year_before(now: Year, before: Year, is_known: np.ndarray) -> Year:
    """The year as if the figures of the year before were told of it, as far as known."""
    place = place_in(now, before)
    jobs, count = (before.cells[name][place] for name in ("employment", "establishments"))
    told = (place >= 0) & is_known[place] & (jobs > 0) & (count > 0) & (now.cells["ownership_no"] == PRIVATE)
    return now.told(np.where(told, jobs, np.nan), np.where(told, count, np.nan))


def known_a_year_on(now: Year, before: Year) -> np.ndarray:
    """Mask of a year's cells, as many at random as really are known in one of two years and withheld in the other.

    By type of region and establishments. Counted backwards: the mirror's 2015 is made of its 2016, so that what is
    known then is known now, and not the other way round.
    """
    place, kind = place_in(before, now), kinds(before)
    withheld = np.isnan(before.cells["employment"]) & (before.level > 0) & (before.cells["ownership_no"] == PRIVATE)
    withheld &= ~np.isin(before.region_id, DERIVED[before.year])
    known = (place >= 0) & ~np.isnan(now.cells["employment"][place])
    size = np.searchsorted(ESTABLISHMENTS, before.cells["establishments"], side="right")
    share = np.zeros(len(kind))
    for name in TYPES:
        printed = np.unique(before.region_id[(kind == name) & (before.level == SIX_DIGITS)
                                             & ~np.isnan(before.cells["employment"])])  # fmt: skip
        for number in range(1, len(ESTABLISHMENTS) + 1):
            chosen = (kind == name) & (size == number)
            judged = chosen & withheld & np.isin(before.region_id, printed)
            share[chosen] = known[judged].mean() if judged.any() else 0
    return np.random.default_rng(SEED).random(len(share)) < share


def gains(year: Year, hidden: np.ndarray, told: dict[str, Year]) -> Iterator[dict[str, Any]]:
    """What each thing told gains over none, by type of region."""
    kind, truth = kinds(year), year.cells["employment"]
    plain = bound_year(year.told().without(hidden).cells, year.places)
    chosen = hidden & (year.cells["ownership_no"] == PRIVATE) & ~(plain["upper"] <= plain["lower"])
    for name, other in told.items():
        found = bound_year(other.without(hidden).cells, year.places)
        is_told = other.cells["told_establishments"] > 0
        covered = np.isin(year.region_id, np.unique(year.region_id[is_told]))
        for region_type in TYPES:
            for level, mask in (("all", chosen), ("6 digits", chosen & (year.level == SIX_DIGITS))):
                mine = mask & (kind == region_type) & covered
                if not mine.any():
                    continue
                off, less = (np.abs(e["estimate"] - truth)[mine].sum() for e in (plain, found))
                yield {"told": name, "of": f"{region_type} {year.year}", "industries": level, "cells": int(mine.sum()),
                       "told of": round(float(is_told[mine].mean()), 3), "misplaced": round(off / truth[mine].sum(), 4),
                       "with it": round(less / truth[mine].sum(), 4), "gain": round(1 - less / off, 3)}  # fmt: skip


def led_by_one(trial: Trial, year: Year) -> Iterator[dict[str, Any]]:
    """How estimates and intervals do where one employer is likely to have most jobs, by what makes that likely."""
    judged, inside = trial.is_open & ~np.isnan(trial.truth) & (trial.establishments >= 3), trial.inside(seeded())
    codes, place = np.unique(trial.code, return_inverse=True)
    nation = (trial.kind == TYPES.index("state")) & ~np.isnan(trial.truth)
    jobs, plants = (np.bincount(place[nation], v[nation], len(codes)) for v in (trial.truth, trial.establishments))
    usual = np.divide(jobs, plants, out=np.full(len(codes), np.nan), where=plants > 0)[place]
    few = judged & (trial.establishments < MOST_PLANTS)
    large = few & (trial.truth > TIMES * usual * trial.establishments)
    classes = {"3 to 9 plants": few, f"of these, {TIMES} times the usual size": large,
               "of these, the others": few & ~large}  # fmt: skip
    withheld = judged & trial.is_withheld & (trial.establishments >= 20)
    classes |= {"20 plants or more": judged & (trial.establishments >= 20),
                "of these, withheld by the publisher": withheld}  # fmt: skip
    for name, mask in classes.items():
        for kind, region_type in enumerate(TYPES):
            mine = mask & (trial.kind == kind)
            if mine.sum() >= 50:
                truth, estimate = trial.truth[mine], trial.estimate[mine]
                yield {"cells": name, "of": f"{region_type} {year.year}", "number": int(mine.sum()),
                       "held": round(float(inside[mine].mean()), 3),
                       "misplaced": round(float(np.abs(truth - estimate).sum() / truth.sum()), 3),
                       "estimate of truth": round(float(estimate.sum() / truth.sum()), 3)}  # fmt: skip


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mirror", type=Path, required=True, help="folder of publishers' files, <host>/<path>")
    parser.add_argument("--home", type=Path, help="keep tidy tables here between runs")
    args = parser.parse_args()
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="clusters-evidence-") as folder:
        scratch, _, traded, _ = prepared_cells(args.mirror.resolve(), args.home or Path(folder))
        for number in (FITTED_STATES, CHECKED_STATES):
            year = Year.read(scratch, number)
            found += gains(year, year.hidden(RULE), {"County Business Patterns": year})
        now, before = (Year.read(scratch, number) for number in (CHECKED, FITTED))
        hidden, printed = now.hidden(RULE), ~np.isnan(before.cells["employment"])
        as_real = known_a_year_on(now, before)
        told = {"County Business Patterns, three years late": now}
        told["the year before, hidden by the same rule"] = year_before(now, before, printed & ~before.hidden(RULE))
        told["the year before, as often as in real files"] = year_before(now, before, printed & as_real)
        found += gains(now, hidden, told)
        of_one = list(led_by_one(Trial.of(scratch, CHECKED, traded), now))
    for rows in (found, of_one):
        print(table(rows[0], [map(str, row.values()) for row in rows]) + "\n")
    print(json.dumps({"gains": found, "one employer": of_one}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
