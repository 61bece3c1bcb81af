"""Dagster's view of a table, made from its contract.

Belongs here: contract to column schema, owners and freshness. Does not: the contracts themselves.
"""

from __future__ import annotations

from datetime import timedelta

from dagster import FreshnessPolicy, TableColumn, TableColumnConstraints, TableSchema

from orchestration.contracts import TableContract
from orchestration.telling.staleness import STALE_AFTER

OWNERS = ["team:warehouse"]
NIGHTLY = FreshnessPolicy.time_window(fail_window=STALE_AFTER, warn_window=timedelta(hours=26))


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
