"""What a gate found, in the form `meta.check_result` keeps it.

Belongs here: the shape of a finding and the verdict over many. Does not: how a check is run or a release
stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Tool = Literal["great_expectations", "dbt", "refresh"]
Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class CheckResult:
    """One check of one table; `observed` and `expected` are short texts for a person.

    `check_name` is unique within its table.
    """

    check_name: str
    table_name: str
    tool: Tool
    severity: Severity
    passed: bool
    observed: str
    expected: str

    @property
    def in_words(self) -> str:
        """The finding as a sentence for a person who does not know the check.

        Example:
            >>> CheckResult("rows_kept", "stg_qcew", "dbt", "warning", False, "2 rows", "3 rows").in_words
            'qcew, rows kept: found 2 rows; expected 3 rows'
        """
        about = f"{self.table_name.removeprefix('stg_')}, {self.check_name.replace('__', '_').replace('_', ' ')}"
        return f"{about}: found {self.observed}; expected {self.expected}"

    def __str__(self) -> str:
        state = "passed" if self.passed else f"failed ({self.severity})"
        return f"{self.table_name}.{self.check_name} {state}: observed {self.observed}, expected {self.expected}"


def stopping(results: Iterable[CheckResult]) -> list[CheckResult]:
    """The findings that stop a release: failed, and of severity error.

    Example:
        >>> stopping([CheckResult("rows", "employment", "dbt", "warning", False, "1", "2")])
        []
    """
    return [r for r in results if not r.passed and r.severity == "error"]
