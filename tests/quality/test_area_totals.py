"""Totals of areas from one year to the next, on a small invented table: what moves too fast, and what is drawn anew.

Belongs here: the check `totals_move_slowly` where areas are concerned. Does not: places by themselves
(`test_geography.py`), damage to real years (`tests/corruption`).
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.contracts import contracts
from orchestration.quality.checklist import tidy_checks

(CHECK,) = (check for check in tidy_checks() if check.name == "totals_move_slowly")
METRO, COUNTY = 40, 70


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A hundred metropolitan areas and as many counties, each with 20,000 jobs in 2023 and in 2024."""
    with duckdb.connect() as connection:
        columns = ", ".join(f"{c.name} {c.data_type}" for c in contracts()["stg_qcew"].columns)
        connection.execute(f"CREATE TABLE stg_qcew ({columns})")
        connection.execute(
            f"""
            INSERT INTO stg_qcew BY NAME
            SELECT year, CASE kind WHEN {METRO} THEN 'C1' ELSE '91' END || lpad((2 * n + 1)::VARCHAR, 3, '0')
                AS area_fips, kind AS agglvl_code, '0' AS own_code, '10' AS industry_code, '0' AS size_code,
                1000 AS annual_avg_estabs, 20000 AS annual_avg_emplvl, 1000000000 AS total_annual_wages
            FROM range(100) AS numbers (n), (VALUES (2023), (2024)) AS years (year),
                (VALUES ({METRO}), ({COUNTY})) AS kinds (kind)
            """
        )
        yield connection


def grow(con: duckdb.DuckDBPyConnection, area: str) -> None:
    """Makes an area five times as large in the second year."""
    con.execute(
        "UPDATE stg_qcew SET annual_avg_emplvl = 5 * annual_avg_emplvl WHERE year = 2024 AND area_fips = ?", [area]
    )


def draw_anew(con: duckdb.DuckDBPyConnection, areas: int) -> None:
    """Gives so many areas another code in the second year."""
    con.execute(
        f"""
        UPDATE stg_qcew SET area_fips = 'C2' || right(area_fips, 3)
        WHERE year = 2024 AND agglvl_code = {METRO} AND right(area_fips, 3)::INTEGER > 200 - 2 * {areas}
        """
    )


def fast(con: duckdb.DuckDBPyConnection) -> list[tuple]:
    return con.sql(CHECK.sql).project("year, area_fips, ratio_annual_avg_emplvl").fetchall()


def test_nothing_moves(con: duckdb.DuckDBPyConnection) -> None:
    assert fast(con) == []


def test_an_area_five_times_as_large_moves_too_fast(con: duckdb.DuckDBPyConnection) -> None:
    grow(con, "C1011")
    assert fast(con) == [(2024, "C1011", 5.0)]


def test_an_area_of_a_new_delineation_may_have_other_counties(con: duckdb.DuckDBPyConnection) -> None:
    """Heber, Utah, is another one from 2024 on under its old code."""
    grow(con, "C1011")
    draw_anew(con, 2)
    assert fast(con) == []


def test_one_area_more_or_less_is_no_new_delineation(con: duckdb.DuckDBPyConnection) -> None:
    grow(con, "C1011")
    draw_anew(con, 1)
    assert fast(con) == [(2024, "C1011", 5.0)]


def test_counties_are_held_to_their_totals_then_too(con: duckdb.DuckDBPyConnection) -> None:
    grow(con, "91011")
    draw_anew(con, 2)
    assert fast(con) == [(2024, "91011", 5.0)]
