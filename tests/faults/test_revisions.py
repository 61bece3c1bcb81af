"""A publisher issues a year again: what the next release says of it, what stops it, and the way back."""

from __future__ import annotations

import json

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.settings import settings
from tests.faults.conftest import WAGES, House, paying, singlefile

PARTS = "entity_id, cells, revised, appeared, vanished, median_change"


def issue(house: House, original: bytes, times: float) -> None:
    """The publisher offers 2023 with these wages."""
    house.write(singlefile(2023), original)
    house.edit_year(2023, paying(times))


def run(*arguments: str, code: int = 0) -> str:
    settings.cache_clear()
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def revised(house: House, where: str) -> list[tuple]:
    with duckdb.connect(str(house.current), read_only=True) as con:
        return con.execute(f"SELECT {PARTS} FROM meta.revision WHERE {where} ORDER BY ALL").fetchall()


def test_from_a_small_revision_to_a_large_one_and_back(house: House) -> None:
    first, original = house.current.resolve().stem, house.read(singlefile(2023))
    assert {row[1] for row in revised(house, "true")} == {0}, "a first release has nothing to compare with"

    issue(house, original, 1.004)
    assert (done := house.refresh()).exit_code == 0, done.output
    small = house.current.resolve().stem
    assert small != first
    [(_, cells, changed, appeared, vanished, median)] = revised(
        house, "table_name = 'employment' AND column_name = 'wages' AND year = 2023 AND entity_id = 'all'"
    )
    assert cells >= changed > 0.5 * cells
    assert (appeared, vanished) == (0, 0)
    assert median == pytest.approx(0.004, abs=0.0002)
    assert revised(house, "revised + appeared + vanished > 0 AND year = 2022") == []
    assert revised(house, "revised + appeared + vanished > 0 AND column_name IN ('employment', 'lq')") == []
    regions = revised(house, "table_name = 'employment' AND column_name = 'wages' AND entity_id LIKE 'county:%'")
    assert len(regions) > 50

    shown = run("diff", first, "current")
    assert "bls_qcew:2023" in shown
    assert "wages" in shown
    everything = json.loads(run("diff", "previous", "current", "--table", "cluster_specialisation", "--json"))
    assert {r["table_name"] for r in everything["revisions"]} == {"cluster_specialisation"}
    # Pay over jobs tells the months of jobs to within rounding, so bounds of withheld cells may move, and estimates
    # with them; no figure does.
    moved = {r["column_name"] for r in everything["revisions"] if r["revised"]}
    open_ends = ("_lower", "_upper", "_best", "_worst", "_estimate", "_p10", "_p90", "_probability", "_likely")
    assert {name for name in moved if not name.endswith(open_ends)} == {
        "wages",
        "average_wage",
    }
    assert "No figure that both releases can hold differs" in run("diff", small, small)

    issue(house, original, 1.1)
    before = house.released()
    stopped = house.refresh()
    assert stopped.exit_code == 3
    assert "stg_qcew.revision_within_limits failed (error)" in stopped.output
    assert any(f"year = 2023, column_name = {name}" in stopped.output for name in WAGES)
    assert "`clusters refresh --accept-revision bls_qcew`" in stopped.output
    assert house.released() == before
    alert = json.loads((house.home / "alerts.jsonl").read_text().splitlines()[-1])
    assert alert["exit_code"] == 3
    assert "--accept-revision bls_qcew" in alert["text"]

    assert house.refresh("--accept-revision", "census_gazetteer").exit_code == 3, "another source was accepted"
    assert house.refresh("--accept-revision", "bls_qcew").exit_code == 0
    large = house.current.resolve().stem
    with duckdb.connect(str(house.current), read_only=True) as con:
        found = con.execute(
            "SELECT severity, passed FROM meta.check_result WHERE check_name = 'revision_within_limits'"
        )
        assert found.fetchall() == [("warning", False)]

    assert f"points at release {small}" in run("rollback")
    assert house.current.resolve().stem == small
    assert "qcew/2023" in house.status()["held"]
    held = house.refresh()
    assert held.exit_code == 0
    assert "Held back" in held.output
    assert "qcew/2023" in held.output
    assert house.current.resolve().stem == small
    assert house.status()["last_run"]["outcome"] == "held"

    # A later release's manifest is enough, also when retention has taken the file.
    (house.home / "warehouse" / "releases" / f"{large}.duckdb").unlink()
    assert "Equal, table by table" in run("rebuild", large)
    assert list((house.home / "rebuild").iterdir()) == []

    issue(house, original, 1.004 * 1.003)
    assert (done := house.refresh()).exit_code == 0, done.output
    assert house.current.resolve().stem not in (first, small, large)
    assert f"release {large} was rolled back to {small}" in " ".join(done.output.split())
    assert "none of that is in this release" in " ".join(done.output.split())
    assert house.answers()


def test_what_cannot_be_compared_or_gone_back_to_is_said(house: House) -> None:
    current = house.current.resolve().stem
    for arguments, said in (
        (("rollback",), f"release {current} replaced no earlier release"),
        (("rollback", current), "is the current one already"),
        (("rollback", "20200101T000000Z"), "there is no release 20200101T000000Z"),
        (("diff", "current", "20200101T000000Z"), "there is no release '20200101T000000Z'"),
        (("diff", "current", "current", "--table", "employmant"), "did you mean employment?"),
        (("rebuild", "20200101T000000Z"), "no manifest"),
        (("refresh", "--accept-revision", "bls_qcwe"), "did you mean bls_qcew?"),
    ):
        assert said in run(*arguments, code=1)


def test_a_damaged_landed_file_is_named_by_a_rebuild(house: House) -> None:
    manifest = json.loads(next((house.home / "warehouse" / "manifests").glob("*.json")).read_text())
    file = next(p for p in manifest["partitions"] if p["source_id"] == "bls_qcew")["files"][0]
    blob = house.home / "landing" / "blobs" / file["sha256"][:2] / file["sha256"]
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.unlink()
    blob.write_bytes(content)
    said = run("rebuild", house.current.resolve().stem, code=2)
    assert "is gone or damaged" in said
    assert "restore the landing folder" in said
    assert house.answers()
