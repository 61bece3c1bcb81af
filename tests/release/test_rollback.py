"""What a release holds, its manifest, and going back to an earlier one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.checksums import checksum
from orchestration.cli import app
from orchestration.errors import LockedError, SetupError
from orchestration.release.contents import TableContent, differing, table_contents
from orchestration.release.manifest import Manifest, manifest_path, read_manifest, write_manifest
from orchestration.release.publish import Warehouse
from orchestration.release.revisions import difference
from orchestration.release.rollback import Hold, read_hold, roll_back, write_hold
from orchestration.settings import Settings
from tests.release.builds import MARTS, catalogue, make_build

FIRST, SECOND, THIRD = "20261121T023000Z", "20261122T023000Z", "20261123T023000Z"


def publish(house: Warehouse, release_id: str, *partitions: str, files: Sequence[str] = ()) -> Path:
    """A release of the test's tables that says it was made from these partitions, each read from these files."""
    build = make_build(house.build_path(release_id), release_id)
    with duckdb.connect(build, read_only=True) as con:
        contents = table_contents(con, MARTS.values())
    before = house.current()
    manifest = Manifest(
        release=replace(catalogue(release_id).release, previous_release_id=before.id if before else None),
        partitions=[
            {"source_id": "bls_qcew", "path": path, "files": [{"sha256": sha256} for sha256 in files]}
            for path in partitions
        ],
        contents=contents,
        accepted=[],
        engine=duckdb.__version__,
        code_hash="ab",
    )
    return house.publish(build, release_id, manifest=manifest)


@pytest.fixture
def three(warehouse: Warehouse) -> Warehouse:
    """Three releases; the second brought another 2016, the third another 2015."""
    publish(warehouse, FIRST, "qcew/2015/a.parquet", "qcew/2016/a.parquet")
    publish(warehouse, SECOND, "qcew/2015/a.parquet", "qcew/2016/b.parquet")
    publish(warehouse, THIRD, "qcew/2015/c.parquet", "qcew/2016/b.parquet")
    return warehouse


def current(house: Warehouse) -> str:
    found = house.current()
    assert found is not None
    return found.id


def test_contents_do_not_depend_on_the_order_of_rows_and_columns() -> None:
    with duckdb.connect() as con:
        con.execute("CREATE TABLE dim_cluster AS SELECT * FROM (VALUES ('a', 1), ('b', 2)) AS t(cluster_id, name)")
        one = table_contents(con, [MARTS["dim_cluster"]])
        con.execute("CREATE OR REPLACE TABLE dim_cluster AS FROM (VALUES (2, 'b'), (1, 'a')) AS t(name, cluster_id)")
        assert table_contents(con, [MARTS["dim_cluster"]]) == one
        con.execute("UPDATE dim_cluster SET name = CASE cluster_id WHEN 'a' THEN 2 ELSE 1 END")
        assert table_contents(con, [MARTS["dim_cluster"]]) != one
        con.execute("UPDATE dim_cluster SET name = CASE cluster_id WHEN 'a' THEN 1 END")
        assert table_contents(con, [MARTS["dim_cluster"]]) != one, "NULL is not 2"


def test_contents_are_told_by_year() -> None:
    one = [TableContent("e", 2015, 1, "aa"), TableContent("e", 2016, 1, "bb")]
    other = [TableContent("e", 2015, 1, "aa"), TableContent("e", 2016, 1, "cc"), TableContent("r", 0, 1, "dd")]
    assert differing(one, other) == {"e": [2016], "r": [0]}
    assert differing(one, one) == {}


def test_a_manifest_reads_back_as_it_was_written(three: Warehouse, home: Settings) -> None:
    manifest = read_manifest(manifest_path(home.warehouse, SECOND))
    assert manifest.release == replace(catalogue(SECOND).release, previous_release_id=FIRST)
    assert manifest.paths == {"qcew/2015/a.parquet", "qcew/2016/b.parquet"}
    assert {c.table_name for c in manifest.contents} == set(MARTS)


def test_a_damaged_manifest_is_named(three: Warehouse, home: Settings) -> None:
    path = manifest_path(home.warehouse, SECOND)
    path.write_text(path.read_text()[:100])
    with pytest.raises(SetupError, match=rf"{SECOND}\.json: is damaged .* Remedy: "):
        read_manifest(path)


def test_manifests_outlive_their_releases(three: Warehouse, home: Settings) -> None:
    assert three.retain(keep=1) == [SECOND, FIRST]
    kept = sorted(path.stem for path in (home.warehouse / "manifests").iterdir())
    assert kept == [FIRST, SECOND, THIRD]


def test_a_half_published_release_leaves_no_manifest(three: Warehouse, home: Settings) -> None:
    (home.warehouse / "publishing").write_text("20261124T023000Z")
    write_manifest(
        read_manifest(manifest_path(home.warehouse, THIRD)), manifest_path(home.warehouse, "20261124T023000Z")
    )
    three.sweep()
    assert not manifest_path(home.warehouse, "20261124T023000Z").exists()
    assert manifest_path(home.warehouse, THIRD).exists()


def test_back_and_forth(three: Warehouse, home: Settings) -> None:
    digest = (home.releases / f"{SECOND}.duckdb").read_bytes()
    hold = roll_back(three)
    assert current(three) == SECOND
    assert home.current.read_bytes() == digest
    assert hold == read_hold(home.warehouse)
    assert hold is not None
    assert (hold.rolled_back, hold.to, hold.partitions) == (THIRD, SECOND, ["qcew/2015/c.parquet"])

    hold = roll_back(three)
    assert current(three) == FIRST
    assert hold is not None
    assert hold.partitions == ["qcew/2015/c.parquet", "qcew/2016/b.parquet"]

    assert roll_back(three, THIRD) is None
    assert current(three) == THIRD
    assert read_hold(home.warehouse) is None
    assert [release.id for release in three.releases()] == [THIRD, SECOND, FIRST], "nothing is deleted"


def test_without_a_name_it_is_the_release_that_the_current_one_replaced(warehouse: Warehouse) -> None:
    """And not the one before it in time, which somebody found wrong."""
    publish(warehouse, FIRST, "qcew/2016/a.parquet")
    publish(warehouse, SECOND, "qcew/2016/b.parquet")
    roll_back(warehouse)
    assert current(warehouse) == FIRST
    publish(warehouse, THIRD, "qcew/2016/c.parquet")
    roll_back(warehouse)
    assert current(warehouse) == FIRST
    with pytest.raises(SetupError, match=rf"{FIRST} replaced no earlier release.*name one"):
        roll_back(warehouse)


def test_what_is_compared_as_previous_is_that_release_too(warehouse: Warehouse, home: Settings) -> None:
    publish(warehouse, FIRST, "qcew/2016/a.parquet")
    publish(warehouse, SECOND, "qcew/2016/b.parquet")
    roll_back(warehouse)
    publish(warehouse, THIRD, "qcew/2016/c.parquet")
    settings_of = {"CLUSTERS_HOME": str(home.home), "CLUSTERS_PROFILE": "mirror"}
    shown = CliRunner(env=settings_of).invoke(app, ["diff", "previous", "current"])
    assert f"From release {FIRST} to {THIRD}" in shown.stdout, shown.output


@pytest.mark.parametrize("restored", ["a copy", "nothing", "a link to nowhere"])
def test_a_home_whose_link_was_lost_is_not_taken_for_a_new_one(three: Warehouse, home: Settings, restored: str) -> None:
    """As tools restore it that follow links when they copy."""
    home.current.unlink()
    if restored == "a copy":
        home.current.write_bytes((home.releases / f"{THIRD}.duckdb").read_bytes())
    elif restored == "a link to nowhere":
        home.current.symlink_to("releases/gone.duckdb")
    remedy = f"leads to no release, although 3 are there. Remedy: `clusters rollback {THIRD}`"
    for profile in ("sample", "live"):
        with pytest.raises(SetupError, match=remedy):
            three.refuse_sample_over_real(profile)
    with pytest.raises(SetupError, match=remedy):
        roll_back(three)
    assert roll_back(three, THIRD) is None
    assert current(three) == THIRD
    assert three.lost_link() is None


def test_a_release_that_is_kept_no_more_is_not_gone_back_to(three: Warehouse, home: Settings) -> None:
    (home.releases / f"{SECOND}.duckdb").unlink()
    with pytest.raises(SetupError, match=f"{THIRD} replaced {SECOND}, which is no longer kept"):
        roll_back(three)
    assert current(three) == THIRD


def test_a_hold_blocks_what_was_rolled_back_and_nothing_else() -> None:
    hold = Hold("b", "a", "2026-11-22T09:00:00+00:00", ["qcew/2016/b.parquet"], ["9a"])
    assert hold.blocks(["qcew/2015/a.parquet", "qcew/2016/b.parquet"], "77"), "also with another source's news"
    assert hold.blocks([], "9a"), "the same inputs, where only the code was another"
    assert not hold.blocks(["qcew/2015/a.parquet", "qcew/2016/c.parquet"], "77")
    assert "because of qcew/2016 as it stood there" in str(hold)


def test_a_hold_goes_by_the_bytes_whatever_parser_read_them(warehouse: Warehouse, home: Settings) -> None:
    publish(warehouse, FIRST, "qcew/2016/read_by_one.parquet", files=("aa",))
    publish(warehouse, SECOND, "qcew/2016/wrong.parquet", files=("bb",))
    hold = roll_back(warehouse)
    assert hold is not None
    assert hold.files == ["bb"]
    assert hold.blocks(["qcew/2016/read_by_another.parquet"], "77", ["bb"])
    assert not hold.blocks(["qcew/2016/read_by_another.parquet"], "77", ["aa"])
    assert not hold.blocks(["qcew/2016/read_by_another.parquet"], "77", ["cc"])


def test_a_parser_that_erred_is_held_by_what_it_made(warehouse: Warehouse) -> None:
    """The same bytes, so they are not to blame: a mended parser may read them."""
    publish(warehouse, FIRST, "qcew/2016/right.parquet", files=("aa",))
    publish(warehouse, SECOND, "qcew/2016/wrong.parquet", files=("aa",))
    hold = roll_back(warehouse)
    assert hold is not None
    assert hold.files == []
    assert hold.blocks(["qcew/2016/wrong.parquet"], "77", ["aa"])
    assert not hold.blocks(["qcew/2016/mended.parquet"], "77", ["aa"])


def test_a_note_of_before_files_were_kept_still_holds(home: Settings) -> None:
    home.warehouse.mkdir(parents=True)
    note = {"rolled_back": "b", "to": "a", "at": "2026-11-22", "partitions": ["x"], "inputs_hashes": []}
    (home.warehouse / "held.json").write_text(json.dumps(note))
    hold = read_hold(home.warehouse)
    assert hold is not None
    assert hold.blocks(["x"], "77", ["aa"])


def test_a_release_that_changed_on_disk_is_not_gone_back_to(three: Warehouse, home: Settings) -> None:
    path = home.releases / f"{SECOND}.duckdb"
    path.chmod(0o644)
    with duckdb.connect(path) as con:
        con.execute("UPDATE cluster_specialisation SET employment = employment + 1")
    with pytest.raises(SetupError, match=r"no longer holds what was published \(cluster_specialisation\)"):
        roll_back(three)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(SetupError, match="cannot be read"):
        roll_back(three)
    assert current(three) == THIRD
    assert read_hold(home.warehouse) is None
    assert roll_back(three, FIRST) is not None


def test_nobody_goes_back_while_a_refresh_runs(three: Warehouse) -> None:
    with three.lock(), pytest.raises(LockedError):
        roll_back(three)
    assert current(three) == THIRD


def test_a_damaged_note_is_named_and_can_be_lifted(three: Warehouse, home: Settings) -> None:
    (home.warehouse / "held.json").write_text("{")
    with pytest.raises(SetupError, match=r"held\.json: is damaged .*--lift"):
        read_hold(home.warehouse)
    write_hold(home.warehouse, None)
    assert read_hold(home.warehouse) is None


def test_difference_of_two_releases(three: Warehouse, home: Settings) -> None:
    changed = home.releases / f"{SECOND}.duckdb"
    changed.chmod(0o644)
    with duckdb.connect(changed) as con:
        con.execute("UPDATE cluster_specialisation SET employment = 990 WHERE employment = 900")
        con.execute("DELETE FROM cluster_specialisation WHERE year = 2015")
        con.execute("UPDATE meta.source_snapshot SET sha256 = 'ff' || sha256")
    found = difference(home.releases / f"{FIRST}.duckdb", changed, "1GB")
    assert found.sources == [("bls_qcew:2016", "ab" * 6, "ff" + "ab" * 5)]
    assert found.rows == [("cluster_specialisation", "2015", "1", "")]
    revised = [(r.entity_id, r.median_change) for r in found.revisions if r.revised]
    assert revised == [(e, pytest.approx(0.1)) for e in ("all", "automotive", "county:06085")]
    same = difference(changed, changed, "1GB")
    assert (same.sources, same.rows, same.columns, same.revisions) == ([], [], [], [])


def test_columns_that_came_and_went_are_told(three: Warehouse, home: Settings) -> None:
    """Saved queries break by them, although no figure differs."""
    changed = home.releases / f"{SECOND}.duckdb"
    changed.chmod(0o644)
    with duckdb.connect(changed) as con:
        con.execute("ALTER TABLE cluster_specialisation RENAME COLUMN stars TO points")
        con.execute("ALTER TABLE dim_region ADD COLUMN note VARCHAR")
        con.execute("ALTER TABLE cluster_specialisation ALTER lq TYPE FLOAT")
        con.execute("CREATE TABLE of_another_release AS SELECT 1 AS n")
    found = difference(home.releases / f"{FIRST}.duckdb", changed, "1GB")
    assert found.columns == [
        ("cluster_specialisation", "lq", "DOUBLE", "FLOAT"),
        ("cluster_specialisation", "points", "", "INTEGER"),
        ("cluster_specialisation", "stars", "INTEGER", ""),
        ("dim_region", "note", "", "VARCHAR"),
    ]
    note = manifest_path(home.warehouse, SECOND)
    write_manifest(replace(read_manifest(note), file_sha256=checksum(changed)), note)
    settings_of = {"CLUSTERS_HOME": str(home.home), "CLUSTERS_PROFILE": "mirror"}
    shown = CliRunner(env=settings_of).invoke(app, ["diff", FIRST, SECOND])
    assert shown.exit_code == 0, shown.output
    assert "Columns that came and went" in shown.stdout
    assert "points" in shown.stdout
