"""The key of a table and year changes with all that reaches it, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

from orchestration.indicators import linkage, shares
from orchestration.partitions import Partition
from orchestration.slices.ledger import Project, YearLedger, held, ledger_of, stale

IMPORTS = "from orchestration.indicators import linkage\n\ndef model(dbt, session): ...\n"


def node(name: str, layer: str, phase: str, *reads: str, **said: Any) -> dict[str, Any]:
    found = {
        "name": name,
        "alias": name,
        "database": "common",
        "schema": "main",
        "resource_type": "model",
        "language": "sql",
        "fqn": ["project", layer, phase, name],
        "raw_code": f"SELECT * FROM {' '.join(reads)}",
        "columns": {},
        "config": {},
        "depends_on": {"nodes": list(reads), "macros": []},
    }
    return found | said


def project() -> Project:
    flows = node("int_flows", "intermediate", "year", "stg_oews_industry", language="python", raw_code=IMPORTS)
    cells = node("int_cells", "intermediate", "year", "stg_qcew", "members", "shires")
    cells["depends_on"]["macros"] = ["macro.quotient"]
    nodes = [
        node("stg_qcew", "staging", "x"),
        node("stg_oews_industry", "staging", "x"),
        node("members", "intermediate", "common"),
        node("shires", "intermediate", "common"),
        cells,
        flows,
        node("employment", "marts", "year", "int_cells"),
        node("linkage", "marts", "year", "int_flows", "int_cells"),
        node("dynamics", "marts", "whole", "employment"),
    ]
    macros = {
        "macro.quotient": {"macro_sql": "a / b", "depends_on": {"macros": ["macro.part"]}},
        "macro.part": {"macro_sql": "a", "depends_on": {"macros": []}},
        "macro.other": {"macro_sql": "c", "depends_on": {"macros": []}},
    }
    return Project({n["name"]: n for n in nodes}, macros, {"editions": [2012, 2017]})


def partition(source: str, table: str, period: str, path: str) -> Partition:
    return Partition(source, table, period, None, "csv", path, 1, "new", ())


PARTITIONS = [
    partition("bls_qcew", "qcew", "2015", "q15"),
    partition("bls_qcew", "qcew", "2016", "q16"),
    partition("oews_industry", "oews_industry", "2025-05", "o25"),
]
OPTIONS = {"duckdb": "1.5", "bound_programmes": "9"}


@pytest.fixture
def shared() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("ATTACH ':memory:' AS common")
        con.execute("CREATE TABLE common.members AS SELECT 2015 AS year, 'a' AS county UNION ALL SELECT 2016, 'b'")
        con.execute("CREATE TABLE common.shires AS SELECT 'a' AS county UNION ALL SELECT 'b'")
        yield con


Keys = dict[int, dict[str, str]]


@pytest.fixture
def keys(shared: duckdb.DuckDBPyConnection) -> Callable[..., Keys]:
    def of(project: Project, partitions: list[Partition] = PARTITIONS, options: dict[str, str] = OPTIONS) -> Keys:
        return {year: ledger(year, project, partitions, shared, options).keys for year in (2015, 2016)}

    return of


def ledger(
    year: int,
    project: Project,
    partitions: list[Partition],
    shared: duckdb.DuckDBPyConnection,
    options: dict[str, str],
) -> YearLedger:
    return ledger_of(year, project, partitions, lambda node, of: held(shared, node, of), options)


def both(*tables: str) -> dict[int, list[str]]:
    return {year: sorted(tables) for year in (2015, 2016)}


def test_nothing_new_makes_nothing(keys: Callable[..., Keys], shared: duckdb.DuckDBPyConnection) -> None:
    before = keys(project())
    assert set(before[2015]) == {"employment", "linkage"}, "what needs all years has no key"
    shared.execute("CREATE OR REPLACE TABLE common.shires AS FROM common.shires ORDER BY county DESC")
    assert stale(keys(project()), before) == {}


def test_inputs_make_what_reads_them(keys: Callable[..., Keys], shared: duckdb.DuckDBPyConnection) -> None:
    before = keys(project())
    revised = [replace(PARTITIONS[0], path="q15b"), *PARTITIONS[1:]]
    assert stale(keys(project(), revised), before) == {2015: ["employment", "linkage"]}
    occupations = [*PARTITIONS[:2], replace(PARTITIONS[2], path="o26")]
    assert stale(keys(project(), occupations), before) == both("linkage")
    shared.execute("UPDATE common.members SET county = 'c' WHERE year = 2016")
    assert stale(keys(project()), before) == {2016: ["employment", "linkage"]}
    shared.execute("INSERT INTO common.shires VALUES ('c')")
    assert stale(keys(project()), before) == both("employment", "linkage")


def test_a_person_is_told_what_is_new(shared: duckdb.DuckDBPyConnection) -> None:
    before = ledger(2016, project(), PARTITIONS, shared, OPTIONS).ingredients
    occupations = [*PARTITIONS[:2], replace(PARTITIONS[2], path="o26")]
    shared.execute("UPDATE common.members SET county = 'c' WHERE year = 2016")
    now = ledger(2016, edited("linkage", raw_code="SELECT 1"), occupations, shared, OPTIONS | {"duckdb": "1.6"})
    assert now.because("employment", before) == ["option duckdb", "table members"]
    found = ["code of linkage", "data oews_industry", "option duckdb", "table members"]
    assert now.because("linkage", before) == found


def test_a_test_that_is_new_or_changed_is_carried_out_in_every_year(keys: Callable[..., Keys]) -> None:
    before = keys(project())
    asked = {"resource_type": "test", "depends_on": {"nodes": ["linkage", "shires"], "macros": []}, "config": {}}
    asked |= {"raw_code": "SELECT * FROM linkage", "language": "sql", "fqn": ["project", "adds_up"]}
    tested = replace(project(), nodes=dict(project().nodes) | {"adds_up": asked})
    assert stale(keys(tested), before) == both("linkage")
    stricter = replace(tested, nodes=dict(tested.nodes) | {"adds_up": asked | {"raw_code": "SELECT 1"}})
    assert stale(keys(stricter), keys(tested)) == both("linkage")
    of_all_years = asked | {"depends_on": {"nodes": ["linkage", "dynamics"], "macros": []}}
    also = replace(tested, nodes=dict(tested.nodes) | {"follows": of_all_years})
    assert stale(keys(also), keys(tested)) == {}, "it is carried out every time"
    warns = replace(tested, nodes=dict(tested.nodes) | {"adds_up": asked | {"config": {"severity": "warn"}}})
    assert stale(keys(warns), keys(tested)) == both("linkage")


def test_settings_and_engines_make_everything(keys: Callable[..., Keys]) -> None:
    before = keys(project())
    assert stale(keys(project(), options=OPTIONS | {"duckdb": "1.6"}), before) == both("employment", "linkage")
    changed = replace(project(), variables={"editions": [2012]})
    assert stale(keys(changed), before) == both("employment", "linkage")


def edited(name: str, **said: Any) -> Project:
    found = project()
    return replace(found, nodes=dict(found.nodes) | {name: dict(found.nodes[name]) | said})


def test_code_makes_what_stands_below_it(keys: Callable[..., Keys]) -> None:
    before = keys(project())
    assert stale(keys(edited("employment", raw_code="SELECT 1")), before) == both("employment")
    assert stale(keys(edited("int_cells", raw_code="SELECT 1")), before) == both("employment", "linkage")
    typed = {"year": {"data_type": "bigint"}}
    assert stale(keys(edited("linkage", columns=typed)), before) == both("linkage")
    assert stale(keys(edited("linkage", description="A word changed")), before) == {}
    assert stale(keys(edited("dynamics", raw_code="SELECT 1")), before) == {}


@pytest.mark.parametrize(
    ("macro", "made"), [("quotient", ("employment", "linkage")), ("part", ("employment", "linkage")), ("other", ())]
)
def test_macros_count_where_they_are_called(keys: Callable[..., Keys], macro: str, made: tuple[str, ...]) -> None:
    found = project()
    macros = dict(found.macros)
    macros[f"macro.{macro}"] = dict(macros[f"macro.{macro}"]) | {"macro_sql": "changed"}
    assert stale(keys(replace(found, macros=macros)), keys(found)) == (both(*made) if made else {})


@pytest.mark.parametrize(("module", "made"), [(linkage, True), (shares, False)])
def test_kernels_count_where_they_are_imported(
    keys: Callable[..., Keys], monkeypatch: pytest.MonkeyPatch, module: ModuleType, made: bool
) -> None:
    before, read = keys(project()), Path.read_text

    def altered(path: Path, *args: Any, **kwargs: Any) -> str:
        text = read(path, *args, **kwargs)
        return f"{text}\n# changed" if str(path) == module.__file__ else text

    monkeypatch.setattr(Path, "read_text", altered)
    assert stale(keys(project()), before) == (both("linkage") if made else {})


def test_a_year_counts_its_own_file_and_those_of_three_years_before(keys: Callable[..., Keys]) -> None:
    """A later one says nothing of it; an older one no longer does."""
    read_before = edited("int_cells", config={"meta": {"reads_years_before": "cbp_county"}})
    files = [*PARTITIONS, partition("cbp_county", "cbp_county", "2014", "c14")]
    before = keys(read_before, files)
    assert stale(keys(read_before, [*files, partition("cbp_county", "cbp_county", "2017", "c17")]), before) == {}
    assert stale(keys(read_before, [*files, partition("cbp_county", "cbp_county", "2011", "c11")]), before) == {}
    revised = [*PARTITIONS, partition("cbp_county", "cbp_county", "2014", "c14b")]
    assert stale(keys(read_before, revised), before) == both("employment", "linkage")
    newer = [*files, partition("cbp_county", "cbp_county", "2016", "c16")]
    assert stale(keys(read_before, newer), before) == {2016: ["employment", "linkage"]}
    older = [*files, partition("cbp_county", "cbp_county", "2012", "c12")]
    assert stale(keys(read_before, older), before) == {2015: ["employment", "linkage"]}


def test_a_year_counts_what_the_year_after_may_reveal(keys: Callable[..., Keys]) -> None:
    """And so a new year makes the one before it."""
    read_ahead = edited("int_cells", config={"meta": {"reads_year_after": "qcew"}})
    before = keys(read_ahead)
    revised = [PARTITIONS[0], replace(PARTITIONS[1], path="q16b"), PARTITIONS[2]]
    assert stale(keys(read_ahead, revised), before) == both("employment", "linkage")
    newer = [*PARTITIONS, partition("bls_qcew", "qcew", "2017", "q17")]
    assert stale(keys(read_ahead, newer), before) == {2016: ["employment", "linkage"]}
