"""How narrow the bounds of withheld cells are, whether the truth lies within, and what they cost beside a bare read.

    python -m bench.bounds --mirror DIR [--home HOME] [--seeds 3] [--rounds 3]

Published cells of original files (the states of 2019 and 2020, nine counties) and of the national file of 2016 are
hidden, bounded and looked for; then the cells that are really withheld in 2016 are described, and the sums that
contradict others and were not heeded are counted. Last, the dbt model that bounds the national year takes turns with a
bare typed read of that year's CSV, each in a process of its own; what counts is the ratio. Prints Markdown tables, and
JSON on the last line.

Belongs here: the long run and its account. Does not: numbered cells and hiding (`tests/marts/hidden_cells.py`), the
race (`bench/bounds_speed.py`), what is asserted (`tests/marts/test_bounds_hold.py`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from orchestration.indicators.bounds import UNBOUNDED
from orchestration.indicators.qcew import SET_ASIDE, WITHIN_A_REGION, Places, bound_year
from orchestration.indicators.sums import Hierarchy, Sums, sums_of
from tests.corruption.workspace import NATIONAL_YEARS, SLICE_YEARS, mirror_settings, pulled
from tests.marts.hidden_cells import (
    COUNTIES,
    DERIVED,
    LEVELS,
    RULES,
    Trial,
    Year,
    add_counties,
    built,
    linked,
    relative_width,
)

NATION = 2016
NATION_RULES = ("30 % at random", "under 20")
SUMMED, RECONSTRUCTED = "cbsa, sum of counties", "nation, states 06 and 48, reconstructed"
KINDS = ("county", "cbsa", SUMMED, "state", RECONSTRUCTED)
NAMES = {
    COUNTIES: "9 counties 2016",
    2015: "nation 2015",
    NATION: "nation 2016",
    2019: "states 2019",
    2020: "states 2020",
}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mirror", type=Path, required=True, help="folder of publishers' files, <host>/<path>")
    parser.add_argument("--home", type=Path, help="keep tidy tables here between runs")
    parser.add_argument("--seeds", type=int, default=3, help="how often to hide at random in the original files")
    parser.add_argument("--rounds", type=int, default=3, help="of the race, 0 for none")
    args = parser.parse_args()
    mirror, started = args.mirror.resolve(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="clusters-bounds-") as folder:
        scratch = numbered(mirror, args.home or Path(folder))
        report: dict[str, object] = {"seeds": args.seeds}
        report["hidden"] = hiding(scratch, args.seeds)
        report["evidence"] = evidence(scratch)
        report["withheld"] = withheld(Year.read(scratch, NATION), kinds_of_regions(scratch))
        report["speed"] = race(mirror, scratch, args.rounds) if args.rounds else None
    print(json.dumps(report | {"seconds": round(time.monotonic() - started)}))


def numbered(mirror: Path, home: Path) -> Path:
    """The scratch file with the numbered cells of every year of the mirror, and of the original counties."""
    for years in (NATIONAL_YEARS, SLICE_YEARS):
        pulled(mirror_settings(home, mirror), years)
    shutil.rmtree(home / "numbered", ignore_errors=True)
    settings = linked(home, home / "numbered")
    add_counties(mirror, settings)
    return built(settings, "+int_sum_cells") / "scratch.duckdb"


def hiding(scratch: Path, seeds: int) -> list[dict[str, Any]]:
    """Tables of what became of hidden cells; the account of each file and rule."""
    found, distinct = [], 0
    for number in (*SLICE_YEARS, COUNTIES, NATION):
        year = Year.read(scratch, number)
        rules, most = (NATION_RULES, 1) if number == NATION else (RULES, seeds)
        ever = np.zeros(len(year.code), dtype=bool)
        for rule in rules:
            drawn = range(1, 1 + (most if rule.endswith("at random") else 1))
            found.append({"files": NAMES[number], "rule": rule} | account([Trial.of(year, rule, s) for s in drawn]))
            ever |= np.any([year.hidden(rule, seed) for seed in drawn], axis=0)
        distinct += 0 if number == NATION else int(ever.sum())
    original = [row for row in found if row["files"] != NAMES[NATION]]
    nation = [row for row in found if row["files"] == NAMES[NATION]]
    print(f"## Hidden cells\n\nOriginal files: {tally(original)}, of {distinct:,} different cells; at random with")
    print(f"seeds 1 to {seeds}, counted together. National file of {NATION}: {tally(nation)}; seed 1.\n")
    print_hidden(found)
    return found


def account(trials: list[Trial]) -> dict[str, Any]:
    """Figures of one rule, over all times it was drawn."""
    names = [f.name for f in fields(Trial) if f.name != "guesses"]
    joined = Trial(
        **{name: np.concatenate([getattr(t, name) for t in trials]) for name in names},
        guesses={name: np.concatenate([t.guesses[name] for t in trials]) for name in trials[0].guesses},
    )
    return {
        "hidden": len(joined.true),
        "outside": joined.outside,
        "pinned": round(float((joined.lower == joined.upper).mean()), 4),
        "compared": int(joined.reached.sum()),
        "errors": {n: {k: round(v, 2) for k, v in of.items()} for n, of in joined.errors().items()},
        "levels": {
            name: spread(joined.lower[joined.level == level], joined.upper[joined.level == level])
            for level, name in LEVELS.items()
            if (joined.level == level).any()
        },
    }


def spread(lower: np.ndarray, upper: np.ndarray) -> dict[str, Any]:
    """How wide some bounds are, in jobs and over their middle, how many meet, how many have a least above 0."""
    upper = np.where(np.isnan(upper), UNBOUNDED, upper)
    relative, jobs = np.percentile(relative_width(lower, upper), (50, 90)), np.percentile(upper - lower, (50, 90))
    return {
        "cells": len(lower),
        "median": round(relative[0], 4),
        "p90": round(relative[1], 4),
        "median_jobs": round(jobs[0], 1),
        "p90_jobs": round(jobs[1], 1),
        "pinned": round(float((lower == upper).mean()), 4),
        "some": round(float((lower > 0).mean()), 4),
    }


def tally(found: list[dict[str, Any]]) -> str:
    """How many cells were hidden in all, and how many were not found."""
    return f"{sum(r['hidden'] for r in found):,} hidings, {sum(r['outside'] for r in found)} outside their bounds"


def print_hidden(found: list[dict[str, Any]]) -> None:
    """The tables of hidden cells: within bounds and guesses, widths by level, exactly known by level."""
    guesses = list(found[0]["errors"])
    title = [f"{name}: median, of all jobs" for name in guesses]
    rows = [
        [r["files"], r["rule"], f"{r['hidden']:,}", f"{r['hidden'] - r['outside']:,}", percent(r["pinned"])]
        + [f"{r['compared']:,}"]
        + [f"{e['median_percentage']:.1f} %, {e['weighted_percentage']:.1f} %" for e in r["errors"].values()]
        for r in found
    ]
    print(table(["files", "hidden", "cells", "within bounds", "exact", "compared", *title], rows))
    print("\nRelative width of the bounds (width over middle; 2 where the least is 0), median / 90th percentile:\n")
    print(by_level(found, lambda s: f"{s['median']:.2f} / {s['p90']:.2f}"))
    print("\nShare of hidden cells that the bounds tell exactly, and their number:\n")
    print(by_level(found, lambda s: f"{percent(s['pinned'])} of {s['cells']:,}"))


def by_level(found: list[dict[str, Any]], shown: Callable[[dict[str, Any]], str]) -> str:
    """A table with a column for each level."""
    rows = [
        [r["files"], r["rule"], *(shown(r["levels"][n]) if n in r["levels"] else "" for n in LEVELS.values())]
        for r in found
    ]
    return table(["files", "hidden", *LEVELS.values()], rows)


def percent(share: float) -> str:
    """A share as the tables print it."""
    return f"{100 * share:.1f} %"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table, numbers and all else to the left."""
    head = list(head)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *map(list, rows)])


def evidence(scratch: Path) -> dict[str, dict[str, Any]]:
    """A table of the sums of every year that were not heeded, by hierarchy."""
    report, rows = {}, []
    for number, name in NAMES.items():
        year = Year.read(scratch, number)
        reasons = split(bound_year(year.cells, year.places)["unused"])
        regions = {reason: np.unique(year.region_id[mask]).tolist() for reason, mask in reasons.items()}
        numbers = {reason: np.unique(year.cells["region_no"][mask]) for reason, mask in reasons.items()}
        hierarchies = {}
        for hierarchy, steps in sums_by_name(year).items():
            aside = np.isin(year.cells["region_no"], numbers.get(f"all {hierarchy}", []))
            hierarchies[hierarchy] = counted = {
                "sums": sum(map(len, steps)),
                "left out": int(reasons.get(hierarchy, np.zeros(1)).sum()),
                "set aside": sum(int(aside[step.whole].sum()) for step in steps),
                "regions set aside": regions.get(f"all {hierarchy}", []),
            }
            row = [name, hierarchy, *(f"{counted[k]:,}" for k in ("sums", "left out", "set aside"))]
            rows.append([*row, str(len(counted["regions set aside"]))])
        report[name] = {"figures set aside": regions.get(SET_ASIDE, []), "hierarchies": hierarchies}
    print("\n## Sums that are no evidence\n")
    print(table(["files", "hierarchy", "sums", "left out singly", "set aside with their region", "regions"], rows))
    print("\nRegions whose own figures are no evidence:\n")
    print("\n".join(f"- {name}: {', '.join(r['figures set aside']) or 'none'}" for name, r in report.items()))
    return report


def split(unused: np.ndarray) -> dict[str, np.ndarray]:
    """For every reason named in `unused` a mask of the cells that name it.

    Example:
        >>> {name: mask.tolist() for name, mask in split(np.array(["", "a, b", "b"])).items()}
        {'a': [False, True, False], 'b': [False, True, True]}
    """
    masks: dict[str, np.ndarray] = {}
    for cell in np.flatnonzero(unused != ""):
        for reason in unused[cell].split(", "):
            masks.setdefault(reason, np.zeros(len(unused), dtype=bool))[cell] = True
    return masks


def sums_by_name(year: Year) -> dict[str, list[Sums]]:
    """The sums of a year by the name of their hierarchy."""
    axes = [year.cells[name] for name in ("region_no", "ownership_no", "industry_no")]
    return {name: sums_of(axes, [tree]) for name, tree in year.places.hierarchies().items()}


class RegionByRegion(Places):
    """The same places, where no region is a part of another: a withheld cell holds at most what its parent leaves."""

    def hierarchies(self) -> dict[str, Hierarchy]:
        """As `Places.hierarchies`, but those across regions without parents."""
        trees = super().hierarchies()
        none = {name: replace(tree, parent=np.full_like(tree.parent, -1)) for name, tree in trees.items()}
        return none | {name: trees[name] for name in WITHIN_A_REGION}


def withheld(year: Year, kind_of: np.ndarray) -> dict[str, dict[str, Any]]:
    """A table of the cells that are really withheld, beside what each region's own figures would say."""
    kind = kind_of[year.cells["region_no"]]
    # Of sums of counties, those are withheld of which a county is.
    unknown = np.isnan(year.cells["employment"])
    summed = (kind == SUMMED) | (kind == "")
    metros = [step.only(summed[step.whole]) for step in sums_by_name(year)["metropolitan areas"]]
    for step in metros:
        unknown[step.whole] &= step.added(unknown) > 0
    ours = bound_year(year.cells, year.places)
    plain = bound_year(year.cells, RegionByRegion(**vars(year.places)))
    for step in metros:
        for bound in ("lower", "upper"):
            plain[bound][step.whole] = step.added(plain[bound])
    return described(year, {name: unknown & (kind == name) for name in KINDS}, ours, plain)


def described(
    year: Year, kinds: Mapping[str, np.ndarray], ours: Mapping[str, np.ndarray], plain: Mapping[str, np.ndarray]
) -> dict[str, dict[str, Any]]:
    """The table of `withheld`, for masks of cells by kind of region."""
    report: dict[str, dict[str, Any]] = {}
    rows = []
    for kind, mask in kinds.items():
        for level, name in {**LEVELS, 0: "total"}.items():
            chosen = mask & (year.level == level)
            if not chosen.any():
                continue
            a, b = (spread(found["lower"][chosen], found["upper"][chosen]) for found in (ours, plain))
            report.setdefault(kind, {})[name] = {"ours": a, "region by region": b}
            rows.append([kind, name, f"{a['cells']:,}", percent(a["pinned"])])
            for s in (a, b):
                rows[-1] += [f"{s['median_jobs']:,.0f} / {s['p90_jobs']:,.0f}", f"{s['median']:.2f} / {s['p90']:.2f}"]
                rows[-1].append(percent(s["some"]))
    print(f"\n## Cells really withheld in {year.year}\n")
    print("Width in jobs and relative width: median / 90th percentile. Region by region: by its own figures alone.\n")
    widths = ["width, jobs", "relative width", "least > 0"]
    print(table(["region", "industry", "cells", "exact", *widths, *(f"region by region: {w}" for w in widths)], rows))
    return report


def kinds_of_regions(scratch: Path) -> np.ndarray:
    """For each region by number what kind it is; nothing for the parts of areas, of which nobody publishes figures."""
    summed = f"SELECT region_id FROM intermediate.int_cbsa_sums WHERE year = {NATION}"
    query = f"""
        SELECT
            CASE
                WHEN region_id IN ({summed}) THEN '{SUMMED}'
                WHEN region_id IN {tuple(DERIVED[NATION])} THEN '{RECONSTRUCTED}'
                WHEN region_id NOT LIKE '% in %' THEN split_part(region_id, ':', 1)
                ELSE ''
            END AS kind
        FROM (SELECT DISTINCT region_no, region_id FROM intermediate.int_sum_regions) AS of_every_year
        ORDER BY region_no
    """
    with duckdb.connect(str(scratch), read_only=True) as con:
        return con.sql(query).fetchnumpy()["kind"].astype(str)


def race(mirror: Path, scratch: Path, rounds: int) -> dict[str, Any]:
    """The table of `bench/bounds_speed.py`, from a process of its own: a child's peak counts its parent's at first."""
    where = ["--mirror", str(mirror), "--scratch", str(scratch), "--year", str(NATION), "--rounds", str(rounds)]
    command = [sys.executable, "-m", "bench.bounds_speed", *where]
    tables, account = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.rsplit("\n", 2)[:2]
    print(f"\n## Speed\n\n{tables}")
    return json.loads(account)


if __name__ == "__main__":
    main()
