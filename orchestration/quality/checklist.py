"""What each gate asks: the profiles it takes and the checks it runs, from an open connection to its findings.

Belongs here: which checks and profiles belong to which set of tables, so that the nightly and whoever tries the gates
run the very same. Does not: any one check, where tables come from, what follows from a finding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from orchestration.contracts import TableContract, contracts, mart_contracts
from orchestration.naics import first_years
from orchestration.quality.checks import SqlCheck
from orchestration.quality.comparison import compare
from orchestration.quality.engine import EVERY, columns_of, quoted
from orchestration.quality.history import history_expectations
from orchestration.quality.kept import codes_kept, keys_kept
from orchestration.quality.named_sql import source_checks
from orchestration.quality.parts import moved_parts, part_checks
from orchestration.quality.profiles import TableProfile, profile, profile_of
from orchestration.quality.revision import accepted, revision_checks
from orchestration.quality.scope import EVERYTHING, Scope
from orchestration.quality.verdict import CheckResult
from orchestration.sources.declaration import PACKAGE

BEFORE = "before_"
FIRST = "first_"
"""Before the name of a tidy table, the oldest version of its editions since somebody has accepted a revision."""
IN_ALL, SINCE = "revision_in_all_", "all re-issues since the first taken together"
EARLIER = "earlier_release"
"""The name under which a connection sees the previous release's file."""

ALL_YEARS = "employment"
"""The mart whose years are those of a release: every other one is made from it."""


# By the first digit of levels of aggregation, metropolitan areas' totals and their industries apart: from 2025 on QCEW
# prints the totals alone.
KINDS_OF_AREAS = """CASE WHEN agglvl_code IN (40, 80) THEN '4' WHEN agglvl_code // 10 = 4 THEN '4 by industry'
    ELSE (agglvl_code // 10)::VARCHAR END"""


def tidy_contracts() -> dict[str, TableContract]:
    """The contracts of the tidy tables, by the names of their staging models."""
    return {name: c for name, c in contracts().items() if c.layer == "staging"}


def tidy_profiles(
    con: duckdb.DuckDBPyConnection, scope: Scope = EVERYTHING, before: Sequence[TableProfile] = ()
) -> list[TableProfile]:
    """Profiles of all tidy tables, visible to `con` as `stg_<table>`; of what need not be looked at those of before."""
    qcew = {
        "region": "area_fips",
        "region_type": KINDS_OF_AREAS,
        "employment": "annual_avg_emplvl",
        "suppressed": "disclosure_code IS NOT NULL",
    }
    found = []
    for name, contract in tidy_contracts().items():
        found += _known(con, contract, scope, before)
        if scope.is_new(name):
            found += profile(con, name, **qcew) if name == "stg_qcew" else profile_of(con, contract)
    return found


def mart_profiles(
    con: duckdb.DuckDBPyConnection, scope: Scope = EVERYTHING, before: Sequence[TableProfile] = ()
) -> list[TableProfile]:
    """Profiles of all marts; of what need not be looked at those of before."""
    found = []
    for name, contract in mart_contracts().items():
        found += _known(con, contract, scope, before)
        found += profile_of(con, contract) if scope.is_new(name) else []
    return found


def _known(
    con: duckdb.DuckDBPyConnection, contract: TableContract, scope: Scope, before: Sequence[TableProfile]
) -> list[TableProfile]:
    """What is known of the years of a table that need not be looked at, if they are still there."""
    looked_at = scope.years.get(contract.name)
    if looked_at is None:
        return []
    rest = [p for p in before if p.table_name == contract.name and p.year not in looked_at]
    if contract.year is None:
        return rest
    whole = quoted(EVERY + contract.name if scope.is_in_part(contract.name) else contract.name)
    there = {year for (year,) in con.execute(f"SELECT DISTINCT {quoted(contract.year)} FROM {whole}").fetchall()}
    return [p for p in rest if p.year in there]


def tidy_checks() -> list[SqlCheck]:
    """What the tidy tables must satisfy beyond their contracts: the queries beside their sources' declarations.

    Example:
        >>> {check.table for check in tidy_checks()} <= set(tidy_contracts())
        True
    """
    return source_checks(PACKAGE, tidy_contracts())


def revised_checks(con: duckdb.DuckDBPyConnection, tables: Iterable[str], first: Iterable[str] = ()) -> list[SqlCheck]:
    """Limits on how far tidy tables may revise what was released, which `con` sees as `before_<table>`.

    `first` are those of which `con` sees an older version than the last as `first_<table>`: many small revisions must
    not add up to what one alone may not do.
    """
    every = tidy_contracts()
    found: list[SqlCheck] = []
    for name in tables:
        before = BEFORE + name
        found += codes_kept(every[name], before, columns_of(con, before), columns_of(con, name))
        found += _revised(con, every[name], before)
    for name in first:
        found += [
            replace(check, name=check.name.replace("revision_", IN_ALL, 1), expected=f"{check.expected}; {SINCE}")
            for check in _revised(con, every[name], FIRST + name)
        ]
    return found


def _revised(con: duckdb.DuckDBPyConnection, contract: TableContract, before: str) -> list[SqlCheck]:
    revisions = compare(con, contract, before, contract.name, entities=())
    compared = any(r.cells for r in revisions)
    return [
        *revision_checks(contract, revisions),
        *(part_checks(contract, moved_parts(con, contract)) if compared else []),
    ]


def mart_checks() -> list[SqlCheck]:
    """What the marts must satisfy beyond their contracts: every year of a release is in every table of its years."""
    return [
        _every_year(contract)
        for contract in mart_contracts().values()
        if contract.year is not None and contract.needs_years and contract.name != ALL_YEARS
    ]


def _every_year(contract: TableContract) -> SqlCheck:
    table = quoted(contract.name)
    years = " UNION ".join(f"SELECT {name} FROM {table}" for name in contract.dates if name.endswith("year"))
    return SqlCheck(
        "every_year_is_there",
        contract.name,
        "error",
        f"SELECT DISTINCT year FROM {quoted(ALL_YEARS)} WHERE EXISTS (FROM {table}) AND year NOT IN ({years})\n"
        "ORDER BY year",
        f"every year of {ALL_YEARS}",
        of_all_years=True,
    )


def lost_checks(
    con: duckdb.DuckDBPyConnection, tables: Mapping[str, TableContract], *, same_code: bool = True
) -> list[SqlCheck]:
    """Checks that tables that are of no time keep every key of the previous release, attached as `earlier_release`.

    Warnings where another version of the warehouse made that one, which may have named things otherwise: what a
    publisher no longer names is found in the tidy tables.
    """
    rows = con.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        f"WHERE database_name = '{EARLIER}' AND schema_name = 'main' ORDER BY ALL"
    ).fetchall()
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        columns.setdefault(table, {})[column] = kind
    return [
        check if same_code else replace(check, severity="warning")
        for name, contract in tables.items()
        for check in keys_kept(contract, f"{EARLIER}.main.{quoted(name)}", columns.get(name, {}), columns_of(con, name))
    ]


def may_be_empty(tables: Mapping[str, TableContract], profiles: Sequence[TableProfile]) -> dict[str, str]:
    """The tables that may be empty, since the release holds fewer years than they need or they have their own, and why.

    Example:
        >>> may_be_empty(mart_contracts(), [TableProfile("employment", 2016, 5)])["cluster_dynamics"]
        'it needs 2 years and there is 1 (2016)'
    """
    years = sorted({p.year for p in profiles if p.table_name == ALL_YEARS and p.year is not None})
    held = f"there {'is' if len(years) == 1 else 'are'} {len(years)} ({', '.join(map(str, years))})"
    return {
        name: f"it needs {contract.needs_years} years and {held}"
        for name, contract in tables.items()
        if max(1, len(years)) < contract.needs_years
    } | {name: "all that it is made of is optional" for name, contract in tables.items() if not contract.needs_years}


def findings(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, TableContract],
    checks: Sequence[SqlCheck],
    profiles: Sequence[TableProfile],
    before: Sequence[TableProfile],
    docs: Path,
    *,
    accepted_tables: Collection[str] = (),
    news: str = "",
    lasting_news: str = "",
    empty: Mapping[str, str] | None = None,
    scope: Scope = EVERYTHING,
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
        news: what explains growth of tables that are of no time, and
        lasting_news: what explains growth within a year (see `history_expectations`).
        empty: tables that may have no rows, and why.
        scope: what has to be looked at.

    Raises:
        GateError: if Great Expectations itself broke down.

    Example:
        >>> findings(con, tidy_contracts(), tidy_checks(), tidy_profiles(con), [], docs)  # doctest: +SKIP
    """
    from orchestration.quality.gate import run_gate

    remembered = [p for p in before if p.table_name in tables]
    learned = history_expectations(
        profiles,
        remembered,
        breaks=first_years(),
        news=news,
        lasting_news=lasting_news,
        of_spans={name for name, contract in tables.items() if contract.is_of_spans},
    )
    every = [*learned, *checks]
    passing = accepted([check for check in every if check.table in accepted_tables])
    stopping = [check for check in every if check.table not in accepted_tables]
    return run_gate(con, tables, docs, checks=[*stopping, *passing], empty=empty, scope=scope)
