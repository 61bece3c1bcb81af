"""The gates as Dagster asset checks: Great Expectations over the tidy tables, and over the marts before publishing.

Belongs here: which tables and checks a gate holds and how findings become check results. Does not: the checks.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import duckdb
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    MetadataValue,
    multi_asset_check,
)

from orchestration.assets.resources import Refresh
from orchestration.assets.tidy import tidy_key
from orchestration.assets.warehouse import build_path
from orchestration.contracts import TableContract, contracts, mart_contracts
from orchestration.quality.checks import SqlCheck
from orchestration.quality.comparison import compare
from orchestration.quality.engine import open_file, open_parquet
from orchestration.quality.history import TableProfile, history_expectations, profile
from orchestration.quality.reconciliation import qcew_checks
from orchestration.quality.revision import FROM_HISTORY, accepted, revision_checks
from orchestration.quality.verdict import CheckResult, stopping
from orchestration.release.publish import Warehouse
from orchestration.release.records import read_profiles
from orchestration.sources.bls import QCEW_AREAS
from orchestration.sources.catalogue import DATASETS

log = logging.getLogger("clusters.gate")

TIDY = {f"stg_{dataset.table}": dataset.table for dataset in DATASETS.values()}
PROFILED = ("employment", "industry_specialisation", "cluster_specialisation", "dim_region", "dim_industry")
HISTORY, CONTRACT = "history", "contract"
LEARNED = (*FROM_HISTORY, "neighbouring_")
BEFORE = "before_"

profile_qcew = partial(
    profile,
    region="area_fips",
    region_type="CASE WHEN agglvl_code = 80 THEN '4' ELSE (agglvl_code // 10)::VARCHAR END",
    employment="annual_avg_emplvl",
    suppressed="disclosure_code = 'N'",
)


def _specs(keys: Mapping[str, AssetKey], checks: Sequence[SqlCheck]) -> list[AssetCheckSpec]:
    described = {
        CONTRACT: "Columns, types, domains, keys and row counts are as the contract says",
        HISTORY: "Nothing is lost or out of proportion against the previous release and the neighbouring year",
    }
    # Pulling QCEW needs the list of areas, so the gate over both cannot stand between them: there it is the release
    # step that reads the finding.
    specs = [
        AssetCheckSpec(name, asset=key, description=text, blocking=key != tidy_key(QCEW_AREAS))
        for key in keys.values()
        for name, text in described.items()
    ]
    return specs + [
        AssetCheckSpec(check.name, asset=keys[check.table], description=check.expected, blocking=True)
        for check in checks
    ]


def check_results(
    findings: Sequence[CheckResult], keys: Mapping[str, AssetKey], named: Sequence[SqlCheck], docs: Path
) -> Iterator[AssetCheckResult]:
    """One Dagster result per table for its contract and its history, and one for each named check."""
    own_name = {(check.table, check.name) for check in named}
    for table, key in keys.items():
        groups: dict[str, list[CheckResult]] = {CONTRACT: [], HISTORY: []}
        for finding in (f for f in findings if f.table_name == table):
            if (table, finding.check_name) in own_name:
                group = finding.check_name
            else:
                group = HISTORY if finding.check_name.startswith(LEARNED) else CONTRACT
            groups.setdefault(group, []).append(finding)
        for name, results in groups.items():
            failed = [r for r in results if not r.passed]
            yield AssetCheckResult(
                asset_key=key,
                check_name=name,
                passed=not failed,
                severity=AssetCheckSeverity.ERROR if stopping(failed) else AssetCheckSeverity.WARN,
                metadata={
                    "checks": len(results),
                    "failed": [str(r) for r in failed],
                    "data docs": MetadataValue.path(str(docs / "index.html")),
                },
            )


def previous_profiles(refresh: Refresh) -> list[TableProfile]:
    """Profiles of the current release, where it is of the same profile (sample, mirror, live)."""
    current = Warehouse(refresh.settings).current()
    if current is None or current.profile != refresh.settings.profile:
        return []
    return read_profiles(current.path)


def judge(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, TableContract],
    profiles: Sequence[TableProfile],
    checks: Sequence[SqlCheck],
    refresh: Refresh,
    docs: Path,
) -> list[CheckResult]:
    """The findings of Great Expectations on contracts, history and further checks of the tables."""
    from orchestration.quality.gate import run_gate

    before = [p for p in previous_profiles(refresh) if p.table_name in tables]
    every = [*checks, *history_expectations(profiles, before)]
    return run_gate(con, tables, docs, checks=[c for name in tables for c in _of_table(name, every, refresh)])


def _of_table(table: str, checks: Sequence[SqlCheck], refresh: Refresh) -> list[SqlCheck]:
    """A table's checks; what a person accepted of its source, or for a mart of any source, stops nothing."""
    found = [check for check in checks if check.table == table]
    sources = {dataset.source_id for dataset in DATASETS.values() if TIDY.get(table) in (None, dataset.table)}
    return accepted(found) if sources.intersection(refresh.accept_revision) else found


def _gate(
    name: str, keys: Mapping[str, AssetKey], checks: Sequence[SqlCheck], run: Callable[[Refresh], list[CheckResult]]
) -> AssetChecksDefinition:
    @multi_asset_check(name=f"{name}_gate", specs=_specs(keys, checks), can_subset=True)
    def gate(context: AssetCheckExecutionContext, refresh: Refresh) -> Iterator[AssetCheckResult]:
        if not refresh.anything_new():
            return
        log.info("Great Expectations looks at the %s tables", name)
        findings = run(refresh)
        refresh.record_checks(name, findings)
        wanted = context.selected_asset_check_keys
        for result in check_results(findings, keys, checks, refresh.settings.data_docs / name):
            if any((k.asset_key, k.name) == (result.asset_key, result.check_name) for k in wanted):
                yield result

    return gate


def check_tidy(refresh: Refresh) -> list[CheckResult]:
    """Every tidy table of the release to be."""
    files: dict[str, Path | str | list[Path]] = {
        name: [refresh.settings.tidy / p.path for p in refresh.partitions if p.table == table]
        for name, table in TIDY.items()
    }
    tables, before = {name: contracts()[name] for name in TIDY}, replaced_files(refresh)
    with open_parquet(files | before, threads=refresh.settings.threads) as con:
        profiles = [p for name in TIDY for p in (profile_qcew if name == "stg_qcew" else profile)(con, name)]
        refresh.record_profiles("tidy", profiles)
        revised = [
            check
            for name, contract in tables.items()
            if BEFORE + name in before
            for check in revision_checks(contract, compare(con, contract, BEFORE + name, name, entities=()))
        ]
        return judge(con, tables, profiles, [*qcew_checks(), *revised], refresh, refresh.settings.data_docs / "tidy")


def replaced_files(refresh: Refresh) -> dict[str, Path | str | list[Path]]:
    """The tidy files of the current release that others have replaced, by the name of the view for them."""
    found: dict[str, list[Path]] = {}
    for partition in refresh.replaced():
        path = refresh.settings.tidy / partition.path
        if path.exists():
            found.setdefault(f"{BEFORE}stg_{partition.table}", []).append(path)
    return {name: paths for name, paths in found.items()}


def check_marts(refresh: Refresh) -> list[CheckResult]:
    """Every table that is about to be published."""
    with open_file(build_path(refresh.settings), threads=refresh.settings.threads) as con:
        profiles = [p for name in PROFILED for p in profile(con, name)]
        refresh.record_profiles("marts", profiles)
        return judge(con, mart_contracts(), profiles, [], refresh, refresh.settings.data_docs / "marts")


TIDY_KEYS = {f"stg_{dataset.table}": tidy_key(dataset) for dataset in DATASETS.values()}
TIDY_GATE = _gate("tidy", TIDY_KEYS, qcew_checks(), check_tidy)
MARTS_GATE = _gate("marts", {name: AssetKey(["marts", name]) for name in mart_contracts()}, [], check_marts)
