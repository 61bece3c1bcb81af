"""Great Expectations' results read as findings, in words for a person.

Belongs here: from one result to one `CheckResult`. Does not: running anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.quality.verdict import CheckResult

LONGEST = 300
"""Characters of an observation: what a terminal line or a table cell still shows well."""


def failed(table: str, check: str, observed: str, expected: str) -> CheckResult:
    """A finding that stops a release.

    Example:
        >>> failed("employment", "table_exists", "no such table", "the table is there").passed
        False
    """
    return CheckResult(check, table, "great_expectations", "error", False, _short(observed), expected)


def finding(table: str, result: Any) -> CheckResult:
    """One `ExpectationValidationResult` as a finding.

    A result with an exception is a failure of severity error, whatever it was meant to be: a check that could
    not be carried out has found nothing.
    """
    meta = result.expectation_config.meta
    problem = _exception(result.exception_info or {})
    if problem:
        return failed(table, meta["check"], f"could not be checked: {problem}", meta["expected"])
    return CheckResult(
        check_name=meta["check"],
        table_name=table,
        tool="great_expectations",
        severity="warning" if meta["severity"] == "warning" else "error",
        passed=bool(result.success),
        observed=_short(_observed(result.result, result.expectation_config.type)),
        expected=meta["expected"],
    )


def _exception(info: Mapping[Any, Any]) -> str:
    """The first exception's message, or nothing; Great Expectations nests one record per failed metric."""
    records = [info] if "raised_exception" in info else list(info.values())
    for record in records:
        if record.get("raised_exception"):
            return str(record.get("exception_message") or "an exception without a message")
    return ""


def _observed(result: Mapping[str, Any], kind: str) -> str:
    if kind == "expect_no_offending_rows":
        rows = result["details"]["unexpected_rows"]
        count = result["observed_value"]
        return f"{_rows(count)} offending, the first: {_row(rows[0])}" if rows else "no offending row"
    if kind == "expect_table_columns_to_match_set":
        return _columns(result)
    if "unexpected_count" in result:
        text = f"{result['unexpected_count']:,} of {_rows(result['element_count'])}"
        values = [v for v in result.get("partial_unexpected_list") or [] if v is not None]
        return f"{text}, such as {values[0]!r}" if values else text
    return _rows(result["observed_value"])


def _columns(result: Mapping[str, Any]) -> str:
    mismatched = result.get("details", {}).get("mismatched", {})
    parts = [f"{word}: {', '.join(mismatched[word])}" for word in ("missing", "unexpected") if word in mismatched]
    return "; ".join(parts) or "exactly those columns"


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def _row(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {'NULL' if value is None else value}" for name, value in row.items())


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
