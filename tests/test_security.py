"""What must not happen: a query that reaches outside its release, a secret that is written down, text that acts.

Belongs here: attacks. Does not: what the commands are for (see `test_cli`, `test_export`).
"""

from __future__ import annotations

import ast
import os
import re
import signal
import socket
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from orchestration import serve
from orchestration.cli import app
from orchestration.cli.query import CHANGING
from orchestration.contracts import ColumnContract, TableContract
from orchestration.errors import SourceError
from orchestration.quality import pages
from orchestration.quality.checks import SqlCheck
from orchestration.quality.gate import run_gate
from orchestration.quality.verdict import CheckResult
from orchestration.release.publish import Warehouse
from orchestration.settings import PROJECT_ROOT, Settings, secrets_set_aside, settings, without_secrets
from orchestration.telling.run_record import record_run
from orchestration.wording import plain
from tests.release import builds
from tests.release.builds import RELEASE_ID, published

CLUSTERS = [sys.executable, "-c", "from orchestration.cli import app; app()"]
WATCHED = Path(__file__).with_name("watched")
OTHER = "the other file's secret"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@pytest.fixture
def release(home: Settings) -> Path:
    house = Warehouse(home)
    return published(house, RELEASE_ID, "live")


def query(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["query", *arguments])


# --- a query reads the release and nothing else -------------------------------------------------------------------

ATTACKS = r"""
FROM '{other}.csv'
FROM '{other}.parquet'
FROM '{other}.duckdb'
FROM 'file://{other}.csv'
FROM 'https://127.0.0.1:9/x.csv'
FROM 's3://bucket/x.parquet'
FROM '{other}*'
FROM read_csv('{other}.csv')
FROM read_csv_auto(['{other}.csv'])
FROM read_text('{other}.csv')
FROM read_blob('{other}.csv')
FROM read_json('{other}.csv')
FROM read_ndjson_objects('{other}.csv')
FROM read_parquet('https://127.0.0.1:9/x.parquet')
FROM parquet_metadata('{other}.parquet')
FROM parquet_schema('{other}.parquet')
FROM read_duckdb('{other}.duckdb', table_name = 't')
FROM sniff_csv('{other}.csv')
FROM glob('/etc/*')
FROM duckdb_extensions()
FROM query('FROM read_text(''{other}.csv'')')
FROM query('ATTACH ''{other}.duckdb'' AS x')
FROM query_table('{other}.csv')
FROM query_table(['{other}.csv', 'dim_region'])
FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{other}.csv'')'))
PRAGMA json_execute_serialized_sql('x')
WITH x AS (FROM read_text('{other}.csv')) SELECT * FROM x
WITH x AS MATERIALIZED (SELECT * FROM '{other}.csv') SELECT * FROM x
WITH x AS (DELETE FROM dim_region RETURNING *) SELECT * FROM x
SELECT (SELECT content FROM read_text('{other}.csv'))
SELECT /* a comment */ * FROM /**/ read_text(/*--*/'{other}.csv')
SELECT 1 -- ;\n; ATTACH '{other}.duckdb' AS x
SELECT 1; SELECT * FROM read_text('{other}.csv')
PIVOT (FROM read_csv('{other}.csv')) ON secret USING count(*)
CREATE MACRO m() AS TABLE FROM read_text('{other}.csv'); FROM m()
CREATE TEMP MACRO m(x) AS (SELECT content FROM read_text(x)); SELECT m('{other}.csv')
CREATE TEMP VIEW v AS FROM '{other}.csv'; FROM v
CREATE TEMP TABLE t AS FROM '{other}.csv'; FROM t
CREATE TYPE t AS ENUM (SELECT content FROM read_text('{other}.csv')); SELECT enum_range(NULL::t)
PREPARE p AS SELECT 1; EXECUTE p
ATTACH '{other}.duckdb' AS x
ATTACH ':memory:' AS x
DETACH x
USE memory
COPY dim_region TO '{out}/x.csv'
COPY (FROM dim_region) TO '/dev/stdout'
COPY dim_region FROM '{other}.csv'
COPY FROM DATABASE memory TO x
EXPORT DATABASE '{out}/x'
IMPORT DATABASE '{out}'
EXPLAIN ANALYZE COPY dim_region TO '{out}/x.csv'
EXPLAIN ANALYZE COPY (SELECT 1) TO '{release}' (FORMAT csv)
EXPLAIN ANALYZE COPY (SELECT from_hex('00') AS b) TO '{release}.wal' (FORMAT blob)
EXPLAIN (ANALYZE) COPY (SELECT from_hex('00') AS b) TO '{release}.wal' (FORMAT blob)
EXPLAIN (ANALYZE, FORMAT json) COPY (SELECT 1) TO '{release}.wal' (FORMAT csv)
EXPLAIN /* SELECT */ ANALYZE COPY (SELECT 1) TO '{release}.wal' (FORMAT csv)
EXPLAIN ANALYZE /* */ (ANALYZE) COPY (SELECT 1) TO '{release}.wal' (FORMAT csv)
EXPLAIN -- SELECT\nANALYZE COPY (SELECT 1) TO '{release}.wal' (FORMAT csv)
EXPLAIN COPY (SELECT 1) TO '{release}.wal' (FORMAT csv)
EXPLAIN ANALYZE EXPLAIN ANALYZE COPY (SELECT 1) TO '{release}.wal' (FORMAT csv)
EXPLAIN ANALYZE FROM enable_logging()
EXPLAIN ANALYZE ATTACH '{other}.duckdb' AS x
EXPLAIN ANALYZE DELETE FROM dim_region
INSTALL httpfs
LOAD httpfs
LOAD '{other}.duckdb_extension'
FORCE INSTALL httpfs FROM 'http://127.0.0.1:9'
SET enable_external_access = true
SET GLOBAL memory_limit = '100GB'
RESET lock_configuration
PRAGMA enable_profiling = 'json'
PRAGMA profiling_output = '{out}/x.json'
PRAGMA temp_directory = '{out}'
CALL enable_logging(storage = 'file', storage_path = '{out}')
CALL force_checkpoint()
FROM enable_logging()
FROM "enable_logging"/* a comment */ (level = 'debug')
CREATE TEMP TABLE t AS FROM enable_logging​(storage = 'file', storage_path = '{out}'); SELECT 1
FROM checkpoint()
FROM main.force_checkpoint('x')
FROM truncate_duckdb_logs()
SELECT write_log('x')
SELECT * FROM query('SELECT 1')
FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))
CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')
CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'y')
INSERT INTO dim_region VALUES ('x', 'y', 'z')
UPDATE meta.release SET profile = 'live'
ALTER TABLE dim_region RENAME TO x
TRUNCATE dim_region
DROP SCHEMA meta CASCADE
VACUUM
CHECKPOINT
BEGIN; SELECT 1; COMMIT
SELECT getenv('HOME')
SELECT set_config('memory_limit', '100GB')
SELECT nextval('s')
FROM arrow_scan(1, 2, 3)
FROM pandas_scan(1)
FROM python_map_function(1)
FROM settings
FROM release
"""


# Every function of DuckDB that yields a table or an answer that changes from call to call was looked at, and these do
# nothing but read: the release, or what the sandbox refuses. Whatever else there is must be refused by name.
READING = """
currval current_connection_id current_query current_query_id current_transaction_id error gen_random_uuid nextval random
setseed sleep_ms stats uuid uuidv4 uuidv7
duckdb_approx_database_count duckdb_columns duckdb_connection_count duckdb_constraints duckdb_coordinate_systems
duckdb_databases duckdb_dependencies duckdb_extensions duckdb_external_file_cache duckdb_functions duckdb_indexes
duckdb_keywords duckdb_log_contexts duckdb_logs duckdb_logs_parsed duckdb_memory duckdb_optimizers
duckdb_prepared_statements duckdb_profiling_settings duckdb_schemas duckdb_secret_types duckdb_secrets duckdb_sequences
duckdb_settings duckdb_table_sample duckdb_tables duckdb_temporary_files duckdb_types duckdb_variables duckdb_views
generate_series glob histogram histogram_values icu_calendar_names json_each json_tree parquet_bloom_probe
parquet_file_metadata parquet_full_metadata parquet_kv_metadata parquet_metadata parquet_scan parquet_schema
pg_timezone_names pragma_collations pragma_database_size pragma_metadata_info pragma_platform pragma_show
pragma_storage_info pragma_table_info pragma_user_agent pragma_version query_table range read_blob read_csv
read_csv_auto read_duckdb read_json read_json_auto read_json_objects read_json_objects_auto read_ndjson read_ndjson_auto
read_ndjson_objects read_parquet read_text repeat repeat_row sniff_csv summary test_all_types test_vector_types unnest
which_secret
"""


def test_every_function_that_could_change_something_is_known() -> None:
    """An update of DuckDB may bring more of them: look at each, then name it here or in `CHANGING`."""
    with duckdb.connect() as con:
        found = con.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() "
            "WHERE function_type IN ('table', 'table_macro') OR has_side_effects OR stability = 'VOLATILE'"
        ).fetchall()
    names = {name for (name,) in found}
    refused = {name for name in names if CHANGING.search(f"{name}(")}
    assert names - refused == set(READING.split()) & names, "unknown to us"
    assert {"checkpoint", "enable_logging", "query", "seq_scan", "write_log"} <= refused


def test_whatever_duckdb_passes_over_before_a_bracket_hides_no_function() -> None:
    """Blanks without width among them, and comments that end with other marks than a line feed."""
    odd = [chr(n) for n in range(1, 0x10000) if unicodedata.category(chr(n)) in ("Cc", "Cf", "Zs", "Zl", "Zp")]
    passed_over = []
    with duckdb.connect() as con:
        for between in [*odd, *(f"--{mark}" for mark in odd), "/* a */ -- b\r", '"', "/* ( */"]:
            name = '"range"' if between == '"' else f"range{between}"
            try:
                con.execute(f"SELECT * FROM {name}(1)")
            except duckdb.Error:
                continue
            passed_over.append(between)
    assert {" ", "\u200b", "\u00a0", "\u3000", "--\r", "/* ( */"} <= set(passed_over)
    for between in passed_over:
        assert CHANGING.search(f"SELECT * FROM enable_logging{between}(level = 'debug')"), ascii(between)
    assert not CHANGING.search("SELECT query FROM t WHERE query IN (1) AND (checkpoint) = (2)")


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(p): (p.lstat().st_mtime_ns, p.lstat().st_size) for p in sorted(folder.rglob("*"))}


@pytest.fixture
def other(release: Path, tmp_path: Path) -> Path:
    """Files that are none of a query's business, in several formats."""
    base = tmp_path / "other"
    with duckdb.connect(str(base.with_suffix(".duckdb"))) as con:
        con.execute(f"CREATE TABLE t AS SELECT '{OTHER.replace(chr(39), chr(39) * 2)}' AS secret")
        con.execute(f"COPY t TO '{base}.csv'")
        con.execute(f"COPY t TO '{base}.parquet'")
    return base


@pytest.mark.parametrize("sql", [line.replace(r"\n", "\n") for line in ATTACKS.strip().splitlines()])
def test_a_query_reaches_nothing_but_its_release(other: Path, release: Path, tmp_path: Path, sql: str) -> None:
    before, content = tree(tmp_path), release.read_bytes()
    result = query(sql.format(other=other, out=tmp_path, release=release), "--format", "json")
    assert result.exit_code == 1, result.stdout
    assert result.stderr.startswith("clusters: ")
    assert result.stdout == ""
    assert OTHER not in result.output
    assert tree(tmp_path) == before
    assert release.read_bytes() == content


def test_there_are_enough_attacks() -> None:
    assert len(set(ATTACKS.strip().splitlines())) >= 40


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_refused_query_leaves_no_file(other: Path, tmp_path: Path, form: str) -> None:
    before = tree(tmp_path)
    arguments = ("--format", form, "--output", str(tmp_path / "x"))
    assert query(f"FROM read_text('{other}.csv')", *arguments).exit_code == 1
    assert tree(tmp_path) == before


def test_functions_that_answer_know_no_secret(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:planted-secret@127.0.0.1:9")
    for sql in ("FROM duckdb_secrets()", "FROM duckdb_settings()", "FROM duckdb_logs()", "FROM duckdb_variables()"):
        result = query(sql, "--format", "csv")
        assert result.exit_code == 0, result.stderr
        assert "planted-secret" not in result.output
    assert query("FROM duckdb_secrets()", "--format", "json").stdout.split() == ["[", "]"]


@pytest.mark.parametrize("place", ["link", "chain", "home/warehouse/x", "home/landing/x", "home/tidy/x", "folder"])
def test_output_follows_no_link_into_the_releases(release: Path, tmp_path: Path, place: str) -> None:
    for folder in ("home/landing", "home/tidy", "folder"):
        (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / "link").symlink_to(release)
    (tmp_path / "chain").symlink_to("link")
    before, content = tree(tmp_path), release.read_bytes()
    for form in ("csv", "json", "parquet", "table"):
        result = query("SELECT 1", "--format", form, "--output", str(tmp_path / place))
        assert result.exit_code == 1, form
    assert tree(tmp_path) == before
    assert release.read_bytes() == content


@pytest.mark.parametrize("place", ["last_run.json", "alerts.jsonl", "dagster/x", "new/x", "elsewhere"])
def test_output_is_nothing_in_the_home(release: Path, home: Settings, tmp_path: Path, place: str) -> None:
    """The run's record, the alerts and Dagster's files are no place for a result, nor is what a link there leads to."""
    (tmp_path / "disk").mkdir()
    (home.home / "linked").symlink_to(tmp_path / "disk")
    (home.home / "last_run.json").write_text("{}")
    target = tmp_path / "disk" / "x" if place == "elsewhere" else home.home / place
    before = tree(tmp_path)
    for arguments in (["query", "SELECT 1", "--format", "csv"], ["export", "--force"]):
        result = CliRunner().invoke(app, [*arguments, "--output", str(target)])
        assert (result.exit_code, "CLUSTERS_HOME" in result.stderr) == (1, True), result.output
    assert tree(tmp_path) == before


@pytest.mark.parametrize("device", ["/dev/stdout", "/dev/null", "/proc/self/fd/1"])
def test_output_is_no_device(release: Path, device: str) -> None:
    result = query("SELECT 1", "--format", "csv", "--output", device)
    assert (result.exit_code, "is not a file" in result.stderr) == (1, True)


RUNAWAY = (
    "SELECT a.range FROM range(1000000) a, range(1000000) b, range(1000) c WHERE (a.range * b.range * c.range) % 7 = 8"
)


@pytest.mark.parametrize("form", ["table", "csv"])
def test_a_runaway_query_ends_when_its_time_is_up(release: Path, tmp_path: Path, form: str) -> None:
    output = tmp_path / "x"
    result = query(RUNAWAY, "--timeout", "0.5", "--format", form, "--output", str(output))
    assert (result.exit_code, "stopped after 0.5 s" in result.stderr) == (1, True)
    assert not output.exists()


def test_a_query_that_wants_too_much_memory_is_refused_it(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERS_MEMORY_LIMIT", "100MB")
    result = query("SELECT list(range) FROM range(100000000)")
    assert result.exit_code == 1
    assert "Out of Memory" in result.stderr


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.1, 0.2, 0.4, 1.5])
def test_ctrl_c_stops_a_query_and_clears_up(release: Path, tmp_path: Path, moment: float) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT), "TMPDIR": str(scratch)}
    command = [*CLUSTERS, "query", RUNAWAY, "--format", "csv", "--output", str(tmp_path / "x.csv")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not list(scratch.iterdir()):
            assert process.poll() is None
            time.sleep(0.05)
        # At whatever moment it comes: while the query is prepared or while it runs.
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        try:
            output, errors = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode in (1, 130)
    assert output == b""
    assert b"Traceback" not in errors
    assert list(scratch.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "scratch"]


def test_ctrl_c_is_not_lost_while_a_query_is_prepared(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries swallow what Python raises within them, and any thread may be the one that takes the signal."""

    @contextmanager
    def swallowing(_limit: str) -> Iterator[None]:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
        yield

    monkeypatch.setattr("orchestration.cli.query.memory_held_to", swallowing)
    with ThreadPoolExecutor(1) as beside:
        beside.submit(time.sleep, 0)
        result = query(RUNAWAY, "--timeout", "20")
    assert (result.exit_code, "stopped after" in result.stderr) == (130, False)


def test_what_people_open_cannot_be_written(release: Path, home: Settings) -> None:
    assert release.stat().st_mode & 0o777 == 0o444
    for folder in (home.warehouse, home.releases):
        assert not folder.stat().st_mode & 0o022
    with pytest.raises(duckdb.Error), duckdb.connect(home.current, read_only=True) as con:
        con.execute("DELETE FROM dim_region")


def test_nobody_else_may_write_what_a_command_makes(release: Path, home: Settings, tmp_path: Path) -> None:
    """Some services start with a umask that takes nothing away."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    for arguments in (["export", "--output", str(tmp_path / "out")], ["rollback", "--lift"]):
        subprocess.run([*CLUSTERS, *arguments], env=environment, check=True, capture_output=True, umask=0)
    made = [tmp_path / "out", *(tmp_path / "out").iterdir(), home.home / "refresh.lock"]
    assert len(made) > 3
    assert [path.name for path in made if path.stat().st_mode & 0o022] == []


# --- text that acts -----------------------------------------------------------------------------------------------

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'


class Elements(HTMLParser):
    """The elements and attributes of a page, as a browser would find them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attributes]))


def require_harmless(folder: Path) -> str:
    """Every page below a folder, none of which holds an element that acts; returns their text."""
    texts = []
    for page in folder.rglob("*.html"):
        texts.append(page.read_text(encoding="utf-8"))
        reader = Elements()
        reader.feed(texts[-1])
        assert not [e for e in reader.found if e[0] in ("script", "img", "iframe", "svg", "object")], page
        assert not [e for e in reader.found if any(name.startswith("on") for name in e[1])], page
    assert texts
    return "".join(texts)


def test_publishers_text_is_escaped_on_the_index_page(tmp_path: Path) -> None:
    bad = CheckResult(f"rows{SCRIPT}", f"t{IMAGE}", "dbt", "error", False, f"{SCRIPT} {IMAGE}", f"no {SCRIPT}")
    pages.write(tmp_path, "run", [bad], {})
    assert "&lt;script&gt;alert(1)" in require_harmless(tmp_path)


def test_publishers_text_is_escaped_on_great_expectations_pages(tmp_path: Path) -> None:
    column = {"data_type": "varchar", "unit": "text", "citation": f"c {SCRIPT}", "nullable": False}
    contract = TableContract(
        name="regions",
        layer="marts",
        meaning=f"Regions {SCRIPT}",
        grain=("name",),
        citation="made up",
        columns=(
            ColumnContract(name="name", meaning=f"Name {IMAGE}", pattern="[a-z]+", **column),  # type: ignore[arg-type]
            ColumnContract(name="kind", meaning="Kind", values=("county",), **column),  # type: ignore[arg-type]
        ),
    )
    check = SqlCheck("odd", "regions", "error", "SELECT * FROM regions WHERE name LIKE '%<%'", f"none {SCRIPT}")
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE regions AS SELECT unnest([?, ?, ?]) AS name, ? AS kind", [SCRIPT, SCRIPT, IMAGE, IMAGE]
        )
        found = run_gate(con, {"regions": contract}, tmp_path, checks=[check])
    assert [f for f in found if not f.passed and SCRIPT in f.observed]
    assert "&lt;script&gt;alert(1)" in require_harmless(tmp_path)


ESCAPES = "Kent\x1b[2J\x1b]0;owned\x07\x9b31m\u202etnuoC"


def test_publishers_text_commands_no_terminal(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    region = f"SELECT 'county:1' AS region_id, 'county' AS region_type, '{ESCAPES}' AS name"
    monkeypatch.setitem(builds.TABLES, "dim_region", region)
    house = Warehouse(home)
    published(house, RELEASE_ID, "live")
    record_run(home, "failed", exit_code=2, message=str(SourceError("bls_qcew", ESCAPES, ESCAPES, "wait")))
    for arguments in (
        ["query", "FROM dim_region"],
        ["query", f'SELECT 1 AS "{ESCAPES}"'],
        ["query", f"SELECT '{ESCAPES}'::INTEGER"],
        ["--debug", "query", f"SELECT '{ESCAPES}'::INTEGER"],
        ["dictionary", ESCAPES],
        ["status"],
    ):
        output = CliRunner().invoke(app, arguments).output
        assert r"Kent\x1b[2J\x1b]0;owned\x07\x9b31m\u202etnuoC" in output.replace("\\\\", "\\"), arguments
        assert not set(output) & set("\x1b\x07\x9b\u202e"), arguments


# --- secrets ------------------------------------------------------------------------------------------------------

PROXY_PORT = 7
PLANTED = {
    "CLUSTERS_WEBHOOK": "http://hookuser:hookpw-31c@127.0.0.1:9/services/T0-path-7f2?api_key=apikey-55d",
    "CLUSTERS_SMTP_URL": "smtp://mailuser:mailpw-9a1%40x@127.0.0.1:9",
    "CLUSTERS_MAIL_TO": "someone@example.org",
    "CLUSTERS_CONTACT": "contact-4e8@example.org",
    # Of a port of its own: who talks to it wanted to leave this machine.
    "HTTP_PROXY": f"http://proxyuser:proxypw-c07@127.0.0.1:{PROXY_PORT}",
    "https_proxy": f"http://proxyuser:proxypw-d18@127.0.0.1:{PROXY_PORT}",
    "NO_PROXY": "127.0.0.1",
    "AWS_SECRET_ACCESS_KEY": "storekey-b62",
}
SECRETS = ["hookpw-31c", "T0-path-7f2", "apikey-55d", "mailpw-9a1", "contact-4e8", "proxypw-c07", "proxypw-d18"]
SECRETS += [PLANTED["AWS_SECRET_ACCESS_KEY"]]


@dataclass(frozen=True)
class Night:
    """A failing and then a succeeding refresh with secrets planted: what was printed, and who listened where."""

    home: Path
    codes: list[int]
    printed: str
    listeners: set[str]
    talked_to: list[tuple[str, Any]]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    base = tmp_path_factory.mktemp("secrets")
    (base / "mirror").mkdir()
    mine = {
        n: v for n, v in os.environ.items() if not n.startswith(("CLUSTERS_", "DAGSTER_")) and "proxy" not in n.lower()
    }
    path = os.pathsep.join([str(PROJECT_ROOT), str(WATCHED)])
    environment = mine | PLANTED | {"CLUSTERS_HOME": str(base / "home"), "PYTHONPATH": path}
    environment["TALKS_TO"] = str(base / "talked_to.tsv")
    failing = ["--debug", "refresh", "--profile", "mirror", "--mirror", str(base / "mirror"), "--years", "2021"]
    codes, printed, listeners = [], "", set()
    for arguments in (failing, ["refresh", "--profile", "sample", "--years", "2023"], ["status", "--json"]):
        out, err = base / "out.txt", base / "err.txt"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen([*CLUSTERS, *arguments], env=environment, stdout=stdout, stderr=stderr)
            while process.poll() is None:
                listeners |= listening(process.pid)
                time.sleep(0.1)
        codes.append(process.returncode)
        printed += out.read_text(encoding="utf-8") + err.read_text(encoding="utf-8")
    lines = (base / "talked_to.tsv").read_text(encoding="utf-8").splitlines()
    talked_to = [(event, ast.literal_eval(text)) for event, text in (line.split("\t") for line in lines)]
    return Night(base / "home", codes, printed, listeners, talked_to)


def listening(pid: int) -> set[str]:
    """Local addresses, in the kernel's hexadecimal, at which a process listens."""
    try:
        inodes = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()}
        tables = [Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    except OSError:
        return set()
    rows = [line.split() for lines in tables for line in lines]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes}


def test_no_secret_is_written_down(night: Night) -> None:
    assert night.codes == [2, 0, 0], night.printed
    assert (night.home / "alerts.jsonl").read_text().count("\n") == 2
    assert "could not deliver the alert to the webhook" in night.printed
    assert "could not deliver the alert to the mail server" in night.printed
    assert not [secret for secret in SECRETS if secret in night.printed]
    found = [
        f"{secret} in {path.relative_to(night.home)}"
        for path in night.home.rglob("*")
        if path.is_file() and not path.is_symlink()
        for content in [path.read_bytes()]
        for secret in SECRETS
        if secret.encode() in content
    ]
    assert found == []


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux to see who listens")
def test_a_refresh_listens_on_loopback_only(night: Night) -> None:
    assert night.listeners == {"0100007F"}


def test_a_refresh_talks_to_nobody_but_publishers(night: Night) -> None:
    """The sample's publishers are on this machine, so whoever is elsewhere is none: no index of packages, no collector
    of usage, no name server; dbt, Great Expectations and Dagster included."""
    own = {"localhost", "127.0.0.1", socket.gethostname(), socket.getfqdn()}
    strangers = []
    for event, address in night.talked_to:
        host, port = address[:2] if isinstance(address, tuple) else (address, None)
        local = host is None or host in own or str(host).startswith("/")
        if event != "started" and (port == PROXY_PORT or not local):
            strangers.append((event, address))
    assert strangers == []
    assert "socket.connect" in {event for event, _ in night.talked_to}
    started = [command for event, command in night.talked_to if event == "started"]
    assert [command for command in started if "dbt build" in command], started


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    of = Settings()
    assert not [secret for secret in SECRETS if secret in f"{of!r} {of} {of.model_dump()} {of.model_dump_json()}"]
    assert {"hookpw-31c", "apikey-55d", "mailpw-9a1%40x", "mailpw-9a1@x", "proxypw-c07", "proxypw-d18"} <= of.secrets


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBHOOK", "ftp://me:planted-secret@x.org"),
        ("WEBHOOK", "https://[planted-secret"),
        ("WEBHOOK", "http://hooks.example.org/planted-secret"),
        ("WEBHOOK", "http://127.0.0.1.example.org/planted-secret"),
        ("SMTP_URL", "planted-secret"),
        ("SMTP_URL", "smtps://me:planted-secret@x.org"),
        ("BROKER", "amqp://me:planted-secret@x.org"),
        ("RUN_STORAGE", "mysql://me:planted-secret@x.org"),
    ],
)
def test_settings_that_do_not_fit_show_no_secret(
    home: Settings, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"CLUSTERS_{name}", value)
    result = CliRunner().invoke(app, ["--debug", "status"])
    assert result.exit_code == 1
    assert f"CLUSTERS_{name}" in result.stderr
    assert "planted-secret" not in result.output


def test_a_secret_in_an_error_is_not_printed(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERS_WEBHOOK", PLANTED["CLUSTERS_WEBHOOK"])
    result = CliRunner().invoke(app, ["--debug", "dictionary", "hookpw-31c"])
    assert result.exit_code == 1
    assert "hookpw-31c" not in result.output
    assert "no table '***'" in result.stderr


def test_alerts_go_in_the_clear_to_this_machine_only() -> None:
    for host in ("localhost", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080"):
        assert Settings(webhook=f"http://{host}/x").webhook
    assert Settings(webhook="https://hooks.example.org/x").webhook
    with pytest.raises(ValueError, match="in the clear"):
        Settings(webhook="http://10.0.0.1/x")


def test_child_processes_inherit_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    code = "import os; print(dict(os.environ))"
    with secrets_set_aside():
        printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [secret for secret in SECRETS if secret in printed]
    assert not [secret for secret in SECRETS if secret in str(without_secrets(os.environ))]
    shared = {"CLUSTERS_RUN_STORAGE": "postgresql+psycopg2://a:b@c/d", "CLUSTERS_BROKER": "redis://x"}
    assert without_secrets(shared, ["run_storage"]).keys() == {"CLUSTERS_RUN_STORAGE"}
    assert os.environ["CLUSTERS_WEBHOOK"] == PLANTED["CLUSTERS_WEBHOOK"]


# --- what the code must not say -----------------------------------------------------------------------------------


def sources() -> list[tuple[str, str]]:
    return [(str(p), p.read_text(encoding="utf-8")) for p in sorted((PROJECT_ROOT / "orchestration").rglob("*.py"))]


@pytest.mark.parametrize("pattern", [r"verify\s*=\s*False", r"CERT_NONE", r"check_hostname\s*=", r"_create_unverified"])
def test_certificates_are_always_verified(pattern: str) -> None:
    assert [path for path, text in sources() if re.search(pattern, text)] == []


def test_everything_listens_on_loopback() -> None:
    assert [path for path, text in sources() if "0.0.0.0" in text] == []
    starting = [text for _, text in sources() if "uvicorn.run(" in text]
    assert len(starting) == 1
    assert "host=HOST" in starting[0]
    assert serve.HOST == "127.0.0.1"
    assert [path for path, text in sources() if '"dev"' in text] == [], "Dagster's own has no guard"
    # And nothing else starts Dagster, or a web server of its.
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    assert not re.search(r"\bdagster(-webserver)? dev\b|dagster-webserver", makefile)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_a_terminal_would_obey_stands_as_its_escape(
    release: Path, form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also what JSON lets stand: C1 and the marks that turn the direction of writing."""
    sql = "SELECT 'a' || chr(27) || '[2J' || chr(155) || '2J' || chr(8238) || 'b' AS name"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    app(["query", sql, "--format", form], standalone_mode=False)
    shown = capsys.readouterr().out
    assert plain(shown) == shown
    assert "2J" in shown
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    app(["query", sql, "--format", form], standalone_mode=False)
    assert chr(8238) in capsys.readouterr().out, "a file or a pipe gets what was published"
