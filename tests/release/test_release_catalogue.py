"""The catalogue for programs says what the contracts say, and the docs' tables are printed from them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.contracts import contracts, published_contracts
from orchestration.quality.verdict import CheckResult
from orchestration.release.catalogue import catalogue, markdown
from orchestration.release.meta import dictionary, meta_contracts
from orchestration.release.publish import Warehouse
from orchestration.release.records import read_dictionary
from orchestration.settings import PROJECT_ROOT, Settings, settings
from orchestration.table_contract import TableContract
from tests.release.builds import RELEASE_ID, published

FOUND = CheckResult("rows_kept", "employment", "refresh", "error", True, "3 rows", "3 rows")
# How the macro names what `TableContract.measures` tells apart: by basis.
BASES = {
    "certain": {"value": "point", "lower": "lower", "upper": "upper", "verdict": "point"},
    "estimate": {"value": "estimate", "lower": "p10", "upper": "p90", "verdict": "likely"},
    "establishments": {"value": "establishments", "verdict": "establishments"},
}


def table(name: str, *checks: CheckResult) -> dict[str, Any]:
    [found] = [t for t in catalogue(checks)["tables"] if t["name"] == name]
    return found


def test_every_table_that_can_be_read_is_there_with_every_column() -> None:
    found = {t["name"]: t for t in catalogue()["tables"]}
    offered = {name: contract for name, contract in contracts().items() if contract.layer != "intermediate"}
    assert offered.keys() < found.keys()
    assert {"column_dictionary", "check_result", "stg_qcew", "indicator_value"} <= found.keys()
    for name, contract in offered.items():
        assert [c["name"] for c in found[name]["columns"]] == [c.name for c in contract.columns]
        assert found[name]["grain"] == list(contract.grain)
        for column in found[name]["columns"]:
            assert column["meaning"]
            assert column["unit"]
            assert column["citation"]


def test_a_column_keeps_its_limits_and_a_measure_its_parts() -> None:
    found = table("cluster_specialisation")
    columns = {column["name"]: column for column in found["columns"]}
    assert columns["year"] == {
        "name": "year", "data_type": "integer", "meaning": "Reference year", "unit": "year", "nullable": False,
        "citation": "BLS, Quarterly Census of Employment and Wages", "minimum": 1990.0, "maximum": 2100.0,
    }  # fmt: skip
    assert columns["ucm_strong"]["formula"]
    assert found["measures"]["lq"] == {
        "point": "lq", "lower": "lq_lower", "upper": "lq_upper", "estimate": "lq_estimate", "p10": "lq_p10",
        "p90": "lq_p90",
    }  # fmt: skip
    assert found["measures"]["stars"]["point"] == "stars"


def test_checks_stand_with_their_table() -> None:
    [check] = table("employment", FOUND)["checks"]
    assert check == {
        "check_name": "rows_kept", "tool": "refresh", "severity": "error", "passed": True, "observed": "3 rows",
        "expected": "3 rows",
    }  # fmt: skip
    assert table("dim_region", FOUND)["checks"] == []
    of_a_seed = replace(FOUND, table_name="clusters")
    assert catalogue([of_a_seed])["inner_checks"] == {"clusters": [check]}
    assert catalogue([FOUND])["inner_checks"] == {}


@pytest.mark.parametrize("contract", [c for c in contracts().values() if c.layer == "marts"], ids=lambda c: c.name)
def test_every_column_beside_the_grain_is_part_of_one_measure(contract: TableContract) -> None:
    parts = [name for measure in contract.measures.values() for name in measure.values()]
    assert sorted(parts) == sorted(c.name for c in contract.columns if c.name not in contract.grain)


@pytest.mark.parametrize(
    "name",
    ["cluster_specialisation", "cluster_neighbourhood", "cluster_dynamics", "region_structure", "region_complexity"],
)
def test_the_long_table_takes_the_same_columns_together(name: str) -> None:
    """`indicator_value` is written by a macro of dbt, which reads the same endings."""
    contract = contracts()[name]
    columns = {c.name: {"data_type": c.data_type, "config": {"meta": {"unit": c.unit}}} for c in contract.columns}
    taken: list[Any] = []
    source = (PROJECT_ROOT / "dbt_project" / "macros" / "indicator_value.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    environment.globals["return"] = taken.append
    call = "{{ measures_of(columns, keys) }}"
    environment.from_string(source + call).render(columns=columns, keys=contract.grain)
    assert taken[0]
    for measure in taken[0]:
        mine = contract.measures[measure["name"]]
        for part, column in measure.items():
            if part not in ("name", "basis"):
                expected = BASES[measure["basis"]][part]
                assert mine[expected if expected in mine else "estimate"] == column, (measure, mine)


def test_the_tables_of_the_docs_are_what_the_contracts_say() -> None:
    page = (PROJECT_ROOT / "docs" / "indicators.md").read_text(encoding="utf-8")
    shown = page.split("compares -->\n")[1].split("\n<!-- end of indicators -->")[0]
    assert shown == markdown(), "print the tables anew: clusters catalogue --format markdown"


def test_a_formula_and_a_unit_stand_under_the_name_of_their_own_column() -> None:
    """Where the first column of a measure is not computed, the table of the docs says which one is."""
    for block in markdown().split("**`")[1:]:
        columns = {column.name: column for column in contracts()[block.split("`", 1)[0]].columns}
        for line in block.splitlines()[4:]:
            if not line:
                continue
            first, _, unit, formula, *_ = line.replace("\\|", "¦").strip("| ").split(" | ")
            named = re.fullmatch(r"(?:`(\w+)`: )?`(.+)`", formula)
            assert named, line
            name = first.strip("`")
            assert columns[named[1] or name].formula == named[2].replace("¦", "|")
            assert columns[name].unit == unit


def test_the_command_prints_json_with_the_checks_of_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path))
    settings.cache_clear()
    printed = CliRunner().invoke(app, ["catalogue"])
    assert (printed.exit_code, json.loads(printed.stdout)) == (0, {"release": None} | catalogue())
    release = published(Warehouse(Settings(home=tmp_path)), RELEASE_ID, "mirror")
    found = json.loads(CliRunner().invoke(app, ["catalogue"]).stdout)
    settings.cache_clear()
    assert found["release"] == RELEASE_ID
    assert {t["name"]: [c["check_name"] for c in t["checks"]] for t in found["tables"] if t["checks"]} == {
        "dim_region": ["names", "rows"]
    }
    # The release of the test has less than the code describes, as one from before an update has.
    held = {(entry.table_name, entry.column_name) for entry in read_dictionary(release)}
    shown = {(t["name"], c["name"]) for t in found["tables"] if t["layer"] != "staging" for c in t["columns"]}
    assert shown == held & {(t["name"], c["name"]) for t in catalogue()["tables"] for c in t["columns"]}
    [profile] = (t for t in found["tables"] if t["name"] == "cluster_profile")
    assert {"cluster_profile", "indicator_value"} & {t["name"] for t in found["tables"]} == {"cluster_profile"}
    assert {name for parts in profile["measures"].values() for name in parts.values()} < {
        c["name"] for c in profile["columns"]
    }


def test_a_release_of_this_code_is_described_whole() -> None:
    assert catalogue(held=dictionary({**published_contracts(), **meta_contracts()})) == catalogue()


def test_what_a_release_is_made_from_is_described_beside_it() -> None:
    found = catalogue(held=[])["tables"]
    assert {t["layer"] for t in found} == {"staging"}
    assert "stg_qcew" in {t["name"] for t in found}
