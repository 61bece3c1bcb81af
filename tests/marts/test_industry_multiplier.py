"""The model behind `industry_multiplier`, over accounts in long form worked by hand.

Belongs here: which cell of the accounts goes where, and what is NULL. Does not: the formulas (`tests/indicators`).
"""

from __future__ import annotations

from runpy import run_path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from orchestration.settings import PROJECT_ROOT

MODEL = run_path(str(PROJECT_ROOT / "dbt_project" / "models" / "intermediate" / "common" / "int_io_linkages.py"))[
    "model"
]
MADE_AT_HOME = ("backward_domestic", "value_added_multiplier", "import_leakage", "scrap_leakage")
# Farms sell a fifth of the electricity; mills buy 50 of it, 10 of them abroad, and 5 of scrap, 1 of it abroad.
INDUSTRIES = "('1111A0', 100, 120, 100), ('221100', 100, 90, 25), ('S00101', 0, 0, 0)"
PURCHASES = (("1111A0", "221100", 20, 0), ("221100", "221100", 50, 10), ("S00401", "221100", 5, 1))
MAKERS = "('1111A0', '1111A0', 80), ('1111A0', '221100', 20), ('221100', '221100', 80), ('S00101', 'S00101', 1)"


def multipliers(known: bool) -> dict[str, dict[str, Any]]:
    """Rows of the model by industry; `known` is whether there is an import matrix."""
    with duckdb.connect() as con:
        for table, columns, rows in (
            ("int_io_industries", "bea_code, output, total_use, value_added", INDUSTRIES),
            ("int_io_makers", "industry_code, commodity_code, made", MAKERS),
        ):
            con.execute(f"CREATE TABLE {table} AS FROM (VALUES {rows}) AS t ({columns})")
        columns = "commodity_code VARCHAR, industry_code VARCHAR, bought DOUBLE, imported DOUBLE"
        con.execute(f"CREATE TABLE int_io_purchases ({columns})")
        for *cell, imported in PURCHASES:
            con.execute("INSERT INTO int_io_purchases VALUES (?, ?, ?, ?)", [*cell, imported if known else None])
        con.execute(
            "CREATE TABLE int_io_flows AS SELECT commodity_code AS seller, industry_code AS buyer, bought AS flow "
            "FROM int_io_purchases WHERE commodity_code IN (SELECT bea_code FROM int_io_industries)"
        )
        rows = MODEL(SimpleNamespace(config=lambda **_: None, ref=con.table), None).to_pylist()
    return {row["bea_code"]: row for row in rows}


def test_each_cell_goes_where_it_belongs() -> None:
    found = multipliers(known=True)
    # Of a dollar mills spend 0.2 + 0.2 * 0.4 = 0.28 on farms and 0.8 * 0.4 = 0.32 on mills.
    expected = (1.28 / 0.68, (0.25 + 0.28) / 0.68, 0.11 / 0.68, 0.04 / 0.68)
    assert [found["221100"][name] for name in MADE_AT_HOME] == pytest.approx(expected)
    assert [found["1111A0"][name] for name in MADE_AT_HOME] == pytest.approx([1, 1, 0, 0])
    # Flows that hold imports, by the name of the commodity.
    assert found["221100"]["backward"] == pytest.approx(1.2 / 0.5)
    assert [found["S00101"][name] for name in MADE_AT_HOME] == [None] * 4


def test_without_an_import_matrix_what_holds_imports_is_all_that_is_known() -> None:
    found = multipliers(known=False)
    assert {row[name] for row in found.values() for name in MADE_AT_HOME} == {None}
    assert found["221100"]["backward"] == pytest.approx(1.2 / 0.5)
    assert found["221100"]["rasmussen_sensitivity"] is not None
