"""The long table of indicators says what the wide ones do: each of their figures once, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import pytest

from orchestration.contracts import contracts
from orchestration.table_contract import ColumnContract
from tests.conftest import Demo

# With what of them is told: industries have rows by ownership, and changes by span.
TABLES = {
    "cluster_specialisation": "true",
    "cluster_neighbourhood": "true",
    "cluster_opportunity": "true",
    "cluster_dynamics": "from_year = to_year - 1",
    "region_structure": "true",
    "region_complexity": "true",
    "region_dynamism": "true",
    "cluster_firms": "true",
    "region_infrastructure": "true",
    "region_skills": "true",
    "cluster_skill_gap": "true",
    "region_innovation": "true",
    "industry_specialisation": "ownership = 'private'",
}
# Figures of others, put together for reading; what industries' figures rest on; what clusters' skills do, where a
# row would need two entities; and no indicator.
NOT_TOLD = {
    *(f"{of}_profile" for of in ("cluster", "industry", "opportunity", "region")),
    "employment",
    "bound_evidence",
    "cluster_occupation",
    "indicator_value",
}
NUMBERS = ("double", "integer", "bigint")
ENDS = {
    "_lower": ("certain", "lower"),
    "_best": ("certain", "lower"),
    "_upper": ("certain", "upper"),
    "_worst": ("certain", "upper"),
    "_on_estimates": ("estimate", "value"),
    "_estimate": ("estimate", "value"),
    "_probability": ("estimate", "value"),
    "_p10": ("estimate", "lower"),
    "_p90": ("estimate", "upper"),
    "_establishments": ("establishments", "value"),
}


@pytest.fixture(scope="module")
def release(demo: Demo) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo.home / "warehouse" / "current.duckdb"), read_only=True) as con:
        yield con


def told_of(column: ColumnContract) -> bool:
    return column.data_type in NUMBERS and column.unit != "year"


def test_every_table_of_regions_and_years_is_told_of_or_left_out_for_a_reason() -> None:
    wide = {n for n, c in contracts().items() if c.layer == "marts" and "region_id" in c.grain and c.year}
    assert wide == {*TABLES, *NOT_TOLD}


def test_a_row_is_there_once(release: duckdb.DuckDBPyConnection) -> None:
    twice = release.execute(
        "SELECT indicator_id, region_id, entity_id, year, basis, count(*) AS rows FROM indicator_value "
        "GROUP BY ALL HAVING rows > 1"
    ).fetchall()
    assert twice == []


@pytest.mark.parametrize("table", TABLES)
def test_every_figure_of_a_wide_table_is_told(release: duckdb.DuckDBPyConnection, table: str) -> None:
    contract = contracts()[table]
    columns = [c for c in contract.columns if c.name not in contract.grain and told_of(c)]
    assert len(columns) > 3
    for column in columns:
        end = next((e for e in ENDS if column.name.endswith(e)), "")
        basis, part = ENDS.get(end, ("certain", "value"))
        indicator = f"{table}.{column.name.removesuffix(end)}"
        wide = release.execute(
            f'SELECT count("{column.name}"), coalesce(sum("{column.name}"), 0) FROM {table} WHERE {TABLES[table]}'
        ).fetchone()
        long = release.execute(
            f'SELECT count("{part}"), coalesce(sum("{part}"), 0) FROM indicator_value '
            "WHERE indicator_id = ? AND basis = ?",
            [indicator, basis],
        ).fetchone()
        assert long is not None
        assert wide is not None
        assert long[0] == wide[0], column.name
        assert long[1] == pytest.approx(wide[1], rel=1e-9), column.name


def test_a_verdict_stands_with_its_probability(release: duckdb.DuckDBPyConnection) -> None:
    wide = release.execute(
        "SELECT region_id, cluster_id, year, ucm_strong, ucm_strong_probability, ucm_strong_likely "
        "FROM cluster_specialisation WHERE ucm_strong_probability IS NOT NULL AND ucm_strong IS NOT NULL ORDER BY ALL"
    ).fetchall()
    long = release.execute(
        "SELECT region_id, cluster_id, year, any_value(verdict) FILTER (basis = 'certain'), "
        "any_value(value) FILTER (basis = 'estimate'), any_value(verdict) FILTER (basis = 'estimate') "
        "FROM indicator_value WHERE indicator_id = 'cluster_specialisation.ucm_strong' "
        "GROUP BY ALL HAVING count(*) = 2 ORDER BY ALL"
    ).fetchall()
    assert len(wide) > 100
    assert long == wide


def test_an_indicator_is_one_that_the_dictionary_knows(release: duckdb.DuckDBPyConnection) -> None:
    """By its own column, or where it exists on one basis only by one that begins with its name."""
    dictionary = release.execute("SELECT table_name, column_name FROM meta.column_dictionary").fetchall()
    known = {f"{table}.{column}" for table, column in dictionary}
    found = {row[0] for row in release.execute("SELECT DISTINCT indicator_id FROM indicator_value").fetchall()}
    assert all(i in known or any(re.match(re.escape(i) + "_", k) for k in known) for i in found)
    assert len(found) > 70
