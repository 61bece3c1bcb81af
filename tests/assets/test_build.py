"""What stops a build before it begins, and how dbt's results are put into words."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from orchestration.assets.dbt_runs import dbt_findings
from orchestration.assets.resources import findings_folder
from orchestration.assets.warehouse import require_sound_inputs
from orchestration.errors import GateError
from orchestration.quality.verdict import CheckResult
from orchestration.settings import Settings

LOST = CheckResult(
    "history_years_kept", "stg_qcew_areas", "great_expectations", "error", False, "year = 2016", "every year"
)


def recorded(home: Path, *findings: CheckResult) -> Settings:
    settings = Settings(home=home)
    folder = findings_folder(settings) / "checks"
    folder.mkdir(parents=True)
    (folder / "tidy.json").write_text(json.dumps([asdict(finding) for finding in findings]), encoding="utf-8")
    return settings


def test_what_is_known_to_be_wrong_is_not_built(tmp_path: Path) -> None:
    """Also where the finding is about a list that another source needs, whose check can't stand between the two."""
    with pytest.raises(GateError, match=r"stg_qcew_areas\.history_years_kept failed"):
        require_sound_inputs(recorded(tmp_path, LOST))


def test_warnings_and_what_passed_stop_no_build(tmp_path: Path) -> None:
    require_sound_inputs(recorded(tmp_path, replace(LOST, severity="warning"), replace(LOST, passed=True)))


NODES: dict[str, dict[str, Any]] = {
    "test.a": {
        "resource_type": "test",
        "name": "figures_add_up",
        "description": "Every published sum\nholds",
        "config": {"severity": "warn", "meta": {"dagster": {"ref": {"name": "employment"}}}},
    },
    "model.b": {"resource_type": "model", "name": "employment", "config": {}},
}


@pytest.mark.parametrize(
    ("result", "observed"),
    [
        ({"status": "pass", "failures": 0, "message": None}, "no failing rows"),
        ({"status": "warn", "failures": 1, "message": "Got 1 result, configured to warn if != 0"}, "1 row that"),
        ({"status": "fail", "failures": 1438, "message": "Got 1438 results, configured to fail"}, "1,438 rows that"),
        (
            {"status": "error", "failures": None, "message": "Runtime Error:\n  no column x"},
            "Runtime Error: no column x",
        ),
        ({"status": "skipped", "failures": None, "message": None}, "skipped"),
    ],
)
def test_dbts_results_are_told_in_words(result: dict[str, Any], observed: str) -> None:
    [found] = dbt_findings({"results": [{"unique_id": "test.a", **result}]}, NODES)
    assert found.observed.startswith(observed)
    assert "configured" not in found.observed
    assert (found.expected, found.severity, found.table_name) == ("Every published sum holds", "warning", "employment")
    assert found.passed is (result["status"] == "pass")


def test_a_model_that_does_not_build_is_an_error() -> None:
    [found] = dbt_findings({"results": [{"unique_id": "model.b", "status": "error", "message": "no"}]}, NODES)
    assert (found.check_name, found.severity, found.passed) == ("build_employment", "error", False)
