"""Slices made by two Celery workers with scratch folders of their own, as on two machines that share a home.

Redis and PostgreSQL are Debian's (`apt-get install redis-server postgresql`), started here on ports of loopback and
stopped after; with the optional dependencies (`make workers`) they are what the test is skipped without.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import PROJECT_ROOT
from tests.conftest import CLUSTERS, Demo

for needed in ("celery", "dagster_celery", "dagster_postgres", "redis"):
    pytest.importorskip(needed, reason=f"{needed} is missing: make workers")

pytestmark = [pytest.mark.long, pytest.mark.slow]

PATIENCE = 60.0
WORKER = [
    "-m",
    "celery",
    "-A",
    "orchestration.celery_app",
    "worker",
    "-Q",
    "dagster",
    "--concurrency",
    "1",
    "-l",
    "INFO",
]


def program(name: str) -> str:
    """A server's program: on the path, or where Debian keeps PostgreSQL's; without it the test is skipped."""
    debians = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(debians[-1]) if debians else None)
    if found is None:
        pytest.skip(f"{name} is missing: apt-get install redis-server postgresql")
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: Sequence[str], log: Path, is_up: Callable[[], bool], **environment: str) -> Iterator[None]:
    """A process in a group of its own while the block runs; it is stopped after, and its children with it."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=os.environ | environment, cwd=PROJECT_ROOT, stdout=out, stderr=out, start_new_session=True
        )
    try:
        began = time.monotonic()
        while not is_up():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() - began < PATIENCE, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """The address of a Redis that keeps nothing on disk."""
    port = free_port()
    command = [
        program("redis-server"),
        "--port",
        f"{port}",
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    with running(command, tmp_path / "redis.log", lambda: answers(port)):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def run_storage(tmp_path: Path) -> Iterator[str]:
    """The address of a new PostgreSQL. It refuses to run as root, and so does it as the user whom its package makes."""
    port, initdb, postgres = free_port(), program("initdb"), program("postgres")
    # As that user it can't enter pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="clusters-postgres-"))
    user = []
    if os.geteuid() == 0:
        user = [program("runuser"), "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    try:
        subprocess.run(
            [*user, initdb, "-D", folder / "data", "-U", "clusters", "-A", "trust", "-N"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        command = [*user, postgres, "-D", f"{folder}/data", "-p", f"{port}", "-h", "127.0.0.1", "-k", str(folder)]
        with running(command, tmp_path / "postgres.log", lambda: answers(port)):
            yield f"postgresql+psycopg2://clusters@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder)


def contents(home: Path) -> list[tuple]:
    with duckdb.connect(str(home / "warehouse" / "current.duckdb"), read_only=True) as con:
        return con.execute(
            "SELECT table_name, year, rows, content_hash FROM meta.table_content ORDER BY ALL"
        ).fetchall()


def test_two_machines_make_what_one_makes(broker: str, run_storage: str, demo: Demo, tmp_path: Path) -> None:
    shared = {
        "CLUSTERS_HOME": str(tmp_path / "home"),
        "CLUSTERS_PROFILE": "sample",
        "CLUSTERS_BROKER": broker,
        "CLUSTERS_RUN_STORAGE": run_storage,
        "CLUSTERS_ROWS_IN_ONE_GO": "1",
    }
    logs = [tmp_path / "one.log", tmp_path / "other.log"]
    with ExitStack() as machines:
        for log in logs:
            own = {"CLUSTERS_WORKER_SCRATCH": str(tmp_path / log.stem)}
            is_up = lambda log=log: " ready." in log.read_text()  # noqa: E731
            command = [sys.executable, *WORKER, "-n", f"{log.stem}@%h"]
            machines.enter_context(running(command, log, is_up, **shared, **own))
        done = subprocess.run(
            [sys.executable, "-c", CLUSTERS, "refresh"],
            env=os.environ | shared, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "dbt builds and tests 7 slices, 2 at a time" in done.stderr
    assert all("execute_plan" in log.read_text() and list((tmp_path / log.stem).iterdir()) for log in logs)
    assert contents(tmp_path / "home") == contents(demo.home)
    assert not list((tmp_path / "home" / "dagster").rglob("runs.db")), "runs are kept in PostgreSQL"
