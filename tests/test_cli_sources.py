"""`clusters sources`: what is declared, what is held, what each place offers; whole words in a narrow window."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app, sources
from orchestration.cli.sources import spans
from orchestration.cli.terminal import PlainConsole
from orchestration.partitions import File, Partition, TidyIndex
from orchestration.settings import Settings, settings
from orchestration.sources.catalogue import SOURCES

HELD = {
    "bls_qcew": ["2015", "2016", "2017", "2019"],
    "bls_qcew_areas": ["series@2026-10-01", "series@2026-11-28"],
    "census_delineation": ["2015-07", "2020-03", "2023-07"],
    "census_population": ["2010s@2020", "2020s@2024", "2020s@2025"],
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    mirror = tmp_path / "publishers"
    for path in (
        "data.bls.gov/cew/doc/titles/area/area_titles.csv",
        "www2.census.gov/geo/docs/reference/county_adjacency.txt",
        "data.bls.gov/cew/data/files/2018/csv/2018_qtrly_by_area.zip",
        "data.bls.gov/cew/data/files/2016/csv/2016_annual_singlefile.zip",
    ):
        (mirror / path).parent.mkdir(parents=True, exist_ok=True)
        (mirror / path).write_bytes(b"a,b\n1,2\n")
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLUSTERS_PROFILE", "mirror")
    monkeypatch.setenv("CLUSTERS_MIRROR", str(mirror))
    monkeypatch.setenv("CLUSTERS_YEARS", "2015-2019")
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


def holds(home: Settings) -> None:
    file = File("https://x.gov/a.zip", "0" * 64, 1, None, None, "2026-11-22T02:30:00+00:00")
    for name, editions in HELD.items():
        for edition in editions:
            period, _, vintage = edition.partition("@")
            table = SOURCES[name].table
            TidyIndex(home).put(Partition(name, table, period, vintage or None, "f", "p", 1, "new", (file,)))


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["sources", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_catalogue_says_what_is_held_of_each(home: Settings) -> None:
    holds(home)
    lines = {line.split()[1]: line for line in run().splitlines() if line.startswith("│")}
    assert set(lines) == set(SOURCES)
    assert "2015-2017, 2019 (newest file 2026-11-22 02:30 UTC)" in lines["bls_qcew"]
    assert "series@2026-10-01, series@2026-11-28 (newest" in lines["bls_qcew_areas"]
    assert "2010s@2020, 2020s@2024, 2020s@2025 (newest" in lines["census_population"]
    assert "nothing" in lines["census_gazetteer"]
    assert SOURCES["census_gazetteer"].cadence in lines["census_gazetteer"]


def test_optional_and_untried_sources_are_named(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(SOURCES["oews_metro"], required=False, tried="documented layout")
    monkeypatch.setitem(SOURCES, "oews_metro", changed)
    text = run()
    assert re.search(r"^Optional .*\boews_metro\b", text, re.MULTILINE)
    assert re.search(r"^Read by the publisher's documentation only.*\boews_metro\b", text, re.MULTILINE)


def test_the_check_asks_for_the_newest_and_downloads_nothing(home: Settings) -> None:
    text = run("--check")
    lines = {line.split()[1]: line for line in text.splitlines() if line.startswith("│")}
    assert set(lines) == set(SOURCES)
    assert re.search(r"│ 2018 +│ offered, quarterly_by_area", lines["bls_qcew"])
    assert re.search(r"│ series +│ offered, file", lines["bls_qcew_areas"])
    assert re.search(r"│ 2010 +│ offered", lines["census_adjacency"])
    assert re.search(r"│ none +│ not offered", lines["census_gazetteer"])
    assert "Nothing was downloaded" in text
    assert not [p for p in (home.landing / "blobs").rglob("*") if p.is_file()]
    assert TidyIndex(home).all() == []


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_no_word_is_broken_in_a_narrow_window(
    home: Settings, monkeypatch: pytest.MonkeyPatch, width: int, arguments: list[str]
) -> None:
    holds(home)
    monkeypatch.setattr(sources, "stdout", lambda: PlainConsole(width=width))
    text = run(*arguments)
    assert max(map(len, text.splitlines())) <= width
    words = set(re.findall(r"[^\s│]+", text))
    assert set(SOURCES) <= words
    if not arguments:
        titles = {word for s in SOURCES.values() for word in f"{s.title} ({s.cadence})".split()}
        assert titles <= words
        held = {edition for name, editions in HELD.items() if name != "bls_qcew" for edition in editions}
        assert held <= {word.rstrip(",") for word in words}


def test_the_table_of_the_docs_has_a_row_a_source(home: Settings) -> None:
    holds(home)
    head, line, *rows = run("--format", "markdown").splitlines()
    assert head.count("|") == line.count("|") == 8
    assert [row.split("`")[1] for row in rows] == sorted(SOURCES)
    assert all(row.count(" | ") == 6 and "2026" not in row for row in rows)


@pytest.mark.parametrize(
    ("editions", "shown"),
    [
        ([], ""),
        (["2016"], "2016"),
        (["2015", "2016"], "2015-2016"),
        (["2007", "2017"], "2007, 2017"),
        (["2014", "2015", "2016", "2018", "2020s@2024", "2025"], "2014-2016, 2018, 2020s@2024, 2025"),
        (["2015-07", "2016-07"], "2015-07, 2016-07"),
    ],
)
def test_years_in_a_row_are_a_span(editions: list[str], shown: str) -> None:
    assert spans(editions) == shown
