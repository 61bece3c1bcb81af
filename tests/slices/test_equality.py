"""However a release comes to its tables, at once, year by year or taken over, it holds the same: on the sample."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.assets.gates import LEARNED
from orchestration.quality.profiles import TableProfile
from orchestration.release.manifest import Manifest, read_manifest
from orchestration.release.records import read_checks, read_profiles
from orchestration.sample.oews import FOLDER
from orchestration.slices import assembly
from tests.conftest import Demo
from tests.faults.conftest import House, house_environment
from tests.sources.books import rezipped

take_in = assembly.take_in
STAFFING = f"www.bls.gov/{FOLDER}/oesm25in4.zip"


@pytest.fixture
def house(sample: Path, tmp_path: Path) -> Iterator[House]:
    """An empty home beside a mirror that other tests share; what a test writes there takes the place of a link."""
    target = tmp_path / "mirror"
    for path in sample.rglob("*"):
        if path.is_file():
            link = target / path.relative_to(sample)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    empty = House(tmp_path / "home", target)
    with house_environment(empty):
        yield empty


def published(house: House, years: str) -> Manifest:
    result = house.refresh("--years", years)
    assert result.exit_code == 0, result.output
    assert "Published release" in result.stdout, result.output
    return manifest_of(house.current)


def manifest_of(current: Path) -> Manifest:
    release = current.resolve()
    return read_manifest(release.parents[1] / "manifests" / f"{release.stem}.json")


def contents(manifest: Manifest) -> dict[tuple[str, int], tuple[int, str]]:
    return {(c.table_name, c.year): (c.rows, c.content_hash) for c in manifest.contents}


def findings(current: Path) -> dict[tuple[str, str], bool]:
    """What passed and what did not, by table and check."""
    return {(found.table_name, found.check_name): found.passed for found in read_checks(current)}


def profiles(current: Path) -> set[TableProfile]:
    return set(read_profiles(current))


def more_managers(name: str, part: bytes) -> bytes:
    """A sheet in which three in a hundred more people manage in every industry."""
    cell = rb'(>11-1021<.*?<c r="L\d+" t="n"><v>)(\d+)'
    return re.sub(cell, lambda found: found[1] + b"%d" % (int(found[2]) * 103 // 100), part, flags=re.DOTALL)


def made_anew(before: Manifest, now: Manifest) -> dict[int, set[str]]:
    """Tables whose key differs from the one before, by year."""
    keys = {record.year: record.keys for record in before.years}
    return {
        record.year: {name for name, key in record.keys.items() if keys.get(record.year, {}).get(name) != key}
        for record in now.years
    }


def broken_off(house: House, years: str, patch: pytest.MonkeyPatch, *, after: int) -> list[str]:
    """A refresh that ends after some of its slices; their files."""
    take_in, calls = assembly.take_in, iter(range(99))

    def one_more(*args: Any) -> None:
        if next(calls) == after:
            raise RuntimeError("the machine stops")
        take_in(*args)

    with patch.context() as inner:
        inner.setattr(assembly, "take_in", one_more)
        assert house.refresh("--years", years).exit_code == 1
    return sorted(path.name for path in (house.home / "slices").glob("*.duckdb"))


def test_at_once_by_year_and_taken_over(
    house: House, demo: Demo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """All years of the sample: of states alone, in quarters, of two editions of NAICS and two delineations.

    The newest three, and the spans between them, are taken over from a release of their own; the refresh for those
    before them breaks off, and one of the slices that it leaves is damaged.
    """
    at_once = manifest_of(demo.home / "warehouse" / "current.duckdb")
    years = [record.year for record in at_once.years]
    span = f"{years[0]}-{years[-1]}"
    newest = published(house, f"{years[-3]}-{years[-1]}")
    # What estimates read of years before makes no year of the release.
    assert {content.year for content in newest.contents if content.table_name == "cluster_firms"} <= set(years[-3:])
    with monkeypatch.context() as patch:
        patch.setenv("CLUSTERS_ROWS_IN_ONE_GO", "1")
        left = broken_off(house, span, patch, after=1)
        assert len(left) == 2
        (house.home / "slices" / left[0]).write_bytes(b"damaged")
        with caplog.at_level(logging.INFO, logger="clusters.build"):
            by_year = published(house, span)
    assert (caplog.text.count("made by an earlier refresh"), caplog.text.count("is damaged on disk")) == (1, 1)
    at_once_found, by_year_found = findings(demo.home / "warehouse" / "current.duckdb"), findings(house.current)
    assert at_once_found.items() <= by_year_found.items()
    assert all(name.startswith(LEARNED) for _, name in by_year_found.keys() - at_once_found.keys())
    assert profiles(house.current) == profiles(demo.home / "warehouse" / "current.duckdb")
    assert not (house.home / "slices").exists()
    assert contents(by_year) == contents(at_once)
    assert {record.year: record.keys for record in by_year.years} == {r.year: r.keys for r in at_once.years}
    assert {year for year, tables in made_anew(newest, by_year).items() if not tables} == set(years[-3:])
    assert {r.year for r in by_year.years if "employment" in r.taken_over} == set(years[-3:])


def test_a_changed_staffing_table_makes_what_reads_occupations(
    house_of_two: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, first = house_of_two, manifest_of(house_of_two.current)
    monkeypatch.setenv("CLUSTERS_ROWS_IN_ONE_GO", "1")
    book = (house.mirror / STAFFING).read_bytes()
    with duckdb.connect(str(house.current), read_only=True) as con:
        before = con.execute("SELECT sum(occupation), sum(combined) FROM cluster_linkage").fetchall()
    (house.mirror / STAFFING).unlink()
    (house.mirror / STAFFING).write_bytes(rezipped(book, lambda _, content: rezipped(content, more_managers)))
    second = published(house, "2022-2023")
    assert made_anew(first, second) == {2022: {"cluster_linkage"}, 2023: {"cluster_linkage"}}
    changed = {name for (name, _), held in contents(second).items() if contents(first)[name, _] != held}
    assert changed == {"cluster_linkage", "cluster_occupation", "cluster_skill_gap", "region_skills"}
    with duckdb.connect(str(house.current), read_only=True) as con:
        assert con.execute("SELECT sum(occupation), sum(combined) FROM cluster_linkage").fetchall() != before
        found = con.execute("SELECT count(*), count(*) FILTER (NOT passed) FROM meta.check_result WHERE tool = 'dbt'")
        checks, failed = found.fetchall()[0]
    assert (checks > 100, failed) == (True, 0)
    a_lie_is_found(house, first, second, book, monkeypatch)


def miscopied(build: Path, part: Path, made: Mapping[str, Collection[int]]) -> None:
    """Takes a slice in, and spoils what is taken over."""
    take_in(build, part, made)
    with assembly.opened(build) as con:
        con.execute("UPDATE region_structure SET krugman = krugman / 2 WHERE year = 2023")


def a_lie_is_found(house: House, first: Manifest, second: Manifest, book: bytes, patch: pytest.MonkeyPatch) -> None:
    """A ledger with one wrong key makes one wrong table, and rows that are copied wrong make another.

    What is made from scratch shows which, and takes their place.
    """
    note = house.current.resolve().parents[1] / "manifests" / f"{second.release.release_id}.json"
    entry = json.loads(note.read_text(encoding="utf-8"))
    true = {record.year: record.keys["cluster_linkage"] for record in first.years}
    for record in entry["years"]:
        if record["year"] == 2022:
            record["keys"]["cluster_linkage"] = true[2022]
    note.write_text(json.dumps(entry), encoding="utf-8")
    (house.mirror / STAFFING).write_bytes(book)
    with patch.context() as inner:
        inner.setattr(assembly, "take_in", miscopied)
        wrong = published(house, "2022-2023")
    differing = {place for place, held in contents(wrong).items() if contents(first)[place] != held}
    assert differing == {("cluster_linkage", 2022)}
    patch.undo()
    stopped = house.refresh("--years", "2022-2023", "--from-scratch")
    assert stopped.exit_code == 3, stopped.output
    assert "other rows in cluster_linkage (2022), region_structure (2023)" in stopped.output
    mended = house.refresh("--years", "2022-2023", "--from-scratch", "--accept-revision", "oews_industry")
    assert mended.exit_code == 0, mended.output
    assert "other rows in cluster_linkage (2022), region_structure (2023)" in mended.output
    assert contents(manifest_of(house.current)) == contents(first)
