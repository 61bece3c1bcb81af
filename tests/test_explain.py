"""`clusters explain`: figures are made again as they are published, and one that was altered is found."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import Result
from typer.testing import CliRunner

from orchestration.checksums import checksum
from orchestration.cli import app
from orchestration.explaining import publisher, quotients
from orchestration.explaining.publisher import Publisher
from orchestration.explaining.report import Report
from orchestration.explaining.sizes import Cell, Size, rows_of, sizes
from orchestration.explaining.tables import follow
from orchestration.settings import PROJECT_ROOT, Settings
from tests.conftest import Demo

TARNMERE = ("--region", "tarnmere", "--cluster", "automotive", "--year", "2024")
CLUSTER_ROWS = """
    SELECT {figures} FROM {table} AS c JOIN cluster_specialisation AS s USING (region_id, cluster_id)
    WHERE s.year = 2024 AND c.{year} = 2024 AND s.employment IS {known} NULL AND s.region_id LIKE '{kind}:%'
        AND s.employment_upper > 0 ORDER BY hash(region_id || cluster_id) LIMIT 1
"""
CELL_ROWS = """
    FROM {table} AS c
    SEMI JOIN (FROM employment WHERE year = 2024 AND status = '{status}' AND ownership = 'private') AS e
        USING (region_id, industry_id, ownership, year)
    WHERE region_id LIKE '{kind}:%' ORDER BY hash(region_id || industry_id) LIMIT 1
"""
TOLD = """
    SELECT e.*, i.code, p.jobs, p.plants FROM employment AS e JOIN dim_industry AS i USING (industry_id) JOIN (
        SELECT {key} AS region_id, naics_code, sum(employment) AS jobs, sum(establishments) AS plants
        FROM read_parquet('{tidy}') WHERE employment > 0 AND establishments > 0 GROUP BY ALL
    ) AS p ON e.region_id = p.region_id AND i.code = p.naics_code
    WHERE e.year = 2023 AND e.ownership = 'private' AND e.employment IS NULL AND p.plants {share}
    ORDER BY hash(e.region_id || i.code) LIMIT 1
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", *arguments])


@pytest.fixture
def at_demo(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    """The sample's release, which the command reads too."""
    monkeypatch.setenv("CLUSTERS_HOME", str(demo.home))
    with duckdb.connect(str(demo.home / "warehouse" / "current.duckdb"), read_only=True) as con:
        yield con


def altered(demo: Demo, home: Path, *changes: str) -> None:
    """A home whose release is that of the sample, published after somebody's mistake had got into a table."""
    found = (demo.home / "warehouse" / "current.duckdb").resolve()
    (home / "warehouse" / "releases").mkdir(parents=True)
    (home / "warehouse" / "manifests").mkdir()
    copy = home / "warehouse" / "releases" / found.name
    shutil.copyfile(found, copy)
    with duckdb.connect(str(copy)) as con:
        assert [con.execute(sql).fetchone() for sql in changes] == [(1,)] * len(changes)
    manifest = demo.home / "warehouse" / "manifests" / f"{found.stem}.json"
    told = json.loads(manifest.read_text(encoding="utf-8")) | {"file_sha256": checksum(copy)}
    (home / "warehouse" / "manifests" / manifest.name).write_text(json.dumps(told), encoding="utf-8")
    (home / "warehouse" / "current.duckdb").symlink_to(Path("releases") / found.name)
    for folder in ("tidy", "landing"):
        (home / folder).symlink_to(demo.home / folder)


def test_a_quotient_is_followed_to_the_publishers_file(at_demo: duckdb.DuckDBPyConnection) -> None:
    result = run("cluster_specialisation", "lq", *TARNMERE)
    assert result.exit_code == 0, result.output
    (snapshot,) = rows_of(at_demo, "FROM meta.source_snapshot WHERE source_id = 'bls_qcew:2024'", [])
    (value,) = at_demo.execute(
        "SELECT lq FROM cluster_specialisation JOIN dim_region USING (region_id) "
        "WHERE name LIKE 'Tarnmere, FQ MSA%' AND cluster_id = 'automotive' AND year = 2024"
    ).fetchone() or (None,)
    for told in (
        "SYNTHETIC", f"lq = {value:.4f}", f"recomputed: lq {value:.4f} (equal)",
        "formula: (e_rc / sum of e_r over the kind) / (the same for the nation)",
        "all other traded clusters here", "all other traded clusters in the nation", "336110 Automobile",
        "nation:ZZ, private: 9 of 9 cells as in these rows (equal)", snapshot["url"], snapshot["sha256"],
        "Landed, checksum looked at again (equal)",
    ):  # fmt: skip
        assert told in result.stdout
    paths = ("http", "sha256", "/")
    assert not [line for line in result.stdout.splitlines() if len(line) > 80 and not line.strip().startswith(paths)]


@pytest.mark.parametrize("table", ["cluster_specialisation", "cluster_profile", "cluster_dynamics"])
@pytest.mark.parametrize("known", ["NOT", ""], ids=["known", "withheld"])
def test_every_column_of_a_clusters_row_is_explained_and_equal(
    table: str, known: str, at_demo: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = "to_year" if table == "cluster_dynamics" else "year"
    sql = CLUSTER_ROWS.format(figures="c.*", table=table, year=year, known=known, kind="county")
    assert_explained(at_demo, table, sql, monkeypatch)


def test_what_has_no_place_in_its_state_has_no_estimate_and_is_explained(
    at_demo: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = (
        "FROM cluster_specialisation "
        "WHERE region_id LIKE 'unallocated:%' AND employment IS NULL AND employment_lower > 0 "
        "ORDER BY region_id, cluster_id, year LIMIT 1"
    )
    row = assert_explained(at_demo, "cluster_specialisation", sql, monkeypatch)
    assert {row[name] for name in row if name.endswith(("_estimate", "_p10", "_p90"))} == {None}


@pytest.mark.parametrize("table", ["employment", "industry_specialisation"])
@pytest.mark.parametrize(
    ("status", "kind"), [("published", "county"), ("derived", "cbsa"), ("bounded", "county"), ("bounded", "state")]
)
def test_every_column_of_an_industrys_row_is_explained_and_equal(
    table: str, status: str, kind: str, at_demo: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_explained(at_demo, table, CELL_ROWS.format(table=table, status=status, kind=kind), monkeypatch)


def told_of(cell: dict[str, Any], column: str = "employment_estimate") -> str:
    """What `explain` prints of a row of `employment`, without its line breaks."""
    where = ("--region", cell["region_id"], "--industry", cell["industry_id"], "--year", str(cell["year"]))
    return " ".join(run("employment", column, *where).stdout.split())


@pytest.mark.parametrize(
    ("key", "share", "rests_on", "words"),
    [
        ("'county:' || county_fips", "= e.establishments", "qcew, cbp", "of cells so told of"),
        ("'county:' || county_fips", "> e.establishments AND e.establishments < 3", "qcew", "fewer than three plants"),
        ("'state:' || left(county_fips, 2)", "< 0.4 * e.establishments", "qcew", "that QCEW alone tells of"),
    ],
    ids=["as many plants", "others beside one or two", "few of the plants"],
)
def test_what_another_source_tells_of_a_withheld_cell_is_shown(
    key: str, share: str, rests_on: str, words: str, demo: Demo, at_demo: duckdb.DuckDBPyConnection
) -> None:
    tidy = next((demo.home / "tidy" / "cbp_county" / "2023").rglob("*.parquet"))
    (cell,) = rows_of(at_demo, TOLD.format(key=key, share=share, tidy=tidy), [])
    assert cell["estimate_evidence"] == rests_on
    told = told_of(cell)
    assert f"{cell['jobs']:,} jobs in March 2023, with noise added, in {cell['plants']:,} plants of" in told
    assert f"the cell has {cell['establishments']:,} plants" in told
    assert words in told


CELL_OF = """
    FROM employment JOIN (SELECT industry_id, code FROM dim_industry WHERE level = 'national_industry')
        USING (industry_id)
    WHERE region_id LIKE '{kind}:%' AND year = {year} AND ownership = 'private' AND employment IS NULL
        AND establishments {establishments} ORDER BY hash(region_id || code) LIMIT 1
"""


@pytest.mark.parametrize(
    ("kind", "year", "establishments", "words"),
    [
        ("county", 2023, "= 1", "Nothing in 2022 and 2023: no cell of a county with fewer than three plants"),
        ("county", 2020, "= 1", "The release has none of 2017 to 2020"),
        ("cbsa", 2025, "> 20", "jobs in March 2023, with noise added"),
        ("county", 2022, "= 1", "Nothing in 2022: no cell"),
    ],
)
def test_a_cell_that_no_other_source_of_the_year_tells_of_says_so(
    kind: str, year: int, establishments: str, words: str, at_demo: duckdb.DuckDBPyConnection
) -> None:
    (cell,) = rows_of(at_demo, CELL_OF.format(kind=kind, year=year, establishments=establishments), [])
    assert words in told_of(cell, "employment_p10")


def test_of_what_has_no_place_no_other_source_tells(at_demo: duckdb.DuckDBPyConnection) -> None:
    (cell,) = rows_of(at_demo, CELL_OF.format(kind="unallocated", year=2023, establishments="> 0"), [])
    assert cell["estimate_evidence"] == "qcew"
    assert "What County Business Patterns print of it" not in told_of(cell)


def assert_explained(
    con: duckdb.DuckDBPyConnection, table: str, sql: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    # What files are read for is told by another test; a checksum a column would be most of this one's time.
    monkeypatch.setattr(publisher, "show_file", lambda *_: None)
    monkeypatch.setattr(publisher, "is_whole", lambda *_: True)
    monkeypatch.setattr(quotients, "region", cache(quotients.region))
    (release,) = con.execute("SELECT release_id FROM meta.release").fetchone() or ("",)
    of = Publisher(con, Settings(), release)
    (row,) = rows_of(con, sql, [])
    for column in row:
        report = Report()
        follow(report, of, table, column, row)
        assert report.differing == [], (column, row)
        assert any("(equal)" in line for line in report.lines), column
    return row


def test_a_withheld_figure_says_what_is_known_of_it(at_demo: duckdb.DuckDBPyConnection) -> None:
    (cell,) = rows_of(
        at_demo,
        "FROM employment WHERE year = 2024 AND status = 'bounded' AND region_id LIKE 'county:%' "
        "AND ownership = 'private' AND employment_lower > 0 AND length(industry_id) = 16 "
        "ORDER BY establishments DESC, region_id, industry_id LIMIT 1",
        [],
    )
    result = run(
        "employment", "employment_estimate", "--region", cell["region_id"], "--industry", cell["industry_id"][-6:],
        "--year", "2024",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    told = " ".join(result.stdout.split())
    assert f"leaves {cell['employment_lower']:,.0f} to {cell['employment_upper']:,.0f} jobs" in told
    assert f"in eight of ten cases {cell['employment_p10']:,.0f} to {cell['employment_p90']:,.0f}" in told
    assert f"called {cell['estimate_quality']}" in told
    assert f"naics2022:{cell['industry_id'][-6:-1]} in {cell['region_id']}:" in told
    assert "of which 1 withheld (equal)" in told


@pytest.fixture(scope="module")
def mistaken(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose release has wrong figures of Tarnmere's cars that look right, and a cell that nobody printed."""
    home = tmp_path_factory.mktemp("mistaken")
    here = "year = 2024 AND region_id = (SELECT region_id FROM dim_region WHERE name LIKE 'Tarnmere, FQ MSA%')"
    altered(
        demo, home,
        "UPDATE cluster_specialisation SET lq = lq * 1.001, ucm_strong = 'no', rank_lq_best = 9 "
        f"WHERE cluster_id = 'automotive' AND {here}",
        "UPDATE employment SET wages = wages + 1 "
        f"WHERE industry_id = 'naics2022:336110' AND ownership = 'private' AND {here}",
    )  # fmt: skip
    return home


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("lq", "lq: "),
        ("ucm_strong", "ucm_strong: yes recomputed, no in the release"),
        ("rank_lq_best", "rank_lq_best: "),
        ("wages", "wages of 336110 by the publisher's row: "),
    ],
)
def test_a_figure_that_was_altered_is_found(
    column: str, told: str, mistaken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTERS_HOME", str(mistaken))
    result = run("cluster_specialisation", column, *TARNMERE)
    assert result.exit_code == 3
    assert "DIFFERS" in result.stdout
    assert told in result.stderr


def test_rows_that_are_no_longer_there_are_said_to_be(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    altered(demo, tmp_path, "UPDATE meta.release SET code_version = code_version")
    for folder in ("tidy", "landing"):
        (tmp_path / folder).unlink()
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path))
    result = run("cluster_specialisation", "wages", *TARNMERE)
    assert result.exit_code == 0, result.output
    assert "The tidy rows of this release are no longer in this home" in result.stdout
    assert "The landed file is not in this home" in result.stdout
    assert "2024_annual_singlefile.zip" in result.stdout


@pytest.mark.usefixtures("at_demo")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("cluster_specialization", "lq", *TARNMERE), "did you mean cluster_specialisation?"),
        (("cluster_specialisation", "lq_al", *TARNMERE), "did you mean lq_all"),
        (("cluster_specialisation", "lq", *TARNMERE[:4], "--year", "1999"), "years with one: 2020, 2021"),
        (("cluster_specialisation", "lq", "--region", "tarnmere", "--year", "2024"), "name one with --cluster"),
        (("cluster_specialisation", "lq", "--region", "Atlantis", *TARNMERE[2:]), "no region is called 'Atlantis'"),
        (("employment", "lq", *TARNMERE[:2], "--industry", "9999999", "--year", "2024"), "no industry is called"),
        (("employment", "lq", *TARNMERE[:2], "--industry", "3361", "--year", "1999"), "no year"),
        (("employment", "lq", *TARNMERE[:2], "--industry", "3361", "--year", "2024", "--ownership", "x"), "no owner"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_answered_by_what_is(arguments: tuple[str, ...], told: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert told in result.stderr


def test_what_a_branch_leaves_narrows_a_clusters_part() -> None:
    """Two clusters below one printed industry: the withheld one holds what the other leaves, give or take rounding."""
    cells = [
        Cell("national_industry", "111111", "11111", "n:111111", "", 2, 30, 9, 30.0, 30.0, 30),
        Cell("national_industry", "111112", "11111", "n:111112", "", 1, None, None, 0.0, 90.0, 40),
        Cell("naics_industry", "11111", "1111", "n:11111", "", 3, 100, 30, 100.0, 100.0, 100),
    ]
    found = sizes(cells, {"n:111111": [("one", 1.0)], "n:111112": [("two", 1.0)]})
    assert found["one"] == Size(2, 9, 30.0, 30.0, 30.0)
    assert found["two"] == Size(1, None, 68.5, 71.5, 40.0)


@pytest.mark.usefixtures("warehouse")
def test_detroits_automotive_is_followed_as_the_analysts_page_shows(
    mirror_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = (PROJECT_ROOT / "docs" / "analysts.md").read_text(encoding="utf-8").split("## Checking a figure", 1)[1]
    (command,) = re.findall(r"^clusters explain (.*)$", section, re.MULTILINE)
    shown = re.split(r"```text\n|```", section.split("```sh", 1)[1].split("```", 1)[1])[1]
    monkeypatch.setenv("CLUSTERS_HOME", str(mirror_home))
    result = run(*command.split())
    assert result.exit_code == 0, result.output
    assert "DIFFERS" not in result.stdout
    missing = [line for line in shown.splitlines() if line not in result.stdout.splitlines()]
    assert missing == [], "the page shows what the command does not print"
    assert shown.count("(equal)") > 10
