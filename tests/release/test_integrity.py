"""A release that was altered after it was published is noticed: by what looks at it, and by who reads `status`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.checksums import checksum
from orchestration.cli import app
from orchestration.errors import SetupError
from orchestration.release.integrity import alteration
from orchestration.release.manifest import manifest_path, read_manifest
from orchestration.release.publish import Warehouse
from orchestration.release.rollback import roll_back
from orchestration.settings import Settings, settings
from tests.release.test_rollback import publish

FIRST, SECOND = "20261121T023000Z", "20261122T023000Z"


@pytest.fixture
def release(warehouse: Warehouse) -> Path:
    publish(warehouse, FIRST)
    return publish(warehouse, SECOND)


@pytest.fixture
def status(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CLUSTERS_HOME", str(home.home))
    settings.cache_clear()
    yield
    settings.cache_clear()


def write_into(release: Path) -> None:
    """As root would: what is write-protected for others is not for root."""
    release.chmod(0o644)
    with duckdb.connect(release) as con:
        con.execute("CREATE TABLE intruder AS SELECT 1 AS one")
    release.chmod(0o444)


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["status", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_manifest_keeps_the_checksum_of_the_published_file(warehouse: Warehouse, release: Path) -> None:
    kept = read_manifest(manifest_path(warehouse.folder, SECOND)).file_sha256
    assert kept == checksum(release)
    assert alteration(warehouse.folder, release) is None


def test_a_release_written_into_is_noticed(warehouse: Warehouse, release: Path) -> None:
    write_into(release)
    problem = alteration(warehouse.folder, release)
    assert problem is not None
    assert "not those that were published" in problem
    assert warehouse.comparable("mirror") is None


def test_one_changed_byte_is_noticed_even_with_the_old_times(warehouse: Warehouse, release: Path) -> None:
    before = release.stat()
    content = bytearray(release.read_bytes())
    content[-1] ^= 1
    release.chmod(0o644)
    release.write_bytes(content)
    os.utime(release, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert alteration(warehouse.folder, release)


def test_a_log_beside_a_release_is_noticed(warehouse: Warehouse, release: Path) -> None:
    release.with_name(f"{release.name}.wal").write_bytes(b"x")
    assert "write-ahead log" in str(alteration(warehouse.folder, release))


def test_of_older_releases_nothing_is_claimed(warehouse: Warehouse, release: Path) -> None:
    path = manifest_path(warehouse.folder, SECOND)
    entries = json.loads(path.read_text(encoding="utf-8"))
    del entries["file_sha256"]
    path.write_text(json.dumps(entries), encoding="utf-8")
    write_into(release)
    assert alteration(warehouse.folder, release) is None


@pytest.mark.usefixtures("status")
def test_status_says_so_and_what_to_do(release: Path) -> None:
    assert "ALTERED" not in shown()
    assert json.loads(shown("--json"))["release"]["altered"] is None
    write_into(release)
    (line,) = (line for line in shown().splitlines() if line.startswith("ALTERED"))
    assert "clusters refresh" in line
    assert "clusters rollback" in line
    assert "not those that were published" in json.loads(shown("--json"))["release"]["altered"]


@pytest.mark.usefixtures("status")
def test_status_survives_a_damaged_manifest(warehouse: Warehouse, release: Path) -> None:
    manifest_path(warehouse.folder, SECOND).write_text("{", encoding="utf-8")
    assert "cannot be said" in shown()


def test_nobody_goes_back_to_an_altered_release(warehouse: Warehouse, release: Path) -> None:
    write_into(release.with_name(f"{FIRST}.duckdb"))
    with pytest.raises(SetupError, match=f"release {FIRST} is no longer what was published"):
        roll_back(warehouse)


@pytest.mark.usefixtures("status")
def test_who_keeps_readers_out_is_named_as_that(release: Path) -> None:
    code = (
        "import duckdb, pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "path.chmod(0o644)\n"
        "con = duckdb.connect(str(path))\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(release)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        result = CliRunner().invoke(app, ["status"])
        writer.communicate("")
    assert result.exit_code == 1
    assert "another program has it open for writing" in result.output
    assert "read-only" in result.output
