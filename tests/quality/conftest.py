"""A small table with its contract, as every test of the gate wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.contracts import ColumnContract, TableContract
from orchestration.quality.checks import SqlCheck
from orchestration.quality.gate import run_gate
from orchestration.quality.verdict import CheckResult

Gate = Callable[..., dict[str, CheckResult]]


def column(name: str, data_type: str, **rules: Any) -> ColumnContract:
    return ColumnContract(name=name, data_type=data_type, meaning="a column", unit="none", citation="the test", **rules)


def contract(name: str = "employment") -> TableContract:
    return TableContract(
        name=name,
        layer="marts",
        meaning="a table",
        grain=("region_id", "year"),
        citation="the test",
        columns=(
            column("region_id", "text", nullable=False, pattern=r"(county:\d{5}|state:\d{2})"),
            column("year", "int", nullable=False, minimum=1990, maximum=2030),
            column("employment", "bigint", minimum=0),
            column("share", "double", minimum=0, maximum=1),
            column("status", "varchar", nullable=False, values=("published", "missing")),
            column("quarter", "tinyint", values=("1", "2")),
        ),
    )


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A clean table `employment`: 20 rows, some employment unknown."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            """
            CREATE TABLE employment AS
            SELECT 'county:060' || lpad(i::VARCHAR, 2, '0') AS region_id, 2016 AS year,
                CASE WHEN i % 5 = 0 THEN NULL ELSE 10 * i END::BIGINT AS employment, i / 20 AS share,
                CASE WHEN i % 5 = 0 THEN 'missing' ELSE 'published' END AS status, 1::TINYINT AS quarter
            FROM range(20) AS t(i)
            """
        )
        yield connection


@pytest.fixture
def gate(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Gate:
    """Run the gate on `employment`; findings by check name."""

    def run(checks: Sequence[SqlCheck] = (), **options: Any) -> dict[str, CheckResult]:
        results = run_gate(con, {"employment": contract()}, tmp_path / "docs", checks=checks, **options)
        assert len({(r.table_name, r.check_name) for r in results}) == len(results)
        return {r.check_name: r for r in results}

    return run
