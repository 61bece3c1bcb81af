"""One asset per dataset: its tidy table, pulled and parsed.

Belongs here: which dataset is partitioned and what depends on what. Does not: URLs, layouts, HTTP.
"""

from datetime import UTC, datetime

import duckdb
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    BackfillPolicy,
    MaterializeResult,
    StaticPartitionsDefinition,
    asset,
)

from orchestration.assets.metadata import NIGHTLY, OWNERS, table_schema
from orchestration.assets.resources import Refresh
from orchestration.contracts import contracts
from orchestration.errors import SourceError
from orchestration.ingest import Partition, ingest
from orchestration.landing.origin import public
from orchestration.sources.bls import QCEW, QCEW_AREAS
from orchestration.sources.catalogue import DATASETS
from orchestration.sources.dataset import Dataset

FIRST_YEAR = 1990
YEARS = StaticPartitionsDefinition([str(year) for year in range(FIRST_YEAR, datetime.now(UTC).year + 1)])


def tidy_key(dataset: Dataset) -> AssetKey:
    """Asset key of a dataset's tidy table."""
    return AssetKey(["tidy", dataset.table])


def pull(dataset: Dataset, periods: list[int], refresh: Refresh) -> list[Partition]:
    """The partitions of the periods that the place offers.

    Raises:
        SourceError: if it offers none of them.
    """
    landed = [p for p in refresh.partitions if p.source_id == dataset.source_id]
    if landed and refresh.only and dataset.source_id not in refresh.only:
        return landed
    areas = _areas(refresh) if dataset is QCEW else []
    found = [ingest(dataset, period, refresh.fetcher, refresh.settings, areas) for period in periods]
    partitions = [partition for partition in found if partition is not None]
    if not partitions:
        asked = f" for {periods[0]}-{periods[-1]}" if dataset.yearly else ""
        raise SourceError(
            dataset.source_id,
            public(dataset.layouts(periods[0], areas)[0].resources[0].url),
            f"the publisher offers none of its known layouts{asked}",
            "check the address, the profile and the years; see `clusters sources`",
        )
    return partitions


def _areas(refresh: Refresh) -> list[str]:
    partition = next(p for p in refresh.partitions if p.source_id == QCEW_AREAS.source_id)
    with duckdb.connect() as con:
        # Not as a parameter: for those DuckDB imports pandas, a second that a night with nothing new need not spend.
        areas = con.read_parquet(str(refresh.settings.tidy / partition.path)).project("area_fips")
        return [row[0] for row in areas.fetchall()]


def _asset(dataset: Dataset) -> AssetsDefinition:
    contract = contracts()[f"stg_{dataset.table}"]

    @asset(
        key=tidy_key(dataset),
        description=f"{contract.meaning}. {dataset.publisher}: {dataset.title}, {dataset.cadence}.",
        group_name=dataset.source_id.split("_")[0],
        kinds={"python", "duckdb", "parquet"},
        owners=OWNERS,
        deps=[tidy_key(QCEW_AREAS)] if dataset is QCEW else [],
        partitions_def=YEARS if dataset.yearly else None,
        backfill_policy=BackfillPolicy.single_run() if dataset.yearly else None,
        freshness_policy=NIGHTLY,
        metadata={
            "dagster/column_schema": table_schema(contract),
            "publisher": dataset.publisher,
            "homepage": dataset.homepage,
            "licence": dataset.licence,
        },
    )
    def tidy(context: AssetExecutionContext, refresh: Refresh) -> MaterializeResult:
        periods = [int(key) for key in context.partition_keys] if dataset.yearly else [0]
        found = pull(dataset, periods, refresh)
        absent = sorted(set(periods) - {p.period for p in found})
        return MaterializeResult(
            metadata={
                "dagster/row_count": sum(p.rows for p in found),
                "partitions": {
                    str(p.period): f"{p.outcome}, {p.layout}, {p.rows} rows, {len(p.files)} files" for p in found
                },
                "not published": absent,
            }
        )

    return tidy


TIDY_ASSETS = [_asset(dataset) for dataset in DATASETS.values()]
