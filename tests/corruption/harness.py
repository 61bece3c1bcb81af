"""Applies mutations to clean tidy tables and asks the gates that a refresh asks.

Belongs here: the tidy side, and what both sides share. Does not: the mutations, the marts' side (see `marts_harness`),
any check: those come from `orchestration.quality.checklist`, as in the nightly.

Two scenarios. *New year*: the previous release does not hold what was mutated (QCEW: that year; else the table), so
arithmetic, other tables and neighbouring years must find it. *Re-issued*: the previous release holds it clean.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from orchestration.assets.gates import absent
from orchestration.layout import write_empty
from orchestration.partitions import Partition
from orchestration.quality.checklist import (
    BEFORE,
    FIRST,
    findings,
    revised_checks,
    tidy_checks,
    tidy_contracts,
    tidy_profiles,
)
from orchestration.quality.gate import run_gate
from orchestration.quality.history import history_expectations
from orchestration.quality.profiles import TableProfile
from orchestration.quality.verdict import CheckResult, stopping
from tests.corruption import consistent
from tests.corruption.mutation import Mutation

Verdict = Literal["blocked", "warned", "missed", "changes nothing"]
SCENARIOS = ("new year", "re-issued")
REMEMBERING = ("history_", "neighbouring_")


@dataclass(frozen=True)
class Outcome:
    """What became of one mutation in one scenario; `by` are the checks that failed beyond those of the clean tables.

    `named`: a message of one of them names a place or industry that the mutation touches.
    """

    mutation: str
    table: str
    small: bool
    scenario: str
    verdict: Verdict
    by: tuple[str, ...]
    seconds: float
    named: bool = False


def verdict(found: Sequence[CheckResult], clean: Iterable[CheckResult]) -> tuple[Verdict, tuple[str, ...]]:
    """A mutation's verdict: checks that fail on the clean tables too (warnings, at most) do not count."""
    failed = beyond(found, clean)
    names = tuple(f"{r.table_name}.{r.check_name}" for r in sorted(failed, key=lambda r: r.severity))
    return ("blocked" if stopping(failed) else "warned" if failed else "missed"), names


def beyond(found: Sequence[CheckResult], clean: Iterable[CheckResult]) -> list[CheckResult]:
    """What failed, without the checks that fail on the clean tables too."""
    known = {(r.table_name, r.check_name) for r in clean if not r.passed}
    return [r for r in found if not r.passed and (r.table_name, r.check_name) not in known]


def names_one(failed: Iterable[CheckResult], codes: Sequence[str]) -> bool:
    """Whether a message names one of the codes, as a word of its own.

    Example:
        >>> names_one([CheckResult("moved", "stg_qcew", "dbt", "warning", False, "code = 236118", "")], ["2361"])
        False
    """
    return any(re.search(rf"\b{re.escape(code)}\b", result.observed) for result in failed for code in codes)


class TidyScene:
    """Clean tidy tables in one DuckDB connection, one of which can be replaced by a mutated copy.

    Args:
        partitions: the tidy index; of QCEW, all years.
        tidy: the folder they lie in.
        year: the year of QCEW that is mutated.
        seed: draws the states, counties and industries that mutations name.
        docs: scratch folder for Data Docs.
        threads: DuckDB's.
    """

    def __init__(
        self, partitions: Sequence[Partition], tidy: Path, year: int, seed: int, docs: Path, threads: int = 2
    ) -> None:
        self.files: dict[str, dict[str, str]] = {}
        for p in partitions:
            self.files.setdefault(f"stg_{p.table}", {})[p.edition] = str(tidy / p.path)
        nothing = write_empty({p.table for p in partitions}, docs / "empty")
        self.empty = absent(nothing)
        for table, path in nothing.items():
            self.files[f"stg_{table}"] = {"none": str(path)}
        self.year, self.docs = year, docs
        self.con = duckdb.connect(config={"threads": threads, "memory_limit": "6GB"})
        self.con.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
        for table, files in self.files.items():
            self.con.read_parquet(list(files.values())).create_view(table)
        self.draw = {**draw(self.con, year, seed), **consistent.draw(self.con, year, seed)}
        self.profiles = tidy_profiles(self.con)
        self.clean = self._findings(self.profiles, self.profiles)

    def _findings(
        self, profiles: Sequence[TableProfile], before: Sequence[TableProfile], about: str = ""
    ) -> list[CheckResult]:
        """What the nightly's gate finds; with `about`, only what reads that table, since the rest stays as it was."""
        tables = {name: c for name, c in tidy_contracts().items() if about in ("", name)}
        checks = [c for c in tidy_checks() if about in c.sql]
        of_table = [p for p in profiles if about in ("", p.table_name)]
        return findings(self.con, tables, checks, of_table, before, self.docs, empty=self.empty)

    def as_new_year(self, year: int) -> list[CheckResult]:
        """What the gate finds in the clean tables when the previous release lacks a year of QCEW."""
        before = [p for p in self.profiles if (p.table_name, p.year) != ("stg_qcew", year)]
        return run_gate(self.con, {}, self.docs, checks=history_expectations(self.profiles, before))

    def judge(self, mutation: Mutation) -> Iterator[Outcome]:
        """The outcome in each scenario; a mutation that changes nothing here is said to."""
        start = time.perf_counter()
        with self._mutated(mutation) as changed:
            if not changed:
                yield from (
                    Outcome(mutation.name, mutation.table, mutation.small, s, "changes nothing", (), 0)
                    for s in SCENARIOS
                )
                return
            profiles = tidy_profiles(self.con)
            one_year = mutation.table == "stg_qcew" and not mutation.every_year
            key = (mutation.table, self.year if one_year else None)
            new = [p for p in self.profiles if p.table_name != key[0] or (key[1] is not None and p.year != key[1])]
            found = self._findings(profiles, new, mutation.table)
            yield self._outcome(mutation, SCENARIOS[0], found, start)
            # The other scenario differs in what is remembered only: contracts and checks need not be asked again.
            start = time.perf_counter()
            found = [f for f in found if not f.check_name.startswith(REMEMBERING)]
            self.con.execute(f"CREATE OR REPLACE VIEW {BEFORE}{mutation.table} AS FROM clean")
            found += self.against_the_previous_release(mutation.table, profiles, self.profiles)
            yield self._outcome(mutation, SCENARIOS[1], found, start)

    def night_after_night(self, of_night: Callable[[int], Mutation], nights: int) -> Iterator[Outcome]:
        """The outcome of each re-issue of a year of QCEW, of which each differs little from the one before.

        What is not blocked is published, and the next night's is held against it, and against the clean table as the
        oldest that a kept release has. The first that is blocked is the last.
        """
        table, before = "stg_qcew", self.profiles
        self.con.execute(f"CREATE OR REPLACE TABLE published AS FROM {table} WHERE year = {self.year}")
        for night in range(1, nights + 1):
            start, mutation = time.perf_counter(), of_night(night)
            with self._mutated(mutation):
                profiles = tidy_profiles(self.con)
                self.con.execute(f"CREATE OR REPLACE VIEW {BEFORE}{table} AS FROM published")
                self.con.execute(f"CREATE OR REPLACE VIEW {FIRST}{table} AS FROM clean")
                found = self.against_the_previous_release(table, profiles, before, first=[table] if night > 1 else [])
                self.con.execute("CREATE OR REPLACE TABLE published AS FROM mutated")
            outcome = self._outcome(mutation, f"night {night}", found, start)
            yield outcome
            if outcome.verdict == "blocked":
                return
            before = profiles

    def against_the_previous_release(
        self, table: str, now: Sequence[TableProfile], before: Sequence[TableProfile], first: Sequence[str] = ()
    ) -> list[CheckResult]:
        """What the gate finds because of what the previous release held, which the view `before_<table>` shows."""
        now, before = ([p for p in side if p.table_name == table] for side in (now, before))
        checks = [*history_expectations(now, before), *revised_checks(self.con, [table], first)]
        return run_gate(self.con, {}, self.docs, checks=checks)

    def _outcome(self, mutation: Mutation, scenario: str, found: Sequence[CheckResult], start: float) -> Outcome:
        seconds = time.perf_counter() - start
        named = names_one(beyond(found, self.clean), [self.draw[name] for name in mutation.touches])
        by = verdict(found, self.clean)
        return Outcome(mutation.name, mutation.table, mutation.small, scenario, *by, seconds, named)

    @contextmanager
    def _mutated(self, mutation: Mutation) -> Iterator[bool]:
        """The table's view shows the mutated rows; yields whether any differs."""
        table, files = mutation.table, self.files[mutation.table]
        one_year = table == "stg_qcew" and not mutation.every_year
        mine = [files[str(self.year)]] if one_year else list(files.values())
        others = [f for f in files.values() if f not in mine]
        self.con.read_parquet(mine).create_view("clean")
        self.con.read_parquet(others or mine).filter(f"year = {self.year - 1}" if others else "true").create_view(
            "before"
        )
        try:
            changed = materialise(self.con, mutation.sql.format(**self.draw))
            rest = f"SELECT * FROM read_parquet({others}) UNION ALL " if others else ""
            self.con.execute(f"CREATE OR REPLACE VIEW {table} AS {rest}FROM mutated")
            yield changed
        finally:
            self.con.read_parquet(list(files.values())).create_view(table)


def materialise(con: duckdb.DuckDBPyConnection, sql: str) -> bool:
    """Writes a mutation's rows to the table `mutated`, in the types of `clean`; says whether they differ from it."""
    con.execute("CREATE OR REPLACE TABLE mutated AS FROM clean LIMIT 0")
    con.execute(f"INSERT INTO mutated {sql}")
    fingerprint = "SELECT count(*), sum(hash(t)::HUGEINT) FROM {} AS t"
    clean, mutated = (con.execute(fingerprint.format(t)).fetchone() for t in ("clean", "mutated"))
    return clean != mutated


def draw(con: duckdb.DuckDBPyConnection, year: int, seed: int) -> Mapping[str, str]:
    """The places and industries that mutations name, drawn from the clean tables.

    States of some size; counties that QCEW holds that year where it holds any; a six-digit industry with a sibling
    under the same five-digit one; a private six-digit cell of the county.
    """
    rng = random.Random(seed)

    def one(sql: str, columns: int = 2) -> tuple[str, ...]:
        rows = con.execute(f"{sql} ORDER BY ALL").fetchall()
        return rng.choice(rows) if rows else ("none",) * columns

    of_year = f"FROM stg_qcew WHERE year = {year} AND size_code = '0'"
    state, state2 = one(
        f"""WITH s AS (SELECT left(area_fips, 2) AS state {of_year} AND agglvl_code = 50
            AND left(area_fips, 2) NOT IN ('02', '06', '11', '48', '72', '78'))
        SELECT a.state, b.state FROM s AS a JOIN s AS b ON a.state <> b.state"""
    )
    county, county2 = one(
        f"""WITH c AS (SELECT area_fips {of_year} AND agglvl_code = 70 AND annual_avg_emplvl > 5000
            AND right(area_fips, 3) < '995' AND left(area_fips, 2) = '{state}')
        SELECT a.area_fips, b.area_fips FROM c AS a JOIN c AS b ON a.area_fips <> b.area_fips"""
    )
    if county == "none":
        (county,) = one(
            f"SELECT DISTINCT county_fips FROM stg_county_adjacency WHERE left(county_fips, 2) = '{state}'", 1
        )
    industry, sibling = one(
        f"""WITH i AS (SELECT industry_code {of_year} AND agglvl_code % 10 = 8 AND own_code = '5'
            GROUP BY 1 HAVING count(*) > 5)
        SELECT a.industry_code, b.industry_code FROM i AS a JOIN i AS b
            ON left(a.industry_code, 5) = left(b.industry_code, 5) AND a.industry_code <> b.industry_code"""
    )
    (cell,) = one(
        f"SELECT industry_code {of_year} AND agglvl_code = 78 AND own_code = '5' AND area_fips = '{county}' "
        "AND annual_avg_emplvl > 50",
        1,
    )
    metro, metro2 = one(
        "SELECT DISTINCT a.cbsa_code, b.cbsa_code FROM stg_cbsa_delineation AS a JOIN stg_cbsa_delineation AS b "
        "ON a.cbsa_kind = 'metropolitan' AND b.cbsa_kind = 'metropolitan' AND a.cbsa_code <> b.cbsa_code"
    )
    (member,) = one(
        f"""SELECT arg_max(d.county_fips, q.annual_avg_emplvl) FROM stg_cbsa_delineation AS d
        JOIN stg_qcew AS q ON q.area_fips = d.county_fips AND q.own_code = '0' AND q.year = {year}
        WHERE d.cbsa_kind = 'metropolitan' GROUP BY d.period, d.cbsa_code HAVING count(*) > 1""",
        1,
    )
    sectors = ("'31', '32', '33'", "'62'", "'54'", "'72'", "'23'", "'42'")
    return {
        "seed": str(seed), "year": str(year), "state": state, "state2": state2, "county": county,
        "county2": county2, "industry": industry, "sibling": sibling, "cell_industry": cell,
        "sector_prefixes": rng.choice(sectors), "metro": metro, "metro2": metro2, "metro_county": member,
    }  # fmt: skip
