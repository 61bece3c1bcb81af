"""How far estimates of hidden cells are off, on the state slices of QCEW as BLS published them, beside plain baselines.

Belongs here: reading the slices, baselines, errors, and a table of them. Does not: which cells are hidden (`hiding`),
what is asserted (`test_estimate`).

The states of a year have no national total among the original files, so cells add up along industries and ownerships
only. Print the table: `python -m tests.indicators.estimate_errors MIRROR [YEAR]`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np

from orchestration.indicators.bounds import tighten
from orchestration.indicators.estimate import estimate, mean_sizes
from orchestration.indicators.qcew import MONTHS, OWNERSHIPS, job_months
from orchestration.indicators.sums import Hierarchy, Sums, sums_of
from orchestration.sample.industries import ancestors
from tests.indicators.hiding import at_random, by_rule, without

OWNERS = ["0", "1", "2", "3", "5"]  # in the order of OWNERSHIPS: total, federal, state, local, private
LEVELS = {3: "supersector", 4: "sector", 5: "3 digits", 6: "4 digits", 7: "5 digits", 8: "6 digits"}
RULES = ("10 % at random", "30 % at random", "60 % at random", "under 3", "under 10", "under 60")


@dataclass(frozen=True)
class Slices:
    """One year's cells: places, digits of detail, establishments, and jobs, wages and average pay where published."""

    region: np.ndarray
    ownership: np.ndarray
    industry: np.ndarray
    level: np.ndarray
    establishments: np.ndarray
    jobs: np.ndarray
    wages: np.ndarray
    pay: np.ndarray
    parent: np.ndarray

    @property
    def published(self) -> np.ndarray:
        return ~np.isnan(self.jobs)

    @cached_property
    def steps(self) -> list[Sums]:
        """The sums along industries, then ownerships."""
        axes = [self.region, self.ownership, self.industry]
        return sums_of(axes, [Hierarchy(2, self.parent), Hierarchy(1, OWNERSHIPS)])

    @property
    def kinds(self) -> tuple[np.ndarray, np.ndarray]:
        """An industry and ownership as one place, by cell, and the parent of each such place: size differs by both."""
        offset = np.arange(len(OWNERSHIPS))[:, None] * len(self.parent)
        parent = np.where(self.parent >= 0, self.parent + offset, OWNERSHIPS[:, None])
        return self.ownership * len(self.parent) + self.industry, parent.ravel()

    def hidden(self, rule: str, seed: int = 1) -> np.ndarray:
        """Cells hidden by one of `RULES`: so many at random, or for fewer establishments than so many."""
        if rule.endswith("at random"):
            return at_random(self.published, int(rule.split()[0]) / 100, seed)
        return by_rule(self.published, self.establishments, self.jobs, self.steps, int(rule.split()[1]))


def read_slices(mirror: Path, year: int) -> Slices:
    """The 51 state slices of a year, from the mirror of publishers' files."""
    files = sorted((mirror / f"data.bls.gov/cew/data/api/{year}/a/area").glob("[0-9]*.csv"))
    columns = "annual_avg_estabs, annual_avg_emplvl, total_annual_wages, avg_annual_pay"
    withheld = "disclosure_code IS NOT DISTINCT FROM 'N'"
    cells = duckdb.execute(
        f"""
        SELECT area_fips, own_code, industry_code, agglvl_code % 10 AS level, annual_avg_estabs AS establishments,
            CASE WHEN NOT {withheld} THEN annual_avg_emplvl END AS jobs,
            CASE WHEN NOT {withheld} THEN total_annual_wages END AS wages,
            CASE WHEN NOT {withheld} THEN avg_annual_pay END AS pay
        FROM (
            SELECT area_fips, own_code, industry_code, disclosure_code,
                COLUMNS(c -> c IN ('agglvl_code', {", ".join(f"'{c}'" for c in columns.split(", "))}))::BIGINT
            FROM read_csv($files, all_varchar = true)
        )
        WHERE own_code IN $owners
        ORDER BY ALL
        """,
        {"files": [str(file) for file in files], "owners": OWNERS},
    ).fetchnumpy()
    chains = [(*ancestors(code), code) for code in cells["industry_code"][cells["level"] == max(LEVELS)]]
    above = {part: whole for chain in chains for whole, part in pairwise(chain)}
    codes, industry = np.unique(cells["industry_code"].astype(str), return_inverse=True)
    place = {code: i for i, code in enumerate(codes)}
    numbers = {n: np.ma.filled(cells[n].astype(float), np.nan) for n in ("establishments", "jobs", "wages", "pay")}
    return Slices(
        region=np.unique(cells["area_fips"].astype(str), return_inverse=True)[1],
        ownership=np.searchsorted(OWNERS, cells["own_code"].astype(str)),
        industry=industry,
        level=cells["level"],
        parent=np.array([place[above[code]] if code in above else -1 for code in codes]),
        **numbers,
    )


def equal_split(lower: np.ndarray, upper: np.ndarray, known: np.ndarray, steps: list[Sums]) -> np.ndarray:
    """First baseline: withheld parts share alike what their total leaves, from the top down; NaN without a total."""
    values = np.where(known, (lower + upper) / 2, np.nan)
    for step in reversed(steps):
        parts, total = values[step.part], values[step.whole]
        missing = np.isnan(parts)
        left = np.maximum(total - np.add.reduceat(np.where(missing, 0, parts), step.start), 0)
        share = left / np.maximum(np.add.reduceat(missing.astype(float), step.start), 1)
        values[step.part] = np.where(missing, share[step.of_part], parts)
    return values


def errors(estimated: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Median of |estimate - true| / true in per cent, where any are true; mean error in jobs; its share of all jobs."""
    off = np.abs(estimated - true)
    return {
        "median_percentage": float(np.median(off[true > 0] / true[true > 0]) * 100),
        "mean_absolute": float(off.mean()),
        "weighted_percentage": float(off.sum() / true.sum() * 100),
    }


@dataclass(frozen=True)
class Trial:
    """What became of hidden cells: their mask, the bounds in job-months, and by method the estimates, likewise."""

    hidden: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    steps: list[Sums]
    by_method: dict[str, np.ndarray]


def trial(cells: Slices, hidden: np.ndarray) -> Trial:
    """Bounds and estimates of a year's cells where some are hidden, with both baselines."""
    lower, upper = without(*job_months(cells.jobs, cells.wages, cells.pay), hidden)
    narrow = tighten(lower, upper, cells.steps)
    steps = [step.only(~out) for step, out in zip(cells.steps, narrow.left_out, strict=True)]
    kind, parent = cells.kinds
    count = cells.establishments
    return Trial(
        hidden,
        narrow.lower,
        narrow.upper,
        steps,
        {
            "estimate": estimate(narrow.lower, narrow.upper, count, kind, parent, steps),
            "equal split": equal_split(lower, upper, cells.published & ~hidden, cells.steps),
            "establishments x mean": count * mean_sizes(lower, upper, count, kind, parent)[kind],
        },
    )


def table(cells: Slices) -> Iterator[str]:
    """Errors by rule of hiding, level of detail and method, of hidden cells that all methods have a value for."""
    yield "| hidden | level | cells | method | median % | mean, jobs | of all jobs, % |\n|---|---|--:|---|--:|--:|--:|"
    for rule in RULES:
        tried = trial(cells, cells.hidden(rule))
        covered = tried.hidden & np.all([np.isfinite(v) for v in tried.by_method.values()], axis=0)
        for level, name in {0: "all", **LEVELS}.items():
            scored = covered & ((cells.level == level) | (level == 0))
            for method, values in tried.by_method.items():
                row = errors(values[scored] / MONTHS, cells.jobs[scored])
                figures = " | ".join(f"{figure:.1f}" for figure in row.values())
                yield f"| {rule} | {name} | {scored.sum()} of {tried.hidden.sum()} | {method} | {figures} |"


if __name__ == "__main__":
    year = int(sys.argv[2]) if len(sys.argv) > 2 else 2019
    print("\n".join(table(read_slices(Path(sys.argv[1]), year))))
