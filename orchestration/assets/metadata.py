"""Dagster's view of a table, made from its contract.

Belongs here: contract to column schema, owners and freshness. Does not: the contracts themselves.

Dagster counts an asset as fresh by when it was last materialised, and by nothing else. A table of a release is made
anew only when something is new, so its age says nothing: what has to happen every night is that a refresh asks the
publishers and confirms what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetSpec,
    FreshnessPolicy,
    StaticPartitionsDefinition,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
)

from orchestration.contracts import TableContract
from orchestration.slices.phases import SYSTEM
from orchestration.sources.catalogue import SOURCES
from orchestration.telling.staleness import STALE_AFTER

OWNERS = ["team:warehouse"]
NIGHTLY = FreshnessPolicy.time_window(fail_window=STALE_AFTER, warn_window=timedelta(hours=26))
CONFIRMATION = AssetSpec(
    "confirmation",
    deps=[AssetKey("release")],
    description="A refresh asked every publisher and found, or made, the release to be what they offer. No button "
    "makes it: every refresh that ends well does, also on a night with nothing new.",
    group_name="release",
    kinds={"duckdb"},
    owners=OWNERS,
    freshness_policy=NIGHTLY,
)

YEARS = StaticPartitionsDefinition([str(year) for year in range(1990, datetime.now(UTC).year + 1)])
SLICES = AssetSpec(
    ["slices", SYSTEM],
    deps=[AssetKey(["tidy", SOURCES[SYSTEM].table])],
    description="What is made of one reference year, in a process of its own. A partition is materialised when the "
    "tables of its year are made, not where they are taken over from the last release. To make one, or to pull years "
    "back to 1990: Jobs, `years`, Partitions.",
    group_name="release",
    kinds={"duckdb"},
    owners=OWNERS,
    partitions_def=YEARS,
)


def confirm(context: AssetExecutionContext, release_id: str, run: Mapping[str, Any]) -> None:
    """Reports that a refresh has just found, or made, this release to be what the publishers offer.

    One that asked for a part only, as its record (`run`) says, cannot know.
    """
    if not run["in_part"]:
        context.log_event(AssetMaterialization(CONFIRMATION.key, metadata={"release": release_id}))


def table_schema(contract: TableContract) -> TableSchema:
    """Columns with type, meaning and unit, as the Dagster UI shows them."""
    return TableSchema(
        columns=[
            TableColumn(
                name=column.name,
                type=column.data_type,
                description=column.comment,
                constraints=TableColumnConstraints(nullable=column.nullable),
            )
            for column in contract.columns
        ]
    )
