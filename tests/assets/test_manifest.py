"""dbt's manifest is parsed once after a change, and keeps what the project says of its tests when a source is added."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestration.assets import dbt_project
from orchestration.assets.dbt_project import InstalledDbt
from orchestration.assets.dbt_runs import run_dbt
from orchestration.settings import Settings
from orchestration.slices.making import Step
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.staging import write_staging


def placed_tests(manifest: Path) -> int:
    """How many of the project's tests say which asset they check."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return sum("dagster" in (node["config"].get("meta") or {}) for node in nodes if node["resource_type"] == "test")


def test_a_source_more_takes_no_check_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(dbt_project.PROJECT, project, ignore=shutil.ignore_patterns("target", "logs", "staging"))
    staging = project / "models" / "staging"
    unread = SOURCES["eurostat_nama_10r_3gdp"]
    monkeypatch.setattr(dbt_project, "PROJECT", project)
    monkeypatch.setattr(dbt_project, "write_staging", lambda: write_staging(staging, set(SOURCES.values()) - {unread}))
    before = placed_tests(dbt_project.manifest())
    monkeypatch.setattr(dbt_project, "write_staging", lambda: write_staging(staging, SOURCES.values()))
    assert placed_tests(dbt_project.manifest()) == before > 50


def test_of_two_commands_after_an_update_one_parses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the other waits, and reads the whole of it."""
    project = tmp_path / "dbt_project"
    shutil.copytree(dbt_project.PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(dbt_project, "PROJECT", project)
    parse, parsed = dbt_project._parse, []

    def slowly(target: Path) -> None:
        (target / dbt_project.MANIFEST).write_text('{"nodes": {', encoding="utf-8")
        parsed.append(target)
        parse(target)

    monkeypatch.setattr(dbt_project, "_parse", slowly)
    with ThreadPoolExecutor() as two:
        read = list(two.map(lambda _: json.loads(dbt_project.manifest().read_text(encoding="utf-8")), range(2)))
    assert len(parsed) == 1
    assert all(manifest["nodes"] for manifest in read)


def test_a_home_goes_with_a_project_in_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an update that is installed beside the old version: what dbt remembers of the old one is forgotten."""
    old = tmp_path / "old" / "dbt_project"
    shutil.copytree(dbt_project.PROJECT, old, ignore=shutil.ignore_patterns("target", "logs"))
    (tmp_path / "home" / "work").mkdir(parents=True)
    of = Settings(home=tmp_path / "home")
    for name, value in dbt_project.dbt_environment(of).items():
        monkeypatch.setenv(name, value)
    parsed, target = dbt_project.parsed_project(), of.home / "dbt"
    for place in (old, dbt_project.PROJECT):
        step = Step("seeds", "build", ["region_roles"], {})
        dbt = InstalledDbt(project_dir=str(place), profiles_dir=str(place), dbt_executable=dbt_project.DBT)
        run_dbt(dbt, step, target, parsed, lambda _: None)
        assert [str(one) for one in step.found if not one.passed] == []
        shutil.rmtree(old, ignore_errors=True)
