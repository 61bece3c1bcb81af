"""What of the tables a gate has to look at: what is new since a release that passed the same checks.

Belongs here: which checks can be taken as answered, which look at some years, which at all. Does not: what is new
(the ledger and the partitions tell), running a check (see `gate`).

A check that passed holds for rows that have not changed. So of a table with years it is asked of the new ones, and of
tables with nothing new not at all. It is asked of everything where it did not pass before, where a table without years
that it reads is new, where the code of the checks or an engine is another, and where it fails in the new years alone:
what is odd in one year may be right beside the others.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from orchestration.quality.checks import SqlCheck
from orchestration.quality.engine import EVERY
from orchestration.quality.verdict import CheckResult


@dataclass(frozen=True)
class Scope:
    """What is new, and what is known of the rest.

    `years` are by table those to look at: no year where nothing in it is new; None, or no mention, where all of it is.
    `passed` are the findings of the release before that passed, by table and check.

    Example:
        >>> scope = Scope({"employment": [], "dim_region": None})
        >>> scope.is_new("employment"), scope.is_new("dim_region")
        (False, True)
    """

    years: Mapping[str, Collection[int] | None] = field(default_factory=dict)
    passed: Mapping[tuple[str, str], CheckResult] = field(default_factory=dict)

    def is_new(self, table: str) -> bool:
        """Whether anything in a table is new."""
        years = self.years.get(table)
        return years is None or bool(years)

    def is_in_part(self, table: str) -> bool:
        """Whether some years of a table are new and others are not."""
        return bool(self.years.get(table))

    def known(self, table: str, check: str) -> CheckResult | None:
        """What is known of a table's promise to itself: what was found before, where nothing in it is new."""
        return None if self.is_new(table) else self.passed.get((table, check))

    def of(self, check: SqlCheck) -> SqlCheck | CheckResult:
        """A check as it is to be asked: of the new years, or of everything; or its answer, where that is known.

        Example:
            >>> check = SqlCheck("no_gap", "e", "error", "FROM e WHERE jobs IS NULL", "no gap")
            >>> Scope({"e": [2016]}).of(check).sql
            'WITH e AS NOT MATERIALIZED (FROM every_e)\\nSELECT * FROM (\\nFROM e WHERE jobs IS NULL\\n)'
        """
        read = [table for table in self.years if _names(check, table)]
        known = self.passed.get((check.table, check.name))
        # Each table shows its own new years: two that have others would never meet.
        differ = len({frozenset(self.years[table] or ()) for table in read if self.is_in_part(table)}) > 1
        if known is None or check.of_all_years or differ or any(self.years[table] is None for table in read):
            return self.of_everything(check)
        # One that reads no table holds profiles against each other, which are of every night.
        return check if not read or any(map(self.is_new, read)) else known

    def of_everything(self, check: SqlCheck) -> SqlCheck:
        """The same check of all years of all tables."""
        parts = [table for table in sorted(self.years) if self.is_in_part(table) and _names(check, table)]
        if not parts:
            return check
        # Under their own names, so that a check is written once.
        whole = ", ".join(f"{table} AS NOT MATERIALIZED (FROM {EVERY}{table})" for table in parts)
        return replace(check, sql=f"WITH {whole}\nSELECT * FROM (\n{check.sql}\n)")

    def without_answers(self) -> Scope:
        """The same, with every check asked of everything."""
        return replace(self, passed={})


EVERYTHING = Scope()


def _names(check: SqlCheck, table: str) -> bool:
    return re.search(rf"\b{table}\b", check.sql) is not None


def with_neighbours(new: Collection[int], now: Collection[int], before: Collection[int]) -> set[int]:
    """New years with those next to them, and years that were not next to each other before: checks compare such pairs.

    Example:
        >>> sorted(with_neighbours([2017], [2012, 2015, 2016, 2017], [2012, 2015, 2016]))
        [2016, 2017]
    """
    pairs = set(pairwise(sorted(now))) - {p for p in pairwise(sorted(before)) if not set(p) & set(new)}
    return {year for pair in pairs for year in pair} | set(new)
