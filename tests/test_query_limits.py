"""What a query may take: memory, time, and the patience of who pressed Ctrl-C.

Belongs here: bounds of `clusters query`, measured on a process of its own. Does not: what a query may read (see
`test_security`), how its result looks (see `test_cli`).
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.cli.formats import unique
from orchestration.release.publish import Warehouse
from orchestration.settings import PROJECT_ROOT, Settings, settings
from tests.release.builds import RELEASE_ID, published

CLUSTERS = [sys.executable, "-c", "from orchestration.cli import app; app()", "query"]
FORMS = ["table", "csv", "json", "parquet"]
EQUAL_NAMES = f"SELECT {', '.join(['1 AS a'] * 3000)}"
# DuckDB looks for an interruption between vectors; here one value takes it minutes.
DEAF = "SELECT levenshtein(repeat('x', 400000), repeat('y', 400000 + i::INTEGER)) FROM range(5) t(i)"
MEGABYTE = 1_000_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    place = tmp_path / "home"
    house = Warehouse(Settings(home=place))
    published(house, RELEASE_ID, "live")
    monkeypatch.setenv("CLUSTERS_HOME", str(place))
    monkeypatch.setenv("CLUSTERS_MEMORY_LIMIT", "300MB")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT_ROOT))
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    settings.cache_clear()
    yield place
    settings.cache_clear()


@dataclass(frozen=True)
class Ended:
    """How a command ended: after how many seconds, with how many bytes at most, and what it said."""

    code: int
    seconds: float
    most_bytes: int
    errors: str


def run(tmp_path: Path, *arguments: str, ctrl_c_after: float | None = None) -> Ended:
    """Run `clusters query`, stop it with SIGINT if asked to, and measure it."""
    said = tmp_path / "stderr"
    with said.open("wb") as errors:
        process = subprocess.Popen([*CLUSTERS, *arguments], stdout=subprocess.DEVNULL, stderr=errors)
    begun = time.monotonic()
    if ctrl_c_after is not None:
        while not list((tmp_path / "scratch").iterdir()):
            assert process.poll() is None
            time.sleep(0.02)
        time.sleep(ctrl_c_after)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
    # What the system says of a process that has ended counts what the process that started it had before, too.
    most = 0
    while process.poll() is None:
        most = max(most, most_memory(process.pid))
        time.sleep(0.01)
    seconds = time.monotonic() - begun
    return Ended(process.returncode, seconds, most, said.read_text(encoding="utf-8"))


def most_memory(pid: int) -> int:
    """The most bytes that a running program has held so far; 0 where it has just ended."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return 0


def left_behind(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in tmp_path.iterdir() if path.name not in ("home", "scratch", "stderr")) + [
        path.name for path in (tmp_path / "scratch").iterdir()
    ]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_wide_rows_take_little_more_memory_than_duckdb_hands_over_at_once(
    home: Path, tmp_path: Path, form: str
) -> None:
    """All rows together are 600 MB; 2,048 of them, what DuckDB hands over, 20 MB."""
    sql = "SELECT repeat('x', 10000 + (i % 7)::INTEGER) AS wide FROM range(60000) t(i)"
    ended = run(tmp_path, sql, "--format", form, "--output", str(tmp_path / "x"))
    assert ended.code == 0, ended.errors
    assert ended.most_bytes < 400 * MEGABYTE


@pytest.mark.parametrize("form", ["table", "json"])
def test_rows_too_wide_for_the_limit_are_refused_before_they_take_the_machine(
    home: Path, tmp_path: Path, form: str
) -> None:
    sql = "SELECT repeat('x', 2000000) AS wide FROM range(2048)"
    ended = run(tmp_path, sql, "--format", form, "--output", str(tmp_path / "x"))
    assert (ended.code, "Out of Memory" in ended.errors, "CLUSTERS_MEMORY_LIMIT" in ended.errors) == (1, True, True)
    assert ended.most_bytes < 1300 * MEGABYTE
    assert left_behind(tmp_path) == []


def test_many_columns_take_no_more_memory_for_many_rows(home: Path, tmp_path: Path) -> None:
    sql = f"SELECT {', '.join(f'i + {n} AS c{n}' for n in range(1000))} FROM range(6000) t(i)"
    ended = run(tmp_path, sql, "--format", "csv", "--output", str(tmp_path / "x"))
    assert ended.code == 0, ended.errors
    assert ended.most_bytes < 400 * MEGABYTE


@pytest.mark.parametrize("form", FORMS)
def test_three_thousand_columns_of_one_name_are_named_at_once(home: Path, tmp_path: Path, form: str) -> None:
    begun = time.monotonic()
    arguments = ["query", EQUAL_NAMES, "--format", form, "--output", str(tmp_path / "x")]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert time.monotonic() - begun < 20


def test_names_stay_unique_and_in_their_order() -> None:
    assert unique(["a", "b", "a", "a_1", "a"]) == ["a", "b", "a_1", "a_1_1", "a_2"]
    assert len(set(unique(["a"] * 3000 + ["a_7", "a_2999_1"]))) == 3002


def test_time_is_up_also_where_duckdb_does_not_listen(home: Path, tmp_path: Path) -> None:
    ended = run(tmp_path, DEAF, "--timeout", "1", "--format", "csv", "--output", str(tmp_path / "x"))
    assert ended.code == 1
    assert "stopped after 1 s" in ended.errors
    assert ended.seconds < 15
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("sql", [DEAF, f"{EQUAL_NAMES} FROM range(100000)"], ids=["deaf", "equal names"])
def test_ctrl_c_ends_a_query_within_seconds(home: Path, tmp_path: Path, sql: str) -> None:
    ended = run(tmp_path, sql, "--format", "json", "--output", str(tmp_path / "x"), ctrl_c_after=1)
    assert ended.code == 130, ended.errors
    assert ended.seconds < 10
    assert "Traceback" not in ended.errors
    assert left_behind(tmp_path) == []


def test_there_is_a_time_limit_unless_none_is_asked_for(home: Path) -> None:
    assert "3600" in CliRunner().invoke(app, ["query", "--help"]).stdout
    assert CliRunner().invoke(app, ["query", "SELECT 1", "--timeout", "0"]).exit_code == 0


def test_parquet_in_groups_holds_every_row_once(home: Path, tmp_path: Path) -> None:
    for count in (0, 1, 255, 256, 100_000, 250_001):
        output = tmp_path / f"{count}.parquet"
        sql = f"SELECT range AS a, 'x' AS b FROM range({count})"
        result = CliRunner().invoke(app, ["query", sql, "--format", "parquet", "--output", str(output)])
        assert result.exit_code == 0, result.output
        assert pyarrow.parquet.read_table(output)["a"].to_pylist() == list(range(count))
        assert pyarrow.parquet.ParquetFile(output).num_row_groups <= 1 + count // 100_000
