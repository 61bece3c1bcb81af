"""Checks as plain data: those that are a query (domain-specific gates, comparisons with history), those of values.

Belongs here: the shape of such checks. Does not: running them (see `gate`), any one check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from orchestration.quality.verdict import Severity


@dataclass(frozen=True)
class SqlCheck:
    """One query whose rows are what is wrong: it passes when there are none.

    `name` is unique within its table and fit for a Dagster check (letters, digits, underscores). `sql` is
    plain DuckDB SQL naming the tables it reads; braces are ordinary characters. Put the columns a person
    needs to find the row
    first: the first offending row is what the finding shows. `expected` is a short text for a person.
    `of_all_years` is for a query that says nothing if it sees some years alone (see `scope`).

    Example:
        >>> SqlCheck(
        ...     name="shares_sum_to_one",
        ...     table="cluster_specialisation",
        ...     severity="error",
        ...     sql="SELECT region_id, year, sum(share_of_region) AS total FROM cluster_specialisation "
        ...     "GROUP BY ALL HAVING abs(sum(share_of_region) - 1) > 1e-9",
        ...     expected="shares of a region sum to 1",
        ... ).severity
        'error'
    """

    name: str
    table: str
    severity: Severity
    sql: str
    expected: str
    of_all_years: bool = False


@dataclass(frozen=True)
class ValueCheck:
    """A promise about each value of a column; `broken` is SQL that holds for a value that breaks it.

    `rules` are the arguments by which Great Expectations knows the promise.

    Example:
        >>> ValueCheck("range", "year", "at least 1990", '"year" < 1990', {"min_value": 1990}).name
        'range__year'
    """

    kind: Literal["not_null", "range", "values"]
    column: str
    expected: str
    broken: str
    rules: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The check's name within its table."""
        return f"{self.kind}__{self.column}"
