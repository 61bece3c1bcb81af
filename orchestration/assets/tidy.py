"""One asset per source: its tidy table, pulled and parsed.

Belongs here: what is asked for and what depends on what. Does not: URLs, formats, HTTP.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    asset,
)

from orchestration.assets.metadata import NIGHTLY, OWNERS, table_schema
from orchestration.assets.resources import Refresh
from orchestration.errors import SourceError
from orchestration.ingest import do_without, ingest, read_anew
from orchestration.landing.origin import public
from orchestration.partitions import Partition
from orchestration.quality.verdict import CheckResult
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Asked, Source

CURRENT = "source_is_current"


def tidy_key(source: Source) -> AssetKey:
    """Asset key of a source's tidy table."""
    return AssetKey(["tidy", source.table])


def pull(source: Source, years: Sequence[int], refresh: Refresh) -> list[Partition]:
    """The partitions of the editions that the place offers, for these reference years where the source has years.

    What a source that is not required did not send is recorded as a finding of the refresh.

    Raises:
        SourceError: if a required source offers none.
    """
    asked = Asked(years, datetime.now(UTC).date(), {name: refresh.tidy_files(name) for name in source.needs})
    if refresh.only and source.source_id not in refresh.only:
        failures = read_anew(source, asked, refresh.settings)
        landed = [p for p in refresh.partitions if p.source_id == source.source_id]
        if failures:
            refresh.record_checks(f"source-{source.source_id}", [_current(source, landed, failures)])
        if landed:
            return landed
    partitions, failures = ingest(source, asked, refresh.fetcher, refresh.settings)
    if not partitions and not failures and source.required:
        first = source.editions(asked)[:1]
        raise SourceError(
            source.source_id,
            public(first[0].formats[0].resources[0].url) if first else "(no file)",
            "the publisher offers none of its known formats" + (_span(years) if source.by_year else ""),
            "check the address, the profile and the years; see `clusters sources`",
        )
    refresh.record_checks(f"source-{source.source_id}", [_current(source, partitions, failures)])
    return partitions


def set_aside(found: Sequence[CheckResult], refresh: Refresh) -> bool:
    """Puts what the release holds of optional sources in place of tonight's, where findings stop those; says so.

    Returns whether anything was.
    """
    about = {source.contract.name: source for source in SOURCES.values() if not source.required}
    released, today, done = refresh.released(), datetime.now(UTC).date(), False
    for table in {f.table_name for f in found if f.table_name in about}:
        source, problems = about[table], "; ".join(f.in_words for f in found if f.table_name == table)
        held = [p for p in released if p.source_id == source.source_id]
        if failures := do_without(source, held, problems, today, refresh.settings):
            landed = [p for p in refresh.partitions if p.source_id == source.source_id]
            refresh.record_checks(f"source-{source.source_id}", [_current(source, landed, failures)])
            done = True
    return done


def _span(years: Sequence[int]) -> str:
    return f" for {years[0]}" + (f"-{years[-1]}" if len(years) > 1 else "")


def _current(source: Source, partitions: Sequence[Partition], failures: Sequence[str]) -> CheckResult:
    return CheckResult(
        check_name=CURRENT,
        table_name=source.contract.name,
        tool="refresh",
        severity="warning",
        passed=not failures,
        observed="; ".join(f.rstrip(".") for f in failures)
        or f"{len(partitions)} editions as the publisher offers them tonight",
        expected="what the publisher offers tonight; otherwise what was landed before is used",
    )


def _asset(source: Source) -> AssetsDefinition:
    @asset(
        key=tidy_key(source),
        description=f"{source.contract.meaning.strip()}. {source.publisher}: {source.title}, {source.cadence}.",
        group_name=source.source_id.split("_")[0],
        kinds={"python", "duckdb", "parquet"},
        owners=OWNERS,
        deps=[tidy_key(SOURCES[name]) for name in source.needs],
        freshness_policy=NIGHTLY,
        metadata={
            "dagster/column_schema": table_schema(source.contract),
            "publisher": source.publisher,
            "homepage": source.homepage,
            "licence": source.licence,
            "tried": source.tried,
            "required": source.required,
        },
    )
    def tidy(context: AssetExecutionContext, refresh: Refresh) -> MaterializeResult:
        years = refresh.asked_years if source.by_year else []
        found = pull(source, years, refresh)
        return MaterializeResult(
            metadata={
                "dagster/row_count": sum(p.rows for p in found),
                "partitions": {
                    p.edition: f"{p.outcome}, {p.format}, {p.rows} rows, {len(p.files)} files" for p in found
                },
                "not published": sorted({str(year) for year in years} - {p.period for p in found}),
            }
        )

    return tidy


TIDY_ASSETS = [_asset(source) for source in SOURCES.values()]
