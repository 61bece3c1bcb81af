"""Slices made by two Celery workers, as on two machines: that share a home, and that share nothing but a store.

Redis and PostgreSQL are Debian's (`apt-get install redis-server postgresql`), the store is moto's S3 server
(`pip install --require-hashes -r .ci/s3-server.lock`). All are started here on ports of loopback and stopped after;
with the optional dependencies (`make workers`) they are what the tests are skipped without.
"""

from __future__ import annotations

import os
import re
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
from urllib.request import Request, urlopen

import duckdb
import pytest

from orchestration.checksums import checksum
from orchestration.errors import SetupError
from orchestration.settings import PROJECT_ROOT
from orchestration.slices.store import Store
from tests.conftest import CLUSTERS, Demo

for needed in ("celery", "dagster_celery", "dagster_postgres", "redis"):
    pytest.importorskip(needed, reason=f"{needed} is missing: make workers")

PATIENCE = 60.0
SECRET = "planted-key-of-the-store"
# Stands in each process of a worker: what it would find in the home of the refresh on this machine, it finds nowhere.
FENCE = """
import sys

def fence(event, given):
    if given and isinstance(given[0], str) and given[0].startswith({home!r} + "/"):
        raise FileNotFoundError(2, "another machine has no such folder", given[0])

sys.addaudithook(fence)
"""
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


@pytest.fixture
def store(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What leads to a new bucket of an S3 server that keeps nothing on disk."""
    for needed in ("moto.server", "s3fs"):
        pytest.importorskip(needed, reason=f"{needed} is missing: make workers, pip install -r .ci/s3-server.lock")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", f"{port}"]
    with running(command, tmp_path / "s3.log", lambda: answers(port)):
        url = f"http://127.0.0.1:{port}"
        urlopen(Request(f"{url}/clusters", method="PUT")).close()
        keys = {"AWS_ACCESS_KEY_ID": "planted-id-of-the-store", "AWS_SECRET_ACCESS_KEY": SECRET}
        yield {"CLUSTERS_STORE": "s3://clusters/nightly", "AWS_ENDPOINT_URL": url, **keys}


def contents(home: Path) -> list[tuple]:
    with duckdb.connect(str(home / "warehouse" / "current.duckdb"), read_only=True) as con:
        return con.execute(
            "SELECT table_name, year, rows, content_hash FROM meta.table_content ORDER BY ALL"
        ).fetchall()


@pytest.fixture
def shared(broker: str, run_storage: str) -> dict[str, str]:
    """The settings of all machines."""
    return {
        "CLUSTERS_PROFILE": "sample",
        "CLUSTERS_BROKER": broker,
        "CLUSTERS_RUN_STORAGE": run_storage,
        "CLUSTERS_ROWS_IN_ONE_GO": "1",
    }


def clusters(*said: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What the command says and does with these settings."""
    return subprocess.run(
        [sys.executable, "-c", CLUSTERS, *said],
        env=os.environ | settings, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def refreshed(folder: Path, settings: dict[str, str], of_worker: Callable[[str], dict[str, str]]) -> None:
    """A refresh below a folder, with two workers that have further settings."""
    logs = [folder / "one.log", folder / "other.log"]
    with ExitStack() as machines:
        for log in logs:
            own = settings | {"CLUSTERS_WORKER_SCRATCH": str(folder / log.stem)} | of_worker(log.stem)
            is_up = lambda log=log: " ready." in log.read_text()  # noqa: E731
            command = [sys.executable, *WORKER, "-n", f"{log.stem}@%h"]
            machines.enter_context(running(command, log, is_up, **own))
        done = clusters("refresh", **settings)
    assert done.returncode == 0, done.stderr
    assert "dbt builds and tests 7 slices, 2 at a time" in done.stderr
    assert done.stderr.count("made by a worker in") == 7
    assert all("execute_plan" in log.read_text() and list((folder / log.stem).iterdir()) for log in logs)
    assert not list((folder / "home" / "dagster").rglob("runs.db")), "runs are kept in PostgreSQL"


def test_two_machines_make_what_one_makes(shared: dict[str, str], demo: Demo, tmp_path: Path) -> None:
    refreshed(tmp_path, shared | {"CLUSTERS_HOME": str(tmp_path / "home")}, lambda _: {})
    assert contents(tmp_path / "home") == contents(demo.home)


def test_two_machines_that_share_a_store_and_no_folder(
    shared: dict[str, str], store: dict[str, str], demo: Demo, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    fence = tmp_path / "fence" / "sitecustomize.py"
    fence.parent.mkdir()
    fence.write_text(FENCE.format(home=str(home)))

    def of_worker(name: str) -> dict[str, str]:
        paths = [str(fence.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"CLUSTERS_HOME": str(tmp_path / f"{name}s-home"), "PYTHONPATH": os.pathsep.join(paths)}

    refreshed(tmp_path, shared | store | {"CLUSTERS_HOME": str(home)}, of_worker)
    assert contents(home) == contents(demo.home)
    listed = urlopen(f"{store['AWS_ENDPOINT_URL']}/clusters?list-type=2").read().decode()
    left = re.findall("<Key>nightly/(.*?)</Key>", listed)
    assert sorted(left) == sorted(f"objects/{sha}" for sha in {checksum(path) for path in (home / "tidy").rglob("*.*")})
    published = (home / "warehouse" / "current.duckdb").resolve()
    elsewhere = shared | store | {"CLUSTERS_HOME": str(home), "CLUSTERS_STORE": "s3://elsewhere/x"}
    done = clusters("refresh", "--from-scratch", **elsewhere)
    assert done.returncode == 1
    assert "CLUSTERS_STORE: s3://elsewhere/x/" in done.stderr
    assert "bucket does not exist. Remedy: make sure that the bucket is there" in " ".join(done.stderr.split())
    assert (home / "warehouse" / "current.duckdb").resolve() == published
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_a_bucket_that_is_missing_is_told(store: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in store.items():
        monkeypatch.setenv(name, value)
    Store(store["CLUSTERS_STORE"]).offer("run 7", {})
    with pytest.raises(SetupError, match=r"s3://elsewhere/x/objects/: .*bucket does not exist\. Remedy: "):
        Store("s3://elsewhere/x").offer("run 7", {})
