"""What each gate asks: the profiles it takes and the checks it runs, from an open connection to its findings.

Belongs here: which checks and profiles belong to which set of tables, so that the nightly and whoever tries the gates
run the very same. Does not: any one check, where tables come from, what follows from a finding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from orchestration.contracts import TableContract, contracts
from orchestration.quality.cells import cell_checks
from orchestration.quality.checks import SqlCheck
from orchestration.quality.comparison import compare
from orchestration.quality.history import TableProfile, history_expectations, profile
from orchestration.quality.reconciliation import sums_checks
from orchestration.quality.reference import reference_checks
from orchestration.quality.revision import accepted, revision_checks
from orchestration.quality.verdict import CheckResult
from orchestration.quality.years import year_checks

BEFORE = "before_"
PROFILED = ("employment", "industry_specialisation", "cluster_specialisation", "dim_region", "dim_industry")


def tidy_contracts() -> dict[str, TableContract]:
    """The contracts of the tidy tables, by the names of their staging models."""
    return {name: c for name, c in contracts().items() if c.layer == "staging"}


def tidy_profiles(con: duckdb.DuckDBPyConnection) -> list[TableProfile]:
    """Profiles of all tidy tables, visible to `con` as `stg_<table>`."""
    qcew = profile(
        con,
        "stg_qcew",
        region="area_fips",
        region_type="CASE WHEN agglvl_code = 80 THEN '4' ELSE (agglvl_code // 10)::VARCHAR END",
        employment="annual_avg_emplvl",
        suppressed="disclosure_code = 'N'",
    )
    return [*qcew, *(p for name in tidy_contracts() if name != "stg_qcew" for p in profile(con, name))]


def mart_profiles(con: duckdb.DuckDBPyConnection) -> list[TableProfile]:
    """Profiles of the marts that have years, regions or industries."""
    return [p for name in PROFILED for p in profile(con, name)]


def tidy_checks() -> list[SqlCheck]:
    """What the tidy tables must satisfy beyond their contracts.

    Example:
        >>> {check.table for check in tidy_checks()} <= set(tidy_contracts())
        True
    """
    return [*sums_checks(), *cell_checks(), *year_checks(), *reference_checks()]


def revised_checks(con: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> list[SqlCheck]:
    """Limits on how far tidy tables may revise what was released, which `con` sees as `before_<table>`."""
    every = tidy_contracts()
    return [
        check
        for name in tables
        for check in revision_checks(every[name], compare(con, every[name], BEFORE + name, name, entities=()))
    ]


def findings(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, TableContract],
    checks: Sequence[SqlCheck],
    profiles: Sequence[TableProfile],
    before: Sequence[TableProfile],
    docs: Path,
    *,
    accepted_tables: Collection[str] = (),
) -> list[CheckResult]:
    """What Great Expectations finds in the tables: contracts, further checks, and the previous release's profiles.

    Args:
        con: sees the tables by their plain names (see `run_gate`).
        tables: contracts of the tables to look at.
        checks: further checks of these tables.
        profiles: theirs now.
        before: of the previous release, of any table; empty for a first release.
        docs: folder for Data Docs.
        accepted_tables: where what compares with the previous release stops nothing, since a person has let it pass.

    Raises:
        GateError: if Great Expectations itself broke down.

    Example:
        >>> findings(con, tidy_contracts(), tidy_checks(), tidy_profiles(con), [], docs)  # doctest: +SKIP
    """
    from orchestration.quality.gate import run_gate

    remembered = [p for p in before if p.table_name in tables]
    every = [*checks, *history_expectations(profiles, remembered)]
    passing = accepted([check for check in every if check.table in accepted_tables])
    return run_gate(con, tables, docs, checks=[*(c for c in every if c.table not in accepted_tables), *passing])
