"""The gates as Dagster asset checks: Great Expectations over the tidy tables, and over the marts before publishing.

Belongs here: which tables and checks a gate holds and how findings become check results. Does not: the checks.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

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
from orchestration.assets.scopes import first_versions, marts_scope, tidy_scope
from orchestration.assets.tidy import set_aside, tidy_key
from orchestration.assets.warehouse import build_path
from orchestration.assets.whole import require_whole
from orchestration.contracts import contracts, mart_contracts
from orchestration.layout import write_empty
from orchestration.partitions import Partition
from orchestration.quality.checklist import (
    BEFORE,
    EARLIER,
    FIRST,
    findings,
    lost_checks,
    mart_checks,
    mart_profiles,
    of_own_years,
    revised_checks,
    tidy_checks,
    tidy_contracts,
    tidy_profiles,
    too_few_years,
)
from orchestration.quality.checks import SqlCheck
from orchestration.quality.engine import EVERY, literal, open_file, open_parquet
from orchestration.quality.parts import cluster_checks
from orchestration.quality.profiles import TableProfile
from orchestration.quality.revision import FROM_HISTORY
from orchestration.quality.scope import Scope
from orchestration.quality.verdict import CheckResult, stopping
from orchestration.release.publish import Warehouse
from orchestration.release.records import read_profiles
from orchestration.sources.catalogue import SOURCES
from orchestration.telling.failure import named

log = logging.getLogger("clusters.gate")

TIDY = {source.contract.name: source.table for source in SOURCES.values()}
HISTORY, CONTRACT = "history", "contract"
LEARNED = (*FROM_HISTORY, "neighbouring_")


def _specs(keys: Mapping[str, AssetKey], checks: Sequence[SqlCheck]) -> list[AssetCheckSpec]:
    described = {
        CONTRACT: "Columns, types, domains, keys and row counts are as the contract says",
        HISTORY: "Nothing is lost or out of proportion against the previous release and the year before",
    }
    specs = [
        AssetCheckSpec(name, asset=key, description=text, blocking=_blocks(key))
        for key in keys.values()
        for name, text in described.items()
    ]
    return specs + [
        AssetCheckSpec(check.name, asset=(key := keys[check.table]), description=check.expected, blocking=_blocks(key))
        for check in checks
    ]


def _blocks(key: AssetKey) -> bool:
    # What another source needs is pulled before it, so the gate over both cannot stand between them: there it is the
    # build that reads the finding before it begins.
    return key not in {tidy_key(SOURCES[name]) for source in SOURCES.values() for name in source.needs}


def check_results(
    found: Sequence[CheckResult], keys: Mapping[str, AssetKey], named: Sequence[SqlCheck], docs: Path
) -> Iterator[AssetCheckResult]:
    """One Dagster result per table for its contract and its history, and one for each named check."""
    own_name = {(check.table, check.name) for check in named}
    for table, key in keys.items():
        groups: dict[str, list[CheckResult]] = {CONTRACT: [], HISTORY: []}
        for finding in (f for f in found if f.table_name == table):
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
    """Profiles of the current release, where the new one can be compared with it."""
    current = Warehouse(refresh.settings).comparable(refresh.settings.profile)
    return read_profiles(current.path) if current else []


def _accepted(refresh: Refresh, tables: Iterable[str]) -> set[str]:
    """The tables whose comparisons with the previous release a person has let pass: a source's, and then every mart."""
    return {
        name
        for name in tables
        for source in SOURCES.values()
        if source.source_id in refresh.accept_revision and TIDY.get(name) in (None, source.table)
    }


def _gate(
    name: str,
    keys: Mapping[str, AssetKey],
    checks: Sequence[SqlCheck],
    run: Callable[[Refresh], list[CheckResult]],
    *,
    alone: bool,
) -> AssetChecksDefinition:
    @multi_asset_check(name=f"{name}_gate", specs=_specs(keys, checks), can_subset=True)
    def gate(context: AssetCheckExecutionContext, refresh: Refresh) -> Iterator[AssetCheckResult]:
        if not alone:
            require_whole(context.run)
        if not refresh.anything_to_make():
            return
        log.info("Great Expectations looks at the %s tables", name)
        found = run(refresh)
        refresh.record_checks(name, found)
        wanted = context.selected_asset_check_keys
        for result in check_results(found, keys, checks, refresh.settings.data_docs / name):
            if any((k.asset_key, k.name) == (result.asset_key, result.check_name) for k in wanted):
                yield result

    return gate


def check_tidy(refresh: Refresh) -> list[CheckResult]:
    """Every tidy table of the release to be; looked at again where an optional source's had to be set aside."""
    found = _look_at_tidy(refresh)
    return _look_at_tidy(refresh) if set_aside(stopping(found), refresh) else found


def _look_at_tidy(refresh: Refresh) -> list[CheckResult]:
    nothing = write_empty({p.table for p in refresh.partitions}, refresh.settings.work / "empty")
    before, first = (tidy_paths(refresh, parts) for parts in (refresh.replaced(), first_versions(refresh)))
    scope, docs = tidy_scope(refresh), refresh.settings.data_docs / "tidy"
    views = {f"{BEFORE}{name}": paths for name, paths in before.items()}
    views |= {f"{FIRST}{name}": paths for name, paths in first.items()}
    files = tidy_files(refresh, scope) | {f"stg_{table}": [path] for table, path in nothing.items()}
    with open_parquet({**files, **views}, **limits(refresh)) as con:
        remembered, tables = previous_profiles(refresh), tidy_contracts()
        profiles = tidy_profiles(con, scope, remembered)
        refresh.record_profiles("tidy", profiles)
        checks = [*tidy_checks(), *revised_checks(con, before, first)]
        accepted, empty = _accepted(refresh, tables), absent(nothing)
        return findings(
            con, tables, checks, profiles, remembered, docs, accepted_tables=accepted, empty=empty, scope=scope
        )


def tidy_files(refresh: Refresh, scope: Scope) -> dict[str, list[Path]]:
    """The files of each tidy table that a gate looks at; all of them as `every_<table>` where these are some years'."""
    found = {}
    for name, table in TIDY.items():
        parts = [p for p in refresh.partitions if p.table == table]
        chosen = scope.years.get(name)
        if chosen:
            found[f"{EVERY}{name}"] = [refresh.settings.tidy / p.path for p in parts]
            parts = [p for p in parts if int(p.period) in chosen]
        found[name] = [refresh.settings.tidy / p.path for p in parts]
    return found


def limits(refresh: Refresh) -> dict[str, str | int]:
    """What a gate's queries may take."""
    of = refresh.settings
    return {"threads": of.threads, "memory_limit": of.build_memory_limit, "temp_directory": str(of.work / "spill")}


def absent(tables: Iterable[str]) -> dict[str, str]:
    """The staging tables of optional sources of which nothing is landed, and why they are empty, for a person."""
    optional = {source.table for source in SOURCES.values() if not source.required}
    return {f"stg_{table}": "its source is optional and has sent nothing yet" for table in tables if table in optional}


def tidy_paths(refresh: Refresh, partitions: Iterable[Partition]) -> dict[str, list[Path]]:
    """The files of partitions that are still there, by the name of their staging table."""
    found: dict[str, list[Path]] = {}
    for partition in partitions:
        path = refresh.settings.tidy / partition.path
        if path.exists():
            found.setdefault(f"stg_{partition.table}", []).append(path)
    return found


def check_marts(refresh: Refresh) -> list[CheckResult]:
    """Every table that is about to be published."""
    docs, tables = refresh.settings.data_docs / "marts", mart_contracts()
    current, remembered, added = Warehouse(refresh.settings).current(), previous_profiles(refresh), refresh.added()
    scope = marts_scope(refresh)
    with open_file(build_path(refresh.settings), scope.years, **limits(refresh)) as con:
        profiles, checks = mart_profiles(con, scope, remembered), mart_checks()
        refresh.record_profiles("marts", profiles)
        if current is not None and remembered:
            con.execute(f"ATTACH {literal(str(current.path))} AS {EARLIER} (READ_ONLY)")
            checks += lost_checks(con, tables, same_code=refresh.same_code())
            # Other code may well reckon clusters otherwise.
            checks += cluster_checks(f"{EARLIER}.main.cluster_specialisation") if refresh.same_code() else []
        return findings(
            con,
            tables,
            checks,
            profiles,
            remembered,
            docs,
            accepted_tables=_accepted(refresh, tables),
            news=_named(added),
            lasting_news=_named([p for p in added if contracts()[f"stg_{p.table}"].year is None]),
            empty=too_few_years(tables, profiles) | of_own_years(tables),
            scope=scope,
        )


def _named(partitions: Sequence[Partition]) -> str:
    """Editions in words, the first few of many."""
    return named([p.name for p in partitions])


TIDY_KEYS = {source.contract.name: tidy_key(source) for source in SOURCES.values()}
TIDY_GATE = _gate("tidy", TIDY_KEYS, tidy_checks(), check_tidy, alone=True)
MARTS_KEYS = {name: AssetKey(["marts", name]) for name in mart_contracts()}
# It looks at what is built in the same run, which the tidy tables outlive.
MARTS_GATE = _gate("marts", MARTS_KEYS, [], check_marts, alone=False)
