"""The `clusters` command: exit codes, formats, and that a query can do nothing but read."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from orchestration.cli import app, formats
from orchestration.cli import refresh as refresh_command
from orchestration.cli.stopping import Stopped
from orchestration.cli.terminal import PlainConsole, age, size
from orchestration.errors import ClustersError, GateError, LockedError, NotPublished, SetupError, SourceError
from orchestration.partitions import File, Partition, TidyIndex
from orchestration.release.publish import Warehouse
from orchestration.settings import PROJECT_ROOT, Profile, Settings, settings
from tests.release.builds import MOMENT, RELEASE_ID, published


@dataclass
class Summary:
    outcome: str
    release_id: str
    profile: str
    path: Path
    pulled: list[tuple[str, str, int, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 12.3


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    for name in ("PROFILE", "MIRROR", "YEARS"):
        # set and unset, so that what the command sets is taken back after the test
        monkeypatch.setenv(f"CLUSTERS_{name}", "x")
        monkeypatch.delenv(f"CLUSTERS_{name}")
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@pytest.fixture
def release(home: Settings) -> Path:
    return publish(home)


def publish(home: Settings, release_id: str = RELEASE_ID, profile: str = "mirror") -> Path:
    warehouse = Warehouse(home)
    return published(warehouse, release_id, profile)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def fake_refresh(monkeypatch: pytest.MonkeyPatch, behave: Callable[..., Any]) -> list[tuple[Any, ...]]:
    """Put `behave` in the place of the refresh; returns the list of what it is called with."""
    calls: list[tuple[Any, ...]] = []

    def refresh(*arguments: Any, from_scratch: bool) -> Any:
        calls.append((*arguments, from_scratch))
        return behave(*arguments)

    module = types.ModuleType("orchestration.refresh")
    module.refresh = refresh  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "orchestration.refresh", module)
    return calls


def tree(folder: Path) -> dict[str, int]:
    return {str(p): p.lstat().st_mtime_ns for p in sorted(folder.rglob("*"))}


# --- exit codes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["query"],
        ["query", "SELECT 1", "--format", "xml"],
        ["refresh", "--bogus"],
        ["refresh", "--profile", "other"],
        ["refresh", "bls_qcew"],
        ["refresh", "--years", "20x5"],
        ["refresh", "--years", "2016-2015"],
        ["refresh", "--profile", "mirror"],
        ["refresh", "--profile", "mirror", "--mirror", "/nowhere/at/all"],
        ["refresh", "--profile", "sample", "--mirror", "/"],
        ["query", "SELECT 1"],
        ["dictionary", "no_such_table"],
    ],
)
def test_usage_and_setup_errors_exit_with_1(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SetupError("the disk is full"), 1),
        (SourceError("bls_qcew", "2016.zip", "truncated [zip]", "pull again"), 2),
        (NotPublished("bls_qcew", "2027.zip", "not there", "wait"), 2),
        (GateError("employment.rows failed"), 3),
        (LockedError("another refresh is running"), 4),
    ],
)
def test_what_stops_a_refresh_sets_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: ClustersError, code: int
) -> None:
    def stop(*_: Any) -> None:
        raise error

    fake_refresh(monkeypatch, stop)
    result = run("refresh")
    assert result.exit_code == code
    assert f"clusters: {error}" in result.stderr
    assert "Traceback" not in result.output
    debugged = run("--debug", "refresh")
    assert debugged.exit_code == code
    assert "Traceback" in debugged.stderr
    assert f"clusters: {error}" in debugged.stderr


def test_the_exit_code_reaches_the_shell(home: Settings, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from orchestration.cli import app; app()"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    no_such = subprocess.run([*command, "nonsense"], env=environment, capture_output=True, text=True)
    assert (no_such.returncode, no_such.stdout) == (1, "")
    package = tmp_path / "refresh.py"
    package.write_text(
        "from orchestration.errors import LockedError\n"
        "def refresh(*_, **__):\n    raise LockedError('another refresh is running')\n"
    )
    inject = (
        "import importlib.util as u, sys; "
        "s = u.spec_from_file_location('orchestration.refresh', sys.argv.pop(1)); "
        "m = u.module_from_spec(s); s.loader.exec_module(m); sys.modules['orchestration.refresh'] = m; "
        "from orchestration.cli import app; app()"
    )
    locked = subprocess.run(
        [sys.executable, "-c", inject, str(package), "refresh"],
        env=environment,
        capture_output=True,
        text=True,
    )
    # The alert's line in the log, then the message of the command.
    alert, message = locked.stderr.splitlines()
    assert (locked.returncode, message) == (4, "clusters: another refresh is running")
    assert alert == "[clusters] refresh failed: another refresh is running; nothing is published yet"


def test_help_tells_the_exit_codes_and_imports_nothing_heavy() -> None:
    assert "4 another refresh holds the lock" in " ".join(run("--help").output.split())
    for command in ("refresh", "status", "query", "dictionary", "releases", "sources"):
        assert run(command, "--help").exit_code == 0
    code = (
        "import sys; import orchestration.cli; "
        "heavy = ('duckdb', 'pandas', 'pyarrow', 'pydantic', 'dagster', 'httpx'); "
        "print([m for m in heavy if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT_ROOT)
    assert found.stdout == "[]\n", found.stderr


def test_a_full_or_forbidden_disk_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> None:
        raise PermissionError(13, "Permission denied", "/srv/clusters")

    fake_refresh(monkeypatch, stop)
    result = run("refresh")
    assert result.exit_code == 1
    assert result.stderr.endswith("clusters: [Errno 13] Permission denied: '/srv/clusters'\n")


# --- refresh ------------------------------------------------------------------------------------------------


def test_flags_become_settings(monkeypatch: pytest.MonkeyPatch, release: Path, tmp_path: Path) -> None:
    calls = fake_refresh(monkeypatch, lambda *_: Summary("published", RELEASE_ID, "mirror", release))
    result = run(
        "refresh", "--profile", "mirror", "--mirror", str(tmp_path), "--years", "2015-2016",
        "--accept-revision", "bls_qcew", "--only", "bls_qcew", "census_gazetteer",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    used, years, only, _, accepted, from_scratch = calls[0]
    assert (accepted, from_scratch) == (["bls_qcew"], False)
    assert (used.profile, used.mirror, used.years) == ("mirror", tmp_path, "2015-")
    assert (list(years), only) == ([2015, 2016], ["bls_qcew", "census_gazetteer"])
    assert settings() is used
    assert os.environ["CLUSTERS_PROFILE"] == "mirror"
    run("refresh", "--only", "census_gazetteer,bls_qcew", "--only", "bls_qcew")
    assert calls[1][2] == ["census_gazetteer", "bls_qcew"]
    run("refresh", "--from-scratch")
    assert (calls[2][2], calls[2][5]) == (None, True)


def test_unknown_sources_stop_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fake_refresh(monkeypatch, lambda *_: None)
    result = run("refresh", "--only", "bls_qcw")
    assert result.exit_code == 1
    assert "unknown source 'bls_qcw'; did you mean bls_qcew?" in result.stderr
    assert calls == []


def test_sample_over_real_stops_before_anything_runs(monkeypatch: pytest.MonkeyPatch, release: Path) -> None:
    calls = fake_refresh(monkeypatch, lambda *_: None)
    result = run("refresh", "--profile", "sample")
    assert result.exit_code == 1
    assert "CLUSTERS_HOME" in result.stderr
    assert calls == []


def test_the_command_knows_the_same_profiles_as_the_settings() -> None:
    assert get_args(refresh_command.Profile) == get_args(Profile)


@pytest.mark.parametrize("outcome", ["published", "nothing new"])
def test_the_summary_shows_the_release(monkeypatch: pytest.MonkeyPatch, home: Settings, outcome: str) -> None:
    path = publish(home, profile="sample")
    summary = Summary(
        outcome,
        RELEASE_ID,
        "sample",
        path,
        [("bls_qcew:2016", "unchanged", 3, 77_024_919)],
        ["a [note]"],
        ["a [warning]"],
    )
    fake_refresh(monkeypatch, lambda *_: summary)
    result = run("refresh", "--profile", "sample")
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert "SYNTHETIC sample data" in text
    expected = f"Published release {RELEASE_ID}" if outcome == "published" else f"Nothing new: release {RELEASE_ID}"
    assert expected in text
    assert re.search(r"bls_qcew:2016 +│ unchanged +│ +3 +│ +77\.0 MB", text)
    assert re.search(r"cluster_specialisation +│ +7 ", text)
    assert "Note: a [note]" in text
    assert "Warning: a [warning]" in text
    assert str(home.current) in text
    # Counties, since there are no metros; traded only; the newest year only; by jobs above the norm.
    strongest = re.findall(
        r"│ (Santa Clara County|Upper \"Quote\" County|California) +│ (.+?) +│ +((?:≈ )?[\d,]+) ", text
    )
    assert strongest == [
        ("Santa Clara County", "Metalworking [tools]", "500"),
        ("Santa Clara County", "Automotive", "900"),
        ('Upper "Quote" County', "Automotive", "≈ 300"),
    ]
    assert "★★★" in text


def test_real_data_are_not_called_synthetic(monkeypatch: pytest.MonkeyPatch, release: Path) -> None:
    fake_refresh(monkeypatch, lambda *_: Summary("published", RELEASE_ID, "mirror", release))
    assert "SYNTHETIC" not in run("refresh").stdout


def test_the_suggested_queries_work(monkeypatch: pytest.MonkeyPatch, release: Path) -> None:
    fake_refresh(monkeypatch, lambda *_: Summary("published", RELEASE_ID, "mirror", release))
    suggested = re.findall(r"^  (clusters query .*)$", run("refresh").stdout, re.MULTILINE)
    assert len(suggested) == 3
    for line in suggested:
        _, *arguments = shlex.split(line)
        result = run(*arguments, "--format", "json")
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)


def test_progress_in_a_log_is_a_line_a_stage_not_a_line_a_file() -> None:
    stream = io.StringIO()
    with refresh_command.shown_progress(Console(file=stream, markup=False, width=200)) as progress:
        for number in range(1000):
            progress("pull", f"file {number}")
        progress("build", "dbt [build]")
    lines = stream.getvalue().splitlines()
    assert [line.split("] ", 1)[1] for line in lines] == [
        "pull: file 0",
        "pull: file 999",
        "build: dbt [build]",
    ]


def test_progress_on_a_terminal_shows_each_stage() -> None:
    stream = io.StringIO()
    terminal = Console(file=stream, force_terminal=True, width=100, color_system=None)
    with refresh_command.shown_progress(terminal) as progress:
        progress("pull", "file [1]")
        progress("build", "dbt")
    assert re.search(r"✓ pull\s+0:00:00 file \[1\]", stream.getvalue())
    assert re.search(r"✓ build\s+0:00:00 dbt", stream.getvalue())


# --- query --------------------------------------------------------------------------------------------------

AWKWARD = """
    SELECT 'a, "b"' AS text, NULL AS nothing, 'nan'::DOUBLE AS nan, 'inf'::DOUBLE AS inf,
        1.50::DECIMAL(5, 2) AS d, 170141183460469231731687303715884105727::HUGEINT AS huge, true AS yes,
        DATE '2016-12-31' AS day,
        TIMESTAMP '2016-12-31 01:02:03' AS moment, [1.5, 'nan'::DOUBLE] AS list, {'x': NULL} AS struct,
        'ab'::BLOB AS bytes, 1 AS twice, 2 AS twice
"""


def test_json_is_valid_and_has_no_nan(release: Path) -> None:
    result = run("query", AWKWARD, "--format", "json")

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    assert json.loads(result.stdout, parse_constant=refuse) == [
        {
            "text": 'a, "b"',
            "nothing": None,
            "nan": None,
            "inf": None,
            "d": 1.5,
            "huge": 170141183460469231731687303715884105727,
            "yes": True,
            "day": "2016-12-31",
            "moment": "2016-12-31T01:02:03",
            "list": [1.5, None],
            "struct": {"x": None},
            "bytes": "6162",
            "twice": 1,
            "twice_1": 2,
        }
    ]
    assert json.loads(run("query", "SELECT 1 WHERE false", "--format", "json").stdout) == []


def test_csv_is_read_back(release: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("query", AWKWARD, "--format", "csv").stdout)))
    assert len(rows) == 1
    assert rows[0]["text"] == 'a, "b"'
    assert (rows[0]["nothing"], rows[0]["yes"], rows[0]["day"]) == ("", "true", "2016-12-31")
    assert json.loads(rows[0]["list"]) == [1.5, None]


def test_large_results_stream(release: Path) -> None:
    result = run("query", "SELECT range AS n FROM range(25000)", "--format", "csv")
    assert result.stdout.splitlines()[1:] == [str(n) for n in range(25_000)]
    assert len(json.loads(run("query", "FROM range(25000)", "--format", "json").stdout)) == 25_000


def test_a_table_says_how_much_it_does_not_show(release: Path) -> None:
    result = run("query", "SELECT range AS n, NULL AS nothing, '[b]x[/b]' AS text FROM range(12345)")
    assert "12,245 more rows are not shown" in result.stdout
    assert len(re.findall(r"│ +\d+ │ +NULL │ \[b\]x\[/b\] │", result.stdout)) == 100
    assert "more rows" not in run("query", "FROM range(100)").stdout


def test_parquet_needs_a_file(release: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    refused = run("query", "SELECT 1", "--format", "parquet")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "--output" in refused.stderr
    output = tmp_path / "out.parquet"
    sql = "SELECT range AS n, 'x' AS n FROM range(25000)"
    assert run("query", sql, "--format", "parquet", "--output", str(output)).exit_code == 0
    found = pq.read_table(output)
    assert (found.column_names, found.num_rows) == (["n", "n_1"], 25_000)
    assert found["n"].to_pylist() == list(range(25_000))


@pytest.mark.parametrize("form", ["csv", "json", "table", "parquet"])
def test_a_file_is_written_whole_or_not_at_all(release: Path, tmp_path: Path, form: str) -> None:
    output = tmp_path / "out"
    arguments = ("--format", form, "--output", str(output))
    assert run("query", "SELECT 42 AS n", *arguments).exit_code == 0
    before = output.read_bytes()
    # The text turns up after tens of thousands of rows, when part of the file is written.
    breaks = "SELECT CASE WHEN range < 900000 THEN '1' ELSE 'x' END::INTEGER AS n FROM range(1000000)"
    result = run("query", breaks, *arguments)
    assert result.exit_code == 1
    assert "Could not convert string 'x'" in result.stderr
    assert output.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "out"]


def test_output_never_lands_among_the_releases(release: Path, home: Settings) -> None:
    before = tree(home.warehouse)
    for output in (home.current, release, home.warehouse / "x.csv"):
        assert run("query", "SELECT 1", "--format", "csv", "--output", str(output)).exit_code == 1
    assert tree(home.warehouse) == before


@pytest.mark.parametrize(
    "sql",
    [
        "COPY dim_region TO '{out}/x.csv'",
        "COPY (SELECT 1) TO '{out}/x.parquet' (FORMAT parquet)",
        "EXPLAIN ANALYZE COPY dim_region TO '{out}/x.csv'",
        "EXPORT DATABASE '{out}/x'",
        "ATTACH '{out}/x.duckdb' AS x",
        "ATTACH '{out}/x.duckdb' AS x; SELECT 1",
        "SELECT 1; ATTACH '{out}/x.duckdb' AS x",
        "SET enable_external_access = true; SELECT * FROM read_text('/etc/hostname')",
        "SET lock_configuration = false",
        "PRAGMA enable_profiling='json'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "DELETE FROM dim_region",
        "DROP TABLE dim_region",
        "CREATE TABLE x AS SELECT 1; SELECT 1",
        "UPDATE meta.release SET profile = 'live'",
        "CHECKPOINT",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "FROM '/etc/passwd'",
        "CREATE OR REPLACE TEMP TABLE x AS SELECT * FROM read_text('/etc/hostname'); SELECT * FROM x",
        "",
        ";",
        "SELEC 1",
    ],
)  # fmt: skip
def test_a_query_can_only_read(release: Path, home: Settings, tmp_path: Path, sql: str) -> None:
    before, bytes_before = tree(tmp_path), release.read_bytes()
    result = run("query", sql.format(out=tmp_path))
    assert result.exit_code == 1, result.stdout
    assert result.stderr.startswith("clusters: ")
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert tree(tmp_path) == before
    assert release.read_bytes() == bytes_before


@pytest.mark.parametrize(
    "sql",
    [
        "FROM dim_region",
        "DESCRIBE dim_region",
        "SHOW TABLES",
        "SUMMARIZE dim_region",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT count(*) FROM dim_region",
        "explain (analyze, format json) (SELECT 1)",
        "EXPLAIN WITH x AS (SELECT 1 AS one) FROM x",
        "WITH x AS (SELECT 1 AS one) SELECT * FROM x;",
        "PIVOT cluster_specialisation ON year USING count(*) GROUP BY region_id",
        "VALUES (1), (2)",
        "\n-- a comment\nSELECT 1",
    ],
)
def test_every_way_of_reading_works(release: Path, sql: str) -> None:
    result = run("query", sql)
    assert result.exit_code == 0, result.stderr
    assert "│" in result.stdout


@pytest.mark.parametrize(("width", "first"), [(60, "┏"), (40, "row 1")])
def test_words_stay_whole_in_a_narrow_terminal(width: int, first: str) -> None:
    """Columns that do not fit side by side stand below one another."""
    sql = "SELECT 'Information Technology' AS cluster_name, 'a b' AS region_name, 411207.292 AS jobs FROM range(2)"
    stream = io.StringIO()
    with duckdb.connect() as con:
        formats._write_table(formats.Answer(con.execute(sql), Stopped()), PlainConsole(file=stream, width=width))
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith(first)
    assert max(map(len, lines)) <= width
    for word in ("cluster_name", "region_name", "Information", "Technology", "411207.292"):
        assert word in stream.getvalue()


# --- looking ------------------------------------------------------------------------------------------------


def test_status_of_an_empty_home() -> None:
    result = run("status")
    assert result.exit_code == 0
    assert "Nothing is published" in result.stdout
    found = json.loads(run("status", "--json").stdout)
    assert (found["release"], found["sources"], found["last_run"]) == (None, [], None)


def test_status_tells_release_sources_and_last_run(home: Settings) -> None:
    path = publish(home, profile="sample")
    last_run = {
        "started_at": "2026-11-23T02:30:00+00:00",
        "finished_at": "2026-11-23T02:31:00+00:00",
        "outcome": "stopped",
        "release_id": None,
        "exit_code": 3,
        "message": "a gate stopped the release",
        "failed_checks": ["employment.rows"],
    }
    (home.home / "last_run.json").write_text(json.dumps(last_run))
    pages = home.data_docs / "marts" / "index.html"
    pages.parent.mkdir(parents=True)
    pages.write_text("<p>pages</p>")
    text = run("status").stdout
    for expected in (
        RELEASE_ID, "SYNTHETIC", str(path), "bls_qcew:2016", "2026-11-22 02:30 UTC",
        "a gate stopped the release", "employment.rows", "exit code 3", str(pages),
    ):  # fmt: skip
        assert expected in text
    found = json.loads(run("status", "--json").stdout)
    assert found["release"]["release_id"] == RELEASE_ID
    assert found["release"]["synthetic"] is True
    assert found["release"]["published_at"] == MOMENT.isoformat()
    assert [s["source_id"] for s in found["sources"]] == ["bls_qcew:2016"]
    assert found["sources"][0]["fetched_at"] == MOMENT.isoformat()
    assert len(found["failed_warnings"]) == 1
    assert found["last_run"] == last_run


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_damaged_last_run_hides_nothing_else(home: Settings, content: str) -> None:
    """A power cut may leave it empty; just then somebody wants to know what is published."""
    publish(home, profile="sample")
    (home.home / "last_run.json").write_text(content)
    result = run("status")
    assert result.exit_code == 0, result.output
    assert RELEASE_ID in result.stdout
    assert json.loads(run("status", "--json").stdout)["release"]["release_id"] == RELEASE_ID
    if content != "{}":
        assert "last_run.json is damaged" in " ".join(result.stdout.split())


def test_what_status_repeats_commands_no_terminal(home: Settings) -> None:
    publish(home)
    odd = "\x1b[2J\x9b31m\u202egpj\u200e\u061c"
    (home.home / "last_run.json").write_text(json.dumps({"outcome": "stopped", "message": odd, "failed_checks": [odd]}))
    for arguments in (["status"], ["status", "--json"]):
        assert not set(odd) & set(run(*arguments).stdout) - set("[2J31mgpj"), arguments
    assert json.loads(run("status", "--json").stdout)["last_run"]["message"] == odd


def test_status_names_what_is_no_longer_offered(home: Settings) -> None:
    """On nights with nothing new too: the release was made before, and cannot know."""
    publish(home)
    file = File("https://data.bls.gov/cew/2016.zip", "0" * 64, 1, None, None, "2026-01-01T00:00:00+00:00")
    for year, outcome in (("2016", "kept"), ("2017", "late"), ("2018", "unchanged")):
        TidyIndex(home).put(Partition("bls_qcew", "qcew", year, None, "singlefile", "x", 1, outcome, (file,)))
    text = " ".join(run("status").stdout.split())
    assert "bls_qcew:2016: the publisher no longer offers it; the copy that came 2026-01-01 00:00 UTC is used" in text
    assert "bls_qcew:2017: it could not be pulled" in text
    assert len(json.loads(run("status", "--json").stdout)["not_offered"]) == 2


def test_dictionary_with_and_without_a_release(home: Settings) -> None:
    before = run("dictionary", "source_snapshot").stdout
    assert re.search(r"│ sha256 +│ varchar", before)
    publish(home)
    assert run("dictionary", "meta.source_snapshot").stdout == before
    overview = run("dictionary").stdout
    assert re.search(r"│ main +│ cluster_specialisation +│ +8 │ region_id, cluster_id", overview)
    assert 'What "lq" says; it\'s quoted' in run("dictionary", "cluster_specialisation").stdout
    unknown = run("dictionary", "dim_regions")
    assert unknown.exit_code == 1
    assert "did you mean dim_region?" in unknown.stderr


def test_releases_marks_the_current(home: Settings) -> None:
    assert "No release yet" in run("releases").stdout
    publish(home, profile="sample")
    publish(home, "20261123T023000Z")
    lines = [line for line in run("releases").stdout.splitlines() if "2026112" in line]
    assert [("current" in line, "SYNTHETIC" in line) for line in lines] == [(True, False), (False, True)]


def test_settings_that_do_not_fit_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERS_ATTEMPTS", "0")
    result = run("status")
    assert result.exit_code == 1
    assert "CLUSTERS_ATTEMPTS" in result.stderr


def test_ages_and_sizes_are_in_words() -> None:
    from datetime import timedelta

    assert age(MOMENT, MOMENT + timedelta(seconds=59)) == "just now"
    assert age(MOMENT, MOMENT + timedelta(minutes=1)) == "1 minute ago"
    assert age(MOMENT, MOMENT + timedelta(hours=47)) == "1 day ago"
    assert [size(n) for n in (999, 1000, 2_500_000_000)] == ["999 B", "1.0 kB", "2.5 GB"]
