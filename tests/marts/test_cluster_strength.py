"""Cluster strength, by the SQL that fills `region_structure`, over every completion of open verdicts and bounded jobs.

Belongs here: the macros `cluster_strength` and `cluster_strength_of_establishments`. Does not: the flags themselves
(`oracles/test_ucm_flags`), real data.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"
VERDICTS = ("yes", "no", "undetermined")

Cell = tuple[str, int, int]
"""Verdict, then least and most jobs."""


def rendered(call: str) -> str:
    source = "".join((MACROS / f"{name}.sql").read_text(encoding="utf-8") for name in ("specialisation", "structure"))
    return jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(source + call).render()


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def strength(con: duckdb.DuckDBPyConnection, cells: list[Cell]) -> tuple[float | None, float | None]:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE cells (region_id VARCHAR, year INTEGER, strong VARCHAR, employment_lower DOUBLE, "
        "employment_upper DOUBLE)"
    )
    con.executemany("INSERT INTO cells VALUES ('r', 2016, ?, ?, ?)", cells)
    ((_, _, lower, upper),) = con.sql(rendered("{{ cluster_strength('cells') }}")).fetchall()
    return lower, upper


@st.composite
def bounded(draw: st.DrawFn) -> Cell:
    least = draw(st.integers(0, 20))
    return draw(st.sampled_from(VERDICTS)), least, least + draw(st.integers(0, 20))


@settings(deadline=None, max_examples=60)
@given(st.lists(bounded(), min_size=1, max_size=5))
def test_the_range_is_that_of_all_completions(con: duckdb.DuckDBPyConnection, cells: list[Cell]) -> None:
    """Shares are monotone in every cell's jobs, so completions at the ends of bounds have the extremes."""
    shares = []
    for jobs in product(*((least, most) for _, least, most in cells)):
        for verdicts in product(*((v,) if v != "undetermined" else ("yes", "no") for v, _, _ in cells)):
            strong = sum(e for e, v in zip(jobs, verdicts, strict=True) if v == "yes")
            if sum(jobs):
                shares.append(strong / sum(jobs))
    lower, upper = strength(con, cells)
    if shares:
        assert lower is None or lower == pytest.approx(min(shares))
        assert upper is None or upper == pytest.approx(max(shares))
    if all(least > 0 for _, least, _ in cells):
        assert None not in (lower, upper)


def test_a_region_that_trades_nothing_has_no_strength(con: duckdb.DuckDBPyConnection) -> None:
    assert strength(con, [("no", 0, 0), ("undetermined", 0, 0)]) == (None, None)


def test_one_region_is_not_stronger_than_itself(con: duckdb.DuckDBPyConnection) -> None:
    """Of establishments: a region that alone has a cluster has no more of it than the lowest quarter. Without traded
    establishments there is no strength."""
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE plants AS
        FROM (VALUES
            ('county', 'one', 'a', 2016, 8, 10), ('county', 'one', 'b', 2016, 2, 30),
            ('county', 'two', 'a', 2016, 2, 10), ('county', 'two', 'b', 2016, 28, 30),
            ('county', 'none', 'a', 2016, 0, 10), ('county', 'none', 'b', 2016, 0, 30),
            ('state', 'alone', 'a', 2016, 10, 10), ('state', 'alone', 'b', 2016, 30, 30)
        ) AS t (region_type, region_id, cluster_id, year, establishments, nation_establishments)
        """
    )
    found = con.sql(rendered("{{ cluster_strength_of_establishments('plants') }}")).fetchall()
    shares = {region: share for region, _, share in found}
    assert shares == {"one": 0.8, "two": pytest.approx(28 / 30), "none": None, "alone": 0}
