"""dbt's manifest keeps what the project says of its tests when a source is added."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from orchestration.assets import warehouse
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.staging import write_staging


def placed_tests(manifest: Path) -> int:
    """How many of the project's tests say which asset they check."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return sum("dagster" in (node["config"].get("meta") or {}) for node in nodes if node["resource_type"] == "test")


@pytest.mark.slow
def test_a_source_more_takes_no_check_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(warehouse.PROJECT, project, ignore=shutil.ignore_patterns("target", "logs", "staging"))
    staging = project / "models" / "staging"
    unread = SOURCES["cbp_county"]
    monkeypatch.setattr(warehouse, "PROJECT", project)
    monkeypatch.setattr(warehouse, "write_staging", lambda: write_staging(staging, set(SOURCES.values()) - {unread}))
    before = placed_tests(warehouse.manifest())
    monkeypatch.setattr(warehouse, "write_staging", lambda: write_staging(staging, SOURCES.values()))
    assert placed_tests(warehouse.manifest()) == before > 50
