"""Original cells of QCEW as the bounds are computed from them, some of them hidden: does the truth lie within?

Belongs here: numbered cells of real years made by the project's own models, and what hiding some of them gives. Does
not: which cells are hidden (`tests.indicators.hiding`), what is asserted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import duckdb
import numpy as np

from orchestration.assets.dbt_project import PROJECT
from orchestration.indicators.qcew import Places, bound_year
from orchestration.indicators.sums import Sums, sums_of
from orchestration.layout import RECENT, link_partitions
from orchestration.partitions import TidyIndex
from orchestration.settings import Settings
from orchestration.sources.bls.parse import parse_quarterly
from orchestration.sources.source import Edition
from orchestration.sources.staging import write_staging
from orchestration.sources.tidy import connect, write_partition
from tests.indicators.baselines import equal_split, errors, mean_size
from tests.indicators.hiding import at_random, by_rule

DBT = str(Path(sys.executable).with_name("dbt"))
BY_AREA = "data.bls.gov/cew/data/files/2016/csv/2016_qtrly_by_area.zip"
# The counties' original files stand beside the national file of 2016: they go by a year of the same edition of NAICS.
COUNTIES = 2014
LEVELS = {1: "supersector", 2: "sector", 3: "3 digits", 4: "4 digits", 5: "5 digits", 6: "6 digits"}
RULES = ("10 % at random", "30 % at random", "60 % at random", "under 3", "under 20")
# Of these the mirror's national files hold reconstructed figures (see its PROVENANCE), not the publisher's.
DERIVED = {2015: ["nation:US", "state:06", "state:48"], 2016: ["nation:US", "state:06", "state:48"]}


def built(home: Settings, *models: str) -> Path:
    """The work folder, with build.duckdb and scratch.duckdb, of a dbt build of models over the tables linked in a home.

    Raises:
        AssertionError: if dbt fails; its output is the message.
    """
    (home.work / "spill").mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [DBT, "build", "--select", *models, "--exclude-resource-type", "test", "unit_test",
         "--project-dir", ".", "--profiles-dir", ".", "--target-path", str(home.work / "target"),
         "--log-path", str(home.work / "logs")],
        cwd=PROJECT,
        env=os.environ
        | {
            "CLUSTERS_HOME": str(home.home),
            "CLUSTERS_TIDY": str(home.work / "tidy"),
            "CLUSTERS_SCRATCH": str(home.work / "scratch.duckdb"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    return home.work


def hide_a_third(home: Settings, states: Path, published: int, hidden: int) -> None:
    """Lays out one year of states twice: as published, and as another year with a third of its detail hidden."""
    folder = home.work / "tidy" / "qcew"
    for link in folder.iterdir():
        link.unlink()
    withheld = "industry_code <> '10' AND area_fips <> 'US000' AND hash(area_fips, own_code, industry_code) % 3 = 0"
    figures = ("annual_avg_emplvl", "total_annual_wages", "avg_annual_pay")
    emptied = ", ".join(f"CASE WHEN NOT ({withheld}) THEN {figure} END AS {figure}" for figure in figures)
    with duckdb.connect() as con:
        con.execute(
            f"""
            COPY (
                SELECT * FROM read_parquet('{states}') WHERE year = {published}
                UNION ALL
                SELECT * REPLACE (
                    {hidden}::SMALLINT AS year,
                    '{hidden}' AS period,
                    CASE WHEN {withheld} THEN 'N' ELSE disclosure_code END AS disclosure_code,
                    {emptied}
                )
                FROM read_parquet('{states}')
            ) TO '{folder}/both.parquet' (FORMAT parquet)
            """
        )


def linked(mirror_home: Path, folder: Path) -> Settings:
    """A home of its own with the tidy tables of a refreshed mirror linked for dbt."""
    home = Settings(home=folder, profile="mirror")
    home.work.mkdir(parents=True)
    home.tidy.symlink_to(mirror_home / "tidy")
    write_staging()
    link_partitions(TidyIndex(home).active(), home)
    return home


def add_counties(mirror: Path, home: Settings) -> None:
    """Puts the original by-area counties into the tidy tables, as the year `COUNTIES`."""
    folder = home.work / "by_area"
    with zipfile.ZipFile(mirror / BY_AREA) as archive:
        archive.extractall(folder)
    files = sorted(folder.rglob("*.csv"))
    target = home.work / "tidy" / "qcew" / f"{COUNTIES}.parquet"
    with connect("1500MB", 2, home.work / "spill") as con:
        rows = parse_quarterly(con, files, Edition("2016", None, ()))
        dated = rows.select(f"* REPLACE ({COUNTIES} AS year)")
        write_partition(dated, target, "bls_qcew", BY_AREA, Edition(str(COUNTIES), None, ()), COUNTIES)


def add_patterns(home: Settings, year: int, for_years: Iterable[int]) -> None:
    """Puts a year's County Business Patterns into the tidy tables for other years, of which the mirror has none.

    Their codes are then read as of those years' edition of NAICS.
    """
    folder = home.work / "tidy" / f"cbp_county{RECENT}"
    with duckdb.connect() as con:
        rows = f"SELECT * FROM read_parquet('{folder}/*.parquet') WHERE year = {year}"
        for other in for_years:
            dated = f"SELECT * REPLACE ({other}::SMALLINT AS year, '{other}' AS period) FROM ({rows})"
            con.execute(f"COPY ({dated}) TO '{folder / f'{other}.parquet'}' (FORMAT parquet)")


def by_number(regions: dict[str, np.ndarray], column: str, otherwise: object) -> np.ndarray:
    """A column of a year's regions in order of their numbers, some of which the year has no region for."""
    most = max(regions[name].max() for name in ("region_no", "parent_no", "metro_no", "state_no"))
    found = np.full(int(most) + 1, otherwise, dtype=regions[column].dtype)
    found[regions["region_no"]] = regions[column]
    return found


@dataclass(frozen=True)
class Year:
    """Cells of a year by number with the places they are at; `code` and `region_id` name their places."""

    year: int
    cells: dict[str, np.ndarray]
    places: Places
    code: np.ndarray
    region_id: np.ndarray

    @classmethod
    def read(cls, scratch: Path, year: int) -> Self:
        """The cells that dbt numbered, in the order in which the model hands them on."""
        with duckdb.connect(str(scratch), read_only=True) as con:
            regions, industries, cells = (
                con.sql(f"SELECT * FROM intermediate.{table} {where} ORDER BY {order}").fetchnumpy()
                for table, where, order in (
                    ("int_sum_regions", f"WHERE year = {year}", "region_no"),
                    ("int_sum_industries", "", "industry_no"),
                    ("int_sum_cells", f"WHERE year = {year}", "region_no, ownership_no, industry_no"),
                )
            )
        figures = ("establishments", "pieces", "employment", "wages", "average_pay", "told_jobs", "told_establishments")
        doubles = {n: np.ma.filled(np.ma.asarray(cells[n], dtype=np.float64), np.nan) for n in figures}
        return cls(
            year,
            {n: cells[n] for n in ("region_no", "ownership_no", "industry_no")} | doubles,
            Places(
                *(by_number(regions, name, -1) for name in ("parent_no", "metro_no", "state_no")),
                *(industries[name] for name in ("parent_no", "grouping_no")),
            ),
            industries["industry_code"][cells["industry_no"]].astype(str),
            by_number(regions, "region_id", "")[cells["region_no"]].astype(str),
        )

    @cached_property
    def level(self) -> np.ndarray:
        """Digits of industry detail, 0 for the total, 1 for domains and supersectors."""
        digits = np.char.str_len(np.char.partition(self.code, "-")[:, 0])
        grouping = np.char.startswith(self.code, "10")
        return np.where(grouping, np.where(digits == 2, 0, 1), digits)

    def original(self) -> np.ndarray:
        """Mask of the published cells that may be hidden: below the total, and as the publisher printed them."""
        reconstructed = np.isin(self.region_id, DERIVED.get(self.year, ["nation:US"]))
        return ~np.isnan(self.cells["employment"]) & (self.level > 0) & ~reconstructed

    def sums(self) -> list[Sums]:
        """What a reader could subtract in: sums whose whole is printed."""
        axes = [self.cells[name] for name in ("region_no", "ownership_no", "industry_no")]
        steps = [step for tree in self.places.hierarchies().values() for step in sums_of(axes, [tree])]
        printed = ~np.isnan(self.cells["employment"]) & ~np.isin(self.region_id, DERIVED.get(self.year, ["nation:US"]))
        return [step.only(printed[step.whole]) for step in steps]

    def hidden(self, rule: str, seed: int = 1) -> np.ndarray:
        """Cells hidden by one of `RULES`: so many at random, or by the publisher's rule for so few establishments."""
        if rule.endswith("at random"):
            return at_random(self.original(), int(rule.split()[0]) / 100, seed)
        jobs, fewest = self.cells["employment"], int(rule.split()[1])
        return by_rule(self.original(), self.cells["establishments"], jobs, self.sums(), fewest)

    def without(self, hidden: np.ndarray) -> Year:
        """The year as if some cells had been withheld."""
        figures = ("employment", "wages", "average_pay")
        return replace(self, cells=self.cells | {n: np.where(hidden, np.nan, self.cells[n]) for n in figures})

    def told(self, jobs: np.ndarray | None = None, establishments: np.ndarray | None = None) -> Year:
        """The year as if another source told this of its cells, or nothing."""
        nothing = np.full(len(self.code), np.nan)
        told = {"told_jobs": nothing if jobs is None else jobs}
        told |= {"told_establishments": nothing if establishments is None else establishments}
        return replace(self, cells=self.cells | told)

    def baselines(self) -> dict[str, np.ndarray]:
        """Two plain guesses at what is withheld: equal shares of what the parent leaves; establishments times mean."""
        axes = [self.cells[name] for name in ("region_no", "ownership_no", "industry_no")]
        industries = sums_of(axes, [self.places.hierarchies()["industries"]])
        kind = axes[1].astype(np.int64) * len(self.places.industry_parent) + axes[2]
        jobs = self.cells["employment"]
        return {
            "equal split": equal_split(jobs, industries),
            "establishments x mean": mean_size(jobs, self.cells["establishments"], kind),
        }


@dataclass(frozen=True)
class Trial:
    """What became of a year's hidden cells, one entry each: the truth, bounds and estimate in jobs, and their level."""

    level: np.ndarray
    true: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    guesses: dict[str, np.ndarray]

    @classmethod
    def of(cls, year: Year, rule: str, seed: int = 1) -> Self:
        """Hides cells of a year and bounds what is left."""
        hidden = year.hidden(rule, seed)
        left = year.without(hidden)
        found = bound_year(left.cells, left.places)
        guesses = {"estimate": found["estimate"], **left.baselines()}
        return cls(
            year.level[hidden],
            year.cells["employment"][hidden],
            found["lower"][hidden],
            found["upper"][hidden],
            {name: values[hidden] for name, values in guesses.items()},
        )

    @property
    def outside(self) -> int:
        """How many true values do not lie within their bounds."""
        return int((~((self.lower <= self.true) & (self.true <= self.upper))).sum())

    @property
    def reached(self) -> np.ndarray:
        """Mask of the cells that all guesses have a value for."""
        return np.all([np.isfinite(v) for v in self.guesses.values()], axis=0)

    def errors(self) -> dict[str, dict[str, float]]:
        """How far off each guess is, over the cells that all of them have a value for."""
        return {name: errors(values[self.reached], self.true[self.reached]) for name, values in self.guesses.items()}


def relative_width(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Width of bounds over their middle: 0 where they meet, 2 where the least is nothing.

    Example:
        >>> relative_width(np.array([5.0, 3.0, 0.0]), np.array([5.0, 5.0, 9.0])).tolist()
        [0.0, 0.5, 2.0]
    """
    return (upper - lower) / np.maximum((upper + lower) / 2, 0.5)
