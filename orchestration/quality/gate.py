"""The gate: Great Expectations over the tables of one DuckDB connection, and what it found.

Belongs here: running suites, reading their results as findings, failing closed. Does not: what is expected
(see `expectations`, `history`), how the pages look (see `pages`), what follows from a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from orchestration.contracts import TableContract
from orchestration.errors import GateError, SetupError
from orchestration.quality import pages
from orchestration.quality.checks import SqlCheck
from orchestration.quality.engine import columns_of
from orchestration.quality.expectations import column_types, contract_suite, query_expectation
from orchestration.quality.results import failed, finding
from orchestration.quality.scope import EVERYTHING, Scope
from orchestration.quality.verdict import CheckResult

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.expectations.expectation import Expectation


@dataclass
class _Plan:
    """What will be asked of one table, what is known already, and which checks see some of its years alone."""

    table: str
    expectations: list[Expectation] = field(default_factory=list)
    known: list[CheckResult] = field(default_factory=list)
    in_part: set[str] = field(default_factory=set)


def run_gate(
    con: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, TableContract],
    docs_dir: Path,
    *,
    tables: Iterable[str] | None = None,
    checks: Sequence[SqlCheck] = (),
    empty: Mapping[str, str] | None = None,
    run_name: str | None = None,
    scope: Scope = EVERYTHING,
) -> list[CheckResult]:
    """Check tables against their contracts and further queries, and write Data Docs.

    Args:
        con: a connection, only read from, in which every table or view is visible by its plain name, and to a
            new cursor too: neither temporary views nor `USE` are.
        contracts: by table name.
        docs_dir: where Data Docs go; `docs_dir/index.html` is their first page.
        tables: which tables to check; all that have a contract if None. A name without a contract is checked
            by its `checks` alone, and is a failure if it has none.
        checks: further queries for offending rows, for any of the tables.
        empty: tables that may have no rows, and why, for a person.
        run_name: what the pages call this run (the release id, say); the time if None.
        scope: what has to be looked at. Unless that is everything, `con` shows of a table the years to look at, and all
            of it under `every_<table>`.

    Returns:
        One finding per check, tables in the order given. What could not be checked (a missing table or
        column, an error inside Great Expectations) is a failure of severity error.

    Raises:
        GateError: if Great Expectations itself broke down.
        SetupError: if a contract names a type DuckDB doesn't know, or two checks of a table have one name.

    Example:
        >>> with open_file(build) as con:  # doctest: +SKIP
        ...     stopping(run_gate(con, mart_contracts(), settings().data_docs, run_name=release_id))
        []
    """
    named = list(contracts if tables is None else tables)
    named += [t for t in dict.fromkeys(c.table for c in checks) if t not in named]
    name = run_name or datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    validations, results = {}, {}

    def ask(tables: Iterable[str], scope: Scope) -> list[_Plan]:
        plans = [
            _plan(con, table, contracts.get(table), checks, (empty or {}).get(table, ""), scope) for table in tables
        ]
        validations.update(_validate(con, [plan for plan in plans if plan.expectations], name))
        results.update({plan.table: _findings(plan, validations.get(plan.table)) for plan in plans})
        return plans

    doubtful = [
        plan.table
        for plan in ask(named, scope)
        if any(not found.passed and found.check_name in plan.in_part for found in results[plan.table])
    ]
    if doubtful:
        ask(doubtful, scope.without_answers())
    found = [result for table in named for result in results[table]]
    pages.write(docs_dir, name, found, validations)
    return found


def _plan(
    con: duckdb.DuckDBPyConnection,
    table: str,
    contract: TableContract | None,
    checks: Sequence[SqlCheck],
    empty: str,
    scope: Scope,
) -> _Plan:
    plan, present = _Plan(table), columns_of(con, table)
    if not present:
        plan.known.append(failed(table, "table_exists", "no such table", "the table is there"))
        return plan
    wanted = column_types(con, contract) if contract else {}
    promised = contract_suite(contract, wanted, present, empty) if contract else []
    further = [check for check in checks if check.table == table]
    if not promised and not further:
        plan.known.append(failed(table, "checks_exist", "no contract and no check", "at least one check"))
    _require_unique(table, [*((e.meta or {})["check"] for e in promised), *(check.name for check in further)])
    for expectation in promised:
        meta = expectation.meta or {}
        if known := scope.known(table, meta["check"]):
            plan.known.append(known)
        elif unfit := _unfit(meta["columns"], wanted, present):
            plan.known.append(failed(table, meta["check"], f"not checked: {unfit}", meta["expected"]))
        else:
            plan.expectations.append(expectation)
    for check in further:
        asked = scope.of(check)
        if isinstance(asked, CheckResult):
            plan.known.append(asked)
            continue
        plan.expectations.append(query_expectation(asked))
        if asked != scope.of_everything(check):
            plan.in_part.add(check.name)
    return plan


def _require_unique(table: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SetupError(f"{table}: checks of the same name: {', '.join(twice)}. Remedy: rename all but one.")


def _unfit(columns: Sequence[str], wanted: Mapping[str, str], present: Mapping[str, str]) -> str:
    """Why columns can't be asked about, or nothing.

    Asking all the same would raise inside the one query that answers a table's column expectations, and every
    other finding about the table would be lost with it.
    """
    for column in columns:
        if column not in present:
            return f"there is no column {column}"
        if column in wanted and present[column] != wanted[column]:
            return f"{column} is {present[column]}, not {wanted[column]}"
    return ""


def _validate(
    con: duckdb.DuckDBPyConnection, plans: Sequence[_Plan], run_name: str
) -> dict[str, ExpectationSuiteValidationResult]:
    if not plans:
        return {}
    try:
        return _run(con, plans, run_name)
    except Exception as error:
        raise GateError(
            f"Great Expectations broke down: {type(error).__name__}: {error}. Nothing was published. "
            "Remedy: see the log; the tables are in the build file."
        ) from error


def _run(
    con: duckdb.DuckDBPyConnection, plans: Sequence[_Plan], run_name: str
) -> dict[str, ExpectationSuiteValidationResult]:
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from sqlalchemy.pool import StaticPool

    from orchestration.quality.dialect import URL, creator

    config = DataContextConfig(
        # Its default leaves a folder in /tmp for every run.
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    source = context.data_sources.add_sql(
        "warehouse",
        connection_string=URL,
        kwargs={"creator": creator(con), "poolclass": StaticPool},  # type: ignore[call-arg]  # not in the stub
    )
    run = RunIdentifier(run_name=run_name)
    results = {}
    for plan in plans:
        # Quoted, because names that are not keywords elsewhere can be in DuckDB.
        asset = source.add_table_asset(plan.table, table_name=f'"{plan.table}"')
        batch = asset.get_batch(asset.build_batch_request())
        suite = gx.ExpectationSuite(plan.table, expectations=plan.expectations)
        # A checkpoint would put every suite into a store and read it back six times, a quarter of the gate's time.
        result = batch.validate(suite, result_format="SUMMARY")
        result.meta |= {"run_id": run, "validation_time": run.run_time}
        results[plan.table] = result
    return results


def _findings(plan: _Plan, validation: ExpectationSuiteValidationResult | None) -> list[CheckResult]:
    answers = validation.results if validation else []
    by_check = {f.check_name: f for f in (finding(plan.table, answer) for answer in answers)}
    findings = list(plan.known)
    for expectation in plan.expectations:
        meta = expectation.meta or {}
        unanswered = failed(plan.table, meta["check"], "no answer", meta["expected"])
        findings.append(by_check.get(meta["check"], unanswered))
    return findings
