"""Files among the releases that no manifest names: what is made from scratch, or again, goes by the others alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.rebuild import _private_home
from orchestration.release.manifest import Manifest, manifest_path, read_manifest
from orchestration.release.publish import Warehouse
from orchestration.settings import Settings, settings
from tests.faults.conftest import House

BEFORE, LATER = "20200101T000000Z", "20251231T000000Z"


def run(*arguments: str, code: int = 0) -> str:
    settings.cache_clear()
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def put_without_manifest(house: House, release_id: str) -> Path:
    """A file that looks like a release, of other figures than any, and that no manifest names."""
    folder = house.home / "warehouse" / "releases"
    folder.chmod(0o755)
    stranger = folder / f"{release_id}.duckdb"
    stranger.write_bytes(b"no release, and nobody may open it")
    return stranger


def said_to_replace(of: Settings, release_id: str, before: str) -> Manifest:
    """The manifest of a release, which says that it replaced another one."""
    path = manifest_path(of.warehouse, release_id)
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    said["release"]["previous_release_id"] = before
    path.write_text(json.dumps(said), encoding="utf-8")
    return read_manifest(path)


def test_what_a_release_replaced_is_no_measure_without_its_manifest(house: House, house_settings: Settings) -> None:
    current = house.current.resolve().stem
    put_without_manifest(house, BEFORE)
    manifest = said_to_replace(house_settings, current, BEFORE)
    with _private_home(house_settings, house.home / "rebuild" / current, manifest) as private:
        assert Warehouse(private).current() is None
        assert Warehouse(private).strangers() == []
    shutil.copy2(manifest_path(house_settings.warehouse, current), manifest_path(house_settings.warehouse, BEFORE))
    with _private_home(house_settings, house.home / "rebuild" / current, manifest) as private:
        measure = Warehouse(private).current()
        assert measure is not None
        assert measure.id == BEFORE


def test_a_release_is_made_again_beside_files_that_no_manifest_names(house: House, house_settings: Settings) -> None:
    current = house.current.resolve().stem
    strangers = [put_without_manifest(house, name) for name in (BEFORE, LATER)]
    said_to_replace(house_settings, current, BEFORE)
    before = house.released()
    assert "Equal, table by table" in run("rebuild", current)
    for stranger in strangers:
        assert f"{stranger.stem}.json: there is no manifest of that release" in run("rebuild", stranger.stem, code=1)
    assert house.released() == before
    assert not list((house.home / "rebuild").iterdir())


def test_a_build_from_scratch_is_compared_with_the_release_and_tells_of_the_other_file(house: House) -> None:
    stranger = put_without_manifest(house, LATER)
    before, bytes_before = house.released(), stranger.read_bytes()
    said = run("refresh", "--from-scratch")
    assert "Nothing new" in said
    assert f"release {house.current.resolve().stem} stays current" in said
    assert "every table was made from scratch and is equal to the release's" in said
    assert f"{stranger.name} in {stranger.parent}: no release, left alone" in said
    assert house.released() == before, "equal to the release, so nothing is published"
    assert stranger.read_bytes() == bytes_before


def test_no_build_from_scratch_takes_the_place_of_a_release_that_lost_its_manifest(house: House) -> None:
    """Nothing would be compared with it, and no year that it alone holds would be missed."""
    current = house.current.resolve().stem
    manifest = house.home / "warehouse" / "manifests" / f"{current}.json"
    manifest.rename(manifest.with_suffix(".away"))
    before = house.released()
    for command in (("refresh", "--from-scratch"), ("refresh",)):
        assert "that no manifest in" in (said := run(*command, code=1))
        assert "Remedy: restore the whole folder" in said
    assert "there is no manifest of that release" in run("rebuild", current, code=1)
    assert house.released() == before
    assert house.answers()
    alert = json.loads((house.home / "alerts.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert (alert["exit_code"], alert["outcome"]) == (1, "failed"), "the schedule's refresh meets it at night"
    assert "restore the whole folder" in " ".join(alert["text"].split())
    assert house.status()["last_run"]["outcome"] == "failed"
    manifest.with_suffix(".away").rename(manifest)
    assert house.status()["release"]["release_id"] == current
