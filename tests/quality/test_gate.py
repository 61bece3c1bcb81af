"""Each defect is caught by the check meant for it, a clean table passes, what can't be checked fails."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import ColumnContract, TableContract
from orchestration.errors import GateError, SetupError
from orchestration.quality import gate as gate_module
from orchestration.quality.checks import SqlCheck
from orchestration.quality.engine import columns_of, open_file, open_parquet
from orchestration.quality.gate import run_gate
from orchestration.quality.verdict import stopping

from .conftest import Gate, contract

ALL_CHECKS = {
    "row_count",
    "layout_columns",
    "layout_types",
    "not_null__region_id",
    "not_null__year",
    "not_null__status",
    "range__year",
    "range__employment",
    "range__share",
    "values__status",
    "values__quarter",
    "pattern__region_id",
    "finite",
    "unique_grain",
}


def test_clean_table_passes_every_check(gate: Gate) -> None:
    found = gate()
    assert set(found) == ALL_CHECKS
    assert [str(r) for r in found.values() if not r.passed] == []
    assert {r.tool for r in found.values()} == {"great_expectations"}
    assert found["row_count"].observed == "20 rows"


@pytest.mark.parametrize(
    ("defect", "caught", "observed"),
    [
        ("UPDATE employment SET region_id = NULL WHERE share = 0", {"not_null__region_id"}, "1 of 20 rows"),
        ("UPDATE employment SET year = 1890 WHERE share = 0", {"range__year"}, "1 of 20 rows, such as 1890"),
        ("UPDATE employment SET employment = -1 WHERE share > 0.9", {"range__employment"}, "such as -1"),
        ("UPDATE employment SET share = 1.01 WHERE share > 0.9", {"range__share"}, "such as 1.01"),
        ("UPDATE employment SET share = 'nan' WHERE share > 0.9", {"range__share", "finite"}, "share = nan"),
        ("UPDATE employment SET status = 'guessed' WHERE share = 0", {"values__status"}, "such as 'guessed'"),
        ("UPDATE employment SET quarter = 3 WHERE share = 0", {"values__quarter"}, "such as 3"),
        ("UPDATE employment SET region_id = 'county:6001' WHERE share = 0", {"pattern__region_id"}, "6001"),
        ("UPDATE employment SET region_id = 'x county:06001' WHERE share = 0", {"pattern__region_id"}, "x c"),
        ("INSERT INTO employment FROM employment LIMIT 1", {"unique_grain"}, "rows_with_this_key = 2"),
        ("DELETE FROM employment", {"row_count"}, "0 rows"),
        ("ALTER TABLE employment ADD COLUMN extra INTEGER", {"layout_columns"}, "unexpected: extra"),
        (
            "ALTER TABLE employment ALTER employment TYPE VARCHAR",
            {"layout_types", "range__employment"},
            "employment is VARCHAR, not BIGINT",
        ),
        (
            "ALTER TABLE employment RENAME share TO shares",
            {"layout_columns", "range__share", "finite"},
            "missing: share; unexpected: shares",
        ),
        (
            "ALTER TABLE employment DROP COLUMN year",
            {"layout_columns", "not_null__year", "range__year", "unique_grain", "finite"},
            "not checked: there is no column year",
        ),
    ],
)
def test_defect_is_caught(
    con: duckdb.DuckDBPyConnection, gate: Gate, defect: str, caught: set[str], observed: str
) -> None:
    con.execute(defect)
    found = gate()
    assert set(found) == ALL_CHECKS
    failures = [r for r in found.values() if not r.passed]
    assert {r.check_name for r in failures} == caught
    assert {r.severity for r in failures} == {"error"}
    assert observed in " | ".join(r.observed for r in failures)


def test_keys_that_are_null_count_as_equal(con: duckdb.DuckDBPyConnection, gate: Gate) -> None:
    con.execute("UPDATE employment SET region_id = NULL WHERE share < 0.1")
    assert not gate()["unique_grain"].passed


def test_missing_table_is_an_error(con: duckdb.DuckDBPyConnection, gate: Gate, tmp_path: Path) -> None:
    con.execute("DROP TABLE employment")
    found = gate()
    assert set(found) == {"table_exists"}
    assert stopping(found.values())
    assert "table_exists" in (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")


def test_table_without_a_single_check_is_an_error(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    results = run_gate(con, {}, tmp_path, tables=["employment"])
    assert [(r.check_name, r.passed, r.severity) for r in results] == [("checks_exist", False, "error")]


TOTALS = SqlCheck(
    name="state_totals_reconcile",
    table="employment",
    severity="error",
    sql="""
        SELECT left(region_id, 9) AS state, sum(employment) AS counties, 1540 AS published
        FROM employment WHERE regexp_matches(region_id, '^county:[0-9]{5}$') GROUP BY ALL
        HAVING sum(employment) <> 1540;
    """,
    expected="counties sum to the state's published total",
)


def test_sql_check_passes_and_fails(con: duckdb.DuckDBPyConnection, gate: Gate) -> None:
    con.execute("UPDATE employment SET employment = employment - 60 WHERE share = 0.95")
    assert gate([TOTALS])["state_totals_reconcile"].passed
    con.execute("UPDATE employment SET employment = employment + 1 WHERE share = 0.95")
    broken = gate([TOTALS])["state_totals_reconcile"]
    assert stopping([broken]) == [broken]
    assert broken.observed == ("1 row offending, the first: state = county:06, counties = 1541, published = 1540")


def test_warning_is_recorded_and_stops_nothing(gate: Gate) -> None:
    check = SqlCheck("few", "employment", "warning", "SELECT region_id FROM employment", "no rows at all")
    found = gate([check])
    assert not found["few"].passed
    assert found["few"].observed == "20 rows offending, the first: region_id = county:06000"
    assert stopping(found.values()) == []


def test_exception_inside_great_expectations_is_an_error_even_of_a_warning(gate: Gate) -> None:
    check = SqlCheck("broken", "employment", "warning", "SELECT nothing_such FROM employment", "no rows")
    found = gate([check])
    assert (found["broken"].passed, found["broken"].severity) == (False, "error")
    assert found["broken"].observed.startswith("could not be checked: ")
    assert "nothing_such" in found["broken"].observed
    assert all(found[name].passed for name in ALL_CHECKS)


def test_exception_while_a_result_is_judged_is_never_a_pass(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.quality.offending_rows import ExpectNoOffendingRows

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("judged wrongly")

    monkeypatch.setattr(ExpectNoOffendingRows, "_validate", fail)
    found = gate()
    assert "judged wrongly" in found["unique_grain"].observed
    assert {r.check_name for r in stopping(found.values())} == {
        "unique_grain",
        "finite",
        "layout_types",
        "pattern__region_id",
    }


def test_breakdown_of_great_expectations_stops_the_gate(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("no more")

    monkeypatch.setattr(gate_module, "_run", fail)
    with pytest.raises(GateError, match=r"broke down: MemoryError: no more"):
        gate()


def test_answer_left_out_is_a_failure(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    validate = gate_module._validate

    def forgetful(*args: object) -> dict:
        answers = validate(*args)  # type: ignore[arg-type]
        del answers["employment"].results[0]
        return answers

    monkeypatch.setattr(gate_module, "_validate", forgetful)
    assert [r.observed for r in gate().values() if not r.passed] == ["no answer"]


def test_two_checks_of_one_name_are_refused(gate: Gate) -> None:
    check = SqlCheck("row_count", "employment", "error", "SELECT 1", "no rows")
    with pytest.raises(SetupError, match="row_count"):
        gate([check])


def test_unknown_type_in_a_contract_is_a_setup_error(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    wrong = contract().columns[0].model_copy(update={"data_type": "strnig"})
    with pytest.raises(SetupError, match=r"employment.region_id: DuckDB has no type 'strnig'"):
        run_gate(con, {"employment": contract().model_copy(update={"columns": (wrong,)})}, tmp_path)


def test_data_docs_name_what_failed_and_need_no_network(
    con: duckdb.DuckDBPyConnection, gate: Gate, tmp_path: Path
) -> None:
    con.execute("UPDATE employment SET region_id = '<b>nowhere</b>', status = '<i>none</i>' WHERE share = 0")
    gate(run_name="20260101T000000Z")
    index = (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")
    assert "pattern__region_id" in index
    assert "<b>nowhere</b>" not in index
    assert 'href="runs/20260101T000000Z/employment.html"' in index
    page = (tmp_path / "docs/runs/20260101T000000Z/employment.html").read_text(encoding="utf-8")
    assert "pattern__region_id: values that are wholly" in page
    assert "nowhere" in page
    assert "<b>nowhere</b>" not in page
    for html in (index, page):
        assert "<i>none</i>" not in html
        assert re.findall(r"<(?:script|link|img)[^>]*>", html) == []


def test_old_runs_are_pruned(con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.quality import pages
    from orchestration.quality.results import failed

    for night in range(4):
        pages.write(tmp_path, f"night{night}", [failed("t", "c", "0", "1")], {}, kept=2)
        time.sleep(0.02)
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == ["night2", "night3"]
    assert "runs/night2/index.html" in (tmp_path / "index.html").read_text(encoding="utf-8")
    with pytest.raises(SetupError, match="can't name a run"):
        pages.write(tmp_path, "../elsewhere", [], {})


def test_file_is_read_and_not_written(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute(f"ATTACH '{tmp_path / 'build.duckdb'}' AS build")
    con.execute('CREATE TABLE build."order" AS FROM employment')
    con.execute("DETACH build")
    before = (tmp_path / "build.duckdb").read_bytes()
    with open_file(tmp_path / "build.duckdb") as opened:
        results = run_gate(opened, {"order": contract("order")}, tmp_path / "docs")
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            opened.execute('DROP TABLE file."order"')
    assert {r.check_name for r in results if r.passed} == ALL_CHECKS
    assert (tmp_path / "build.duckdb").read_bytes() == before


def test_parquet_is_checked_where_it_lies(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for year in (2016, 2017):
        con.execute(f"UPDATE employment SET year = {year}")
        con.execute(f"COPY employment TO '{tmp_path}/{year}.parquet'")
    with open_parquet({"employment": tmp_path / "*.parquet"}) as opened:
        assert columns_of(opened, "employment")["region_id"] == "VARCHAR"
        results = run_gate(opened, {"employment": contract()}, tmp_path / "docs")
    assert {r.check_name for r in results if r.passed} == ALL_CHECKS
    assert next(r for r in results if r.check_name == "row_count").observed == "40 rows"
    with open_parquet({"employment": [tmp_path / "2017.parquet"]}) as opened:
        assert opened.execute("SELECT DISTINCT year FROM employment").fetchall() == [(2017,)]


def test_importing_the_gate_does_not_import_great_expectations() -> None:
    code = (
        "import sys, orchestration.quality.gate, orchestration.quality.history\n"
        "sys.exit(any(m in sys.modules for m in ('great_expectations', 'sqlalchemy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_hold_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    plain = ["Kent County", "Doña Ana County", "Île-de-France", "Kent\tCounty", "Kent: [2J] County"]
    odd = ["Kent\x1b[2J County", "Kent\x9b2J County", "Kent\x07", "\u202eytnuoC tneK", "Kent\u2066 County"]
    named = ColumnContract(name="title", data_type="varchar", meaning="a name", unit="text", citation="the test")
    titles = TableContract(
        name="stg_titles", layer="staging", meaning="titles", grain=("title",), citation="the test", columns=(named,)
    )
    with duckdb.connect() as con:
        con.execute("CREATE TABLE stg_titles AS SELECT unnest(?) AS title", [[*plain, *odd]])
        found = {r.check_name: r for r in run_gate(con, {"stg_titles": titles}, tmp_path)}["plain__title"]
        assert not found.passed
        assert found.observed.startswith(f"{len(odd)} rows")
        con.execute("DELETE FROM stg_titles WHERE title IN (FROM (SELECT unnest(?)))", [odd])
        assert all(r.passed for r in run_gate(con, {"stg_titles": titles}, tmp_path))
