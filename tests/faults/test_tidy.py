"""A tidy folder that a disk has damaged, or that came from an older backup: made again from landed files, and told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from orchestration.assets.resources import Refresh
from orchestration.partitions import TidyIndex
from orchestration.quality.verdict import CheckResult
from orchestration.release.index import settle_index
from orchestration.settings import Settings
from tests.faults.conftest import House, singlefile


def partition_of(house: House, year: int) -> Path:
    (path,) = (house.home / "tidy" / "qcew" / str(year)).glob("*.parquet")
    return path


def settled(of: Settings) -> CheckResult | None:
    return settle_index(of, Refresh().released(), gates_stopped=False)


def test_an_empty_index_and_a_damaged_partition_are_made_again(house: House, house_settings: Settings) -> None:
    """And that although the publisher offers one year no longer, and nobody asks for it."""
    index, released = TidyIndex(house_settings), house.released()
    before = [(p.name, p.path, p.tidy_sha256) for p in index.all()]
    path = partition_of(house, 2022)
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:3000] + bytes(400) + whole[3400:])
    index.path.write_bytes(b"")
    house.remove(singlefile(2022))

    result = house.refresh("--years", "2023")

    assert result.exit_code == 0, result.output
    assert "Nothing new" in result.stdout
    assert "the index of editions is damaged" in " ".join(result.stdout.split())
    assert [(p.name, p.path, p.tidy_sha256) for p in index.all()] == before
    assert path.read_bytes() == whole
    assert house.released() == released
    assert index.path.with_name("editions-mirror.json.damaged").read_bytes() == b""
    assert house.refresh().stdout.count("damaged") == 0, "told once"


def test_an_index_from_an_older_backup_is_told_and_completed(house: House, house_settings: Settings) -> None:
    index = TidyIndex(house_settings)
    entries, before = json.loads(index.path.read_text(encoding="utf-8")), index.all()
    index.path.write_text(json.dumps([e for e in entries if e["period"] != "2022"]), encoding="utf-8")
    said = settled(house_settings)
    assert said is not None
    assert "bls_qcew:2022" in said.observed
    assert index.all() == before
    assert settled(house_settings) is None


def test_a_tidy_folder_that_was_deleted_is_no_fault(house: House, house_settings: Settings) -> None:
    before = TidyIndex(house_settings).active()
    shutil.rmtree(house_settings.tidy)
    assert settled(house_settings) is None
    assert TidyIndex(house_settings).active() == before
