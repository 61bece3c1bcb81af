"""One query answers all expectations of a table's values as Great Expectations would, each by queries of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import great_expectations.expectations as gxe
import pytest

from orchestration.quality import gate
from orchestration.quality.counted_values import KINDS
from orchestration.quality.expectations import column_types, contract_suite

from .conftest import column, contract

OWN = {
    "not_null": gxe.ExpectColumnValuesToNotBeNull,
    "range": gxe.ExpectColumnValuesToBeBetween,
    "values": gxe.ExpectColumnValuesToBeInSet,
}
RULES = ("column", "min_value", "max_value", "value_set", "meta")
DEFECTS = {
    "clean": "SELECT 1",
    "no rows": "DELETE FROM employment",
    "all unknown": "UPDATE employment SET region_id = NULL, year = NULL, employment = NULL, share = NULL",
    "some unknown": "UPDATE employment SET region_id = NULL, year = NULL, status = NULL WHERE share < 0.5",
    "beyond": "UPDATE employment SET employment = -employment, share = share * 3, year = 2090 WHERE share > 0.5",
    "no number": "UPDATE employment SET share = CASE WHEN share > 0.5 THEN 'nan' ELSE '-inf' END::DOUBLE",
    "not listed": "UPDATE employment SET status = 'a ''{b}', quarter = 3 + (share > 0.8)::INT WHERE share > 0.5",
}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_counts_are_judged_as_great_expectations_judges_its_own(con: duckdb.DuckDBPyConnection, defect: str) -> None:
    con.execute(defect)
    suite = _value_expectations(con)
    assert {type(e) for e in suite} == set(KINDS.values())
    own_of = {counted: OWN[kind] for kind, counted in KINDS.items()}
    own = [
        own_of[type(e)](**{name: value for name in RULES if (value := getattr(e, name, None)) is not None})
        for e in suite
    ]
    assert _answers(con, suite) == _answers(con, own)


def test_the_least_offending_value_is_shown_in_whatever_order_rows_come(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    con.execute("UPDATE employment SET employment = -employment WHERE employment > 100")
    found = {f.check_name: f for f in gate.run_gate(con, {"employment": contract()}, tmp_path)}
    assert found["range__employment"].observed == "8 of 20 rows, such as -190"


def test_all_of_a_table_share_one_query(con: duckdb.DuckDBPyConnection) -> None:
    assert len({e.unexpected_rows_query for e in _value_expectations(con)}) == 1


def test_bounds_are_numbers_as_the_column_has_them(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("CREATE TABLE t AS SELECT 0.1::DOUBLE AS a, 9007199254740993 AS b, 1e-9::DOUBLE AS c")
    columns = (
        column("a", "double", minimum=0.1, maximum=0.1),
        column("b", "bigint", minimum=0, maximum=1e18),
        column("c", "double", minimum=1e-9, maximum=1e-9),
    )
    of_t = contract("t").model_copy(update={"columns": columns, "grain": ("a",)})
    found = gate.run_gate(con, {"t": of_t}, tmp_path)
    assert [str(f) for f in found if not f.passed] == []


def _value_expectations(con: duckdb.DuckDBPyConnection) -> list[Any]:
    types = column_types(con, contract())
    return [e for e in contract_suite(contract(), types, types) if isinstance(e, tuple(KINDS.values()))]


def _answers(con: duckdb.DuckDBPyConnection, suite: list[Any]) -> dict[str, tuple[bool, dict[str, Any]]]:
    """What was found, by check; examples in an order of their own, and as text, since no NaN equals another."""
    found = {}
    for answer in gate._run(con, [gate._Plan("employment", suite)], "a_run")["employment"].results:
        assert not answer.exception_info.get("raised_exception"), answer.exception_info
        result = {k: sorted(map(repr, v)) if isinstance(v, list) else v for k, v in answer.result.items()}
        # Of a table without rows Great Expectations counts None.
        result["unexpected_count"] = result["unexpected_count"] or 0
        found[answer.expectation_config.meta["check"]] = (answer.success, result)
    return found
