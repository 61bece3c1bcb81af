"""Publishing is atomic, guarded and survives being killed at any step."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import GateError, LockedError, SetupError
from orchestration.release.publish import Warehouse
from orchestration.settings import PROJECT_ROOT, Settings
from tests.release.builds import MOMENT, RELEASE_ID, make_build, manifest_of

LATER = "20261123T023000Z"


def publish(warehouse: Warehouse, release_id: str = RELEASE_ID, profile: str = "mirror", keep: int = 30) -> Path:
    build = make_build(warehouse.build_path(release_id), release_id, profile)
    return warehouse.publish(build, release_id, manifest_of(release_id), keep=keep)


def published_id(path: Path) -> str:
    with duckdb.connect(path, read_only=True) as con:
        return con.sql("SELECT release_id FROM meta.release").fetchall()[0][0]


def run_child(code: str, home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "CLUSTERS_HOME": str(home), "PYTHONPATH": str(PROJECT_ROOT)},
    )


def test_a_release_is_one_read_only_file_behind_a_relative_link(warehouse: Warehouse, home: Settings) -> None:
    path = publish(warehouse)
    assert path == home.releases / f"{RELEASE_ID}.duckdb"
    assert path.stat().st_mode & 0o777 == 0o444
    assert home.current.readlink() == Path("releases") / path.name
    here = [path.name, f"{RELEASE_ID}.json", "current.duckdb", "manifests", "releases"]
    assert sorted(p.name for p in home.warehouse.rglob("*")) == here
    assert list(home.work.iterdir()) == []
    current = warehouse.current()
    assert current is not None
    assert (current.id, current.path, current.profile, current.published_at) == (
        RELEASE_ID,
        path,
        "mirror",
        MOMENT,
    )
    assert current.bytes == path.stat().st_size
    assert current.is_current
    assert published_id(home.current) == RELEASE_ID


def test_the_home_folder_can_be_moved(warehouse: Warehouse, home: Settings, tmp_path: Path) -> None:
    publish(warehouse)
    home.home.rename(tmp_path / "elsewhere")
    assert published_id(tmp_path / "elsewhere/warehouse/current.duckdb") == RELEASE_ID


def test_nothing_published_is_no_release(warehouse: Warehouse, home: Settings) -> None:
    assert warehouse.current() is None
    assert warehouse.releases() == []
    path = publish(warehouse)
    path.unlink()
    assert home.current.is_symlink()
    assert warehouse.current() is None


def test_release_ids_are_utc_and_skip_taken_seconds(warehouse: Warehouse) -> None:
    in_india = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert warehouse.new_release_id(in_india) == RELEASE_ID
    publish(warehouse)
    assert warehouse.new_release_id(MOMENT) == "20261122T023001Z"
    last_second = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    publish(warehouse, "20261231T235959Z")
    assert warehouse.new_release_id(last_second) == "20270101T000000Z"


def test_a_reader_of_the_old_release_keeps_reading(warehouse: Warehouse, home: Settings) -> None:
    publish(warehouse)
    with duckdb.connect(home.current, read_only=True) as reader:
        # keep=1 deletes the old file while it is being read
        publish(warehouse, LATER, keep=1)
        assert reader.sql("SELECT release_id FROM meta.release").fetchone() == (RELEASE_ID,)
        assert reader.sql("SELECT count(*) FROM dim_region").fetchone() == (3,)
    assert published_id(home.current.resolve()) == LATER
    assert [r.id for r in warehouse.releases()] == [LATER]


def test_an_id_is_never_published_twice(warehouse: Warehouse) -> None:
    path = publish(warehouse)
    before = path.read_bytes()
    with pytest.raises(SetupError, match="exists already"):
        publish(warehouse)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("observed", "published"), [("0 rows", True), ("5 rows", False)])
def test_a_table_is_published_empty_where_a_gate_found_that_it_may_be(
    warehouse: Warehouse, observed: str, published: bool
) -> None:
    build = make_build(warehouse.build_path(RELEASE_ID))
    with duckdb.connect(str(build)) as con:
        con.execute("DELETE FROM main.dim_cluster")
        row = f"('row_count', 'dim_cluster', 'great_expectations', 'error', true, '{observed}', 'at least one row')"
        con.execute(f"INSERT INTO meta.check_result VALUES {row}")
    if published:
        assert warehouse.publish(build, RELEASE_ID, manifest_of(RELEASE_ID)).exists()
        return
    with pytest.raises(GateError, match=r"main\.dim_cluster is empty"):
        warehouse.publish(build, RELEASE_ID, manifest_of(RELEASE_ID))


def test_the_macro_of_a_release_is_published_with_it(warehouse: Warehouse) -> None:
    build = make_build(warehouse.build_path(RELEASE_ID))
    with duckdb.connect(str(build)) as con:
        con.execute("CREATE MACRO main.cluster_dynamics_between(a, b) AS TABLE SELECT a, b FROM dim_cluster")
    with duckdb.connect(str(warehouse.publish(build, RELEASE_ID, manifest_of(RELEASE_ID))), read_only=True) as con:
        assert con.execute("FROM cluster_dynamics_between(1, 2)").fetchone() == (1, 2)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("CREATE SCHEMA staging", "found also staging"),
        ("CREATE VIEW main.v AS SELECT 1 AS one", r"no view but its own, found main\.v"),
        ("CREATE VIEW meta.industry_specialisation AS SELECT 1 AS one", r"found meta\.industry_specialisation"),
        ("ATTACH ':memory:' AS elsewhere; CREATE TABLE elsewhere.t (a INTEGER);"
         "CREATE VIEW main.industry_specialisation AS FROM elsewhere.t", "cannot open the build file as a release"),
        ("CREATE MACRO main.m(a) AS a + 1", r"no macro but its own, found main\.m"),
        ("CREATE MACRO meta.cluster_dynamics_between(a) AS TABLE SELECT a", r"found meta\.cluster_dynamics_between"),
        ("CREATE TABLE main.t AS SELECT map {'a': 1} AS m", r"plain types only, found main\.t\.m \(MAP"),
        ("CREATE TABLE main.t AS SELECT [1] AS l, {'a': 1} AS s", r"main\.t\.l \(INTEGER\[\]\), main\.t\.s \(STRUCT"),
        ("CREATE TYPE main.e AS ENUM ('a'); CREATE TABLE main.t AS SELECT 'a'::main.e AS e", r"main\.t\.e \("),
        ("DELETE FROM main.dim_region", "main.dim_region is empty"),
        ("DELETE FROM meta.check_result", "meta.check_result is empty"),
        ("DROP TABLE main.dim_region; DROP TABLE main.dim_cluster; DROP TABLE main.cluster_specialisation; "
         "DROP TABLE main.cluster_profile", "main holds no table"),
        ("DROP TABLE meta.release", "not a release of this warehouse"),
        ("UPDATE meta.release SET release_id = 'other'", "names release other"),
        ("INSERT INTO meta.release SELECT * FROM meta.release", "2 rows instead of one"),
    ],
)  # fmt: skip
def test_an_unfit_file_is_refused(warehouse: Warehouse, home: Settings, spoil: str, message: str) -> None:
    publish(warehouse)
    build = make_build(warehouse.build_path(LATER), LATER)
    with duckdb.connect(build) as con:
        con.execute(spoil)
    with pytest.raises(GateError, match=message) as stop:
        warehouse.publish(build, LATER, manifest_of(LATER))
    assert f"{LATER}.duckdb" in str(stop.value)
    assert [r.id for r in warehouse.releases()] == [RELEASE_ID]
    assert published_id(home.current) == RELEASE_ID


@pytest.mark.parametrize("content", [None, b"", b"<html>not a database</html>" * 500])
def test_what_is_no_database_is_refused(warehouse: Warehouse, content: bytes | None) -> None:
    build = warehouse.build_path(RELEASE_ID)
    if content is not None:
        build.write_bytes(content)
    with pytest.raises(GateError, match=RELEASE_ID):
        warehouse.publish(build, RELEASE_ID, manifest_of(RELEASE_ID))
    assert warehouse.current() is None


def test_a_build_that_another_process_still_writes_is_refused(warehouse: Warehouse) -> None:
    build = make_build(warehouse.build_path(RELEASE_ID))
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(build)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(GateError, match="lock"):
            warehouse.publish(build, RELEASE_ID, manifest_of(RELEASE_ID))
        writer.communicate("")
    warehouse.publish(build, RELEASE_ID, manifest_of(RELEASE_ID))
    assert warehouse.current() is not None


@pytest.mark.parametrize(
    ("storage", "fits"), [("v1.0.0", True), ("v1.2.0", True), ("v1.3.0", False), ("latest", False)]
)
def test_only_what_duckdb_1_2_reads_is_published(warehouse: Warehouse, storage: str, fits: bool) -> None:
    build = make_build(warehouse.build_path(RELEASE_ID), storage=storage)
    if fits:
        warehouse.publish(build, RELEASE_ID, manifest_of(RELEASE_ID))
        assert warehouse.current() is not None
    else:
        with pytest.raises(GateError, match=r"which DuckDB 1\.2\.0 cannot read"):
            warehouse.publish(build, RELEASE_ID, manifest_of(RELEASE_ID))
        assert warehouse.current() is None


def test_sample_never_replaces_real_data(warehouse: Warehouse) -> None:
    publish(warehouse, profile="sample")
    publish(warehouse, LATER, profile="sample")
    publish(warehouse, "20261124T023000Z", profile="live")
    with pytest.raises(SetupError, match="CLUSTERS_HOME"):
        warehouse.refuse_sample_over_real("sample")
    with pytest.raises(SetupError, match="CLUSTERS_HOME"):
        publish(warehouse, "20261125T023000Z", profile="sample")
    current = warehouse.current()
    assert current is not None
    assert current.id == "20261124T023000Z"
    publish(warehouse, "20261126T023000Z", profile="mirror")


def test_a_damaged_current_release_counts_as_real(warehouse: Warehouse) -> None:
    path = publish(warehouse)
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    assert [r.profile for r in warehouse.releases()] == ["unreadable"]
    with pytest.raises(SetupError, match="unreadable"):
        publish(warehouse, LATER, profile="sample")
    publish(warehouse, LATER)
    assert [(r.id, r.is_current) for r in warehouse.releases()] == [(LATER, True), (RELEASE_ID, False)]


def test_retention_keeps_the_newest_and_the_current(warehouse: Warehouse, home: Settings) -> None:
    ids = [f"2026112{day}T023000Z" for day in range(5)]
    for release_id in ids:
        publish(warehouse, release_id)
    home.current.unlink()
    home.current.symlink_to(Path("releases") / f"{ids[0]}.duckdb")  # somebody went back to the oldest
    assert warehouse.retain(2) == [ids[2], ids[1]]
    assert [r.id for r in warehouse.releases()] == [ids[4], ids[3], ids[0]]


def test_retention_by_age_and_by_bytes_spares_two(home: Settings) -> None:
    ids, patient = [f"{year}1124T023000Z" for year in (2023, 2024, 2025, 2026)], {"keep_days": 10_000}
    warehouse = Warehouse(home.model_copy(update=patient))
    for release_id in ids:
        publish(warehouse, release_id)

    def kept(**limits: int) -> list[str]:
        limited = home.model_copy(update=patient | limits)
        gone = Warehouse(limited).retain()
        assert not set(gone) & {r.id for r in warehouse.releases()}
        return sorted(r.id for r in warehouse.releases())

    assert kept() == ids
    assert kept(keep_days=800) == ids[1:]
    assert kept(keep_days=1) == ids[2:]
    assert kept(keep_bytes=1) == ids[2:]
    assert kept(keep_releases=1) == ids[3:]


def test_retention_by_bytes_counts_from_the_newest(warehouse: Warehouse, home: Settings) -> None:
    ids = [f"2026112{day}T023000Z" for day in range(5)]
    for release_id in ids:
        publish(warehouse, release_id)
    three = sum(r.bytes for r in warehouse.releases()[:3])
    assert Warehouse(home.model_copy(update={"keep_bytes": three})).retain() == [ids[1], ids[0]]


KILLED_PUBLISH = """
import os, signal, sys
from orchestration.release.publish import Warehouse
from orchestration.settings import settings
from tests.release.builds import manifest_of

left = int(sys.argv[1])

def killing(name):
    original = getattr(os, name)
    def call(*args, **kwargs):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return original(*args, **kwargs)
    setattr(os, name, call)

w = Warehouse(settings())
with w.lock():
    for name in ("chmod", "fsync", "symlink", "replace", "unlink"):
        killing(name)
    w.publish(w.build_path("20261123T023000Z"), "20261123T023000Z", manifest_of("20261123T023000Z"))
"""


def test_a_kill_before_any_step_leaves_a_whole_release(warehouse: Warehouse, home: Settings, tmp_path: Path) -> None:
    publish(warehouse)
    template = make_build(tmp_path / "template.duckdb", LATER)
    outcomes: list[str] = []
    killed = True
    while killed:
        shutil.copy(template, warehouse.build_path(LATER))
        child = run_child(KILLED_PUBLISH, home.home, str(len(outcomes)))
        _, errors = child.communicate(timeout=60)
        assert child.returncode in (0, -signal.SIGKILL), errors
        killed = child.returncode != 0
        current = published_id(home.current.resolve())
        outcomes.append(current)
        with warehouse.lock():
            warehouse.sweep()
        found = [r.id for r in warehouse.releases()]
        assert found == ([LATER, RELEASE_ID] if current == LATER else [RELEASE_ID])
        assert published_id(home.current.resolve()) == current
        assert list(home.work.iterdir()) == []
        assert sorted(p.name for p in home.warehouse.iterdir()) == ["current.duckdb", "manifests", "releases"]
        if current == LATER:  # back to the start for the next step
            home.current.unlink()
            home.current.symlink_to(Path("releases") / f"{RELEASE_ID}.duckdb")
            (home.releases / f"{LATER}.duckdb").unlink()
            (home.warehouse / "manifests" / f"{LATER}.json").unlink()
    assert len(outcomes) >= 9
    # Killed early the old release stays, killed after the link is replaced the new one does.
    assert outcomes == sorted(outcomes)
    assert outcomes[0] == RELEASE_ID
    assert outcomes[-2] == LATER


@pytest.mark.parametrize("name", ["work", "slices", "warehouse/releases"])
def test_what_a_link_leads_to_is_not_emptied(warehouse: Warehouse, home: Settings, tmp_path: Path, name: str) -> None:
    elsewhere, link = tmp_path / "elsewhere", home.home / name
    elsewhere.mkdir()
    (elsewhere / "somebodys.txt").write_text("theirs", encoding="utf-8")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere)
    with pytest.raises(SetupError, match=f"{name} is a link to {elsewhere}.*Remedy"):
        warehouse.sweep()
    assert (elsewhere / "somebodys.txt").exists()


def test_two_disks_are_known_before_anything_is_done(warehouse: Warehouse, home: Settings) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        if Path(other).stat().st_dev == home.home.parent.stat().st_dev:
            pytest.skip("/dev/shm is on the disk of the test")
        home.work.mkdir(parents=True)
        home.warehouse.symlink_to(other)
        with pytest.raises(SetupError, match=r"not on one disk.*Remedy"):
            warehouse.sweep()


def test_sweep_leaves_releases_somebody_went_back_from(warehouse: Warehouse, home: Settings) -> None:
    publish(warehouse)
    publish(warehouse, LATER)
    home.current.unlink()
    home.current.symlink_to(Path("releases") / f"{RELEASE_ID}.duckdb")
    scratch = home.work / "dbt"
    scratch.mkdir()
    (scratch / "x.parquet").write_bytes(b"x")
    half_a_sample = home.home / ".sample.4711.new"
    half_a_sample.mkdir()
    assert warehouse.sweep() == [scratch, half_a_sample]
    assert not scratch.exists()
    assert not half_a_sample.exists()
    assert [r.id for r in warehouse.releases()] == [LATER, RELEASE_ID]


HOLD = """
import sys
from orchestration.release.publish import Warehouse
from orchestration.settings import settings
with Warehouse(settings()).lock():
    print("held", flush=True)
    sys.stdin.read()
"""
TRY = """
from orchestration.errors import LockedError
from orchestration.release.publish import Warehouse
from orchestration.settings import settings
try:
    with Warehouse(settings()).lock():
        print("held")
except LockedError as error:
    print(error.exit_code, error)
"""


def test_the_lock_holds_across_processes_and_dies_with_its_holder(warehouse: Warehouse, home: Settings) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CLUSTERS_HOME": str(home.home), "PYTHONPATH": str(PROJECT_ROOT)},
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        output, _ = run_child(TRY, home.home).communicate(timeout=60)
        assert output.startswith(f"4 another refresh is running (process {holder.pid}, since 20")
        with pytest.raises(LockedError), warehouse.lock():
            pytest.fail("two holders of one lock")
    finally:
        holder.kill()
        holder.communicate()
    with warehouse.lock():
        assert json.loads((home.home / "refresh.holder.json").read_text())["pid"] == os.getpid()
        with pytest.raises(LockedError), Warehouse(home).lock():
            pytest.fail("two holders of one lock in one process")
    assert run_child(TRY, home.home).communicate(timeout=60)[0] == "held\n"


def test_a_damaged_holder_file_does_not_hide_the_lock(warehouse: Warehouse, home: Settings) -> None:
    with warehouse.lock():
        (home.home / "refresh.holder.json").write_text("{")
        with pytest.raises(LockedError, match="another refresh is running; wait"), Warehouse(home).lock():
            pytest.fail("two holders of one lock")
