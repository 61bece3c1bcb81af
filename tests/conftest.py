"""What every test may ask for: where the real data lie, and one warehouse a session made from them and from the sample.

Belongs here: paths outside the checkout and the skips where they are absent. Does not: anything one room's tests need.

`CLUSTERS_SHARED` says where the reference data and the mirror lie (default: `shared` beside the checkout).
`CLUSTERS_TEST_HOME` keeps the warehouse made from the mirror between sessions: a second session then refreshes into
it, which takes seconds where nothing has changed. `CLUSTERS_TEST_DEMO` names a folder for what `make demo` makes, which
is kept; where it was made already (see `.ci/run`), it is taken as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from orchestration.sample.write import write_sample
from orchestration.sources.catalogue import SOURCES
from tests.tiers import TIERS, tier

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SHARED = Path(os.environ.get("CLUSTERS_SHARED", ROOT.parent / "shared"))
CLUSTERS = "from orchestration.cli import app; app()"


def existing(path: Path, what: str) -> Path:
    """The path, or a skip that says what is missing and how to name its place."""
    if not path.exists():
        pytest.skip(f"{what} not at {path}; set CLUSTERS_SHARED to the folder that holds `mirror` and `reference`")
    return path


def borrowed_environment(folder: Path) -> Path:
    """A virtual environment for make that is the one of the tests, by links: make installs nothing then."""
    folder.mkdir(parents=True)
    for name in ("bin", "lib", "pyvenv.cfg"):
        (folder / name).symlink_to(Path(sys.prefix) / name)
    for mark in (".ready", ".ready-for-tests"):
        (folder / mark).touch()
    return folder


def pytest_configure(config: pytest.Config) -> None:
    for name, what in TIERS.items():
        config.addinivalue_line("markers", f"{name}: {what}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Marks every test with its tier, before `-m` chooses among them; then the dearest files first, so that parallel
    workers end together.

    Before those, the first file that asks for a warehouse many ask for: one worker makes it while the others have
    something else to do. Files that need it too come last of their tier, or another worker would wait for it.
    """
    for item in (i for i in items if i.path.is_relative_to(TESTS)):
        marks = {mark.name for mark in item.iter_markers()}
        item.add_marker(tier(item.path.relative_to(TESTS), fixtures_of(item), marks))
    yield
    dearest: dict[Path, int] = {}
    for item in items:
        cost = max((rank for rank, name in enumerate(TIERS) if item.get_closest_marker(name)), default=0)
        dearest[item.path] = max(dearest.get(item.path, 0), cost)
    sharing = [[i.path for i in items if name in fixtures_of(i)] for name in ("mirror_home", "demo")]
    makers = {paths[0] for paths in sharing if paths}
    waiting = {path for paths in sharing for path in paths}
    items.sort(key=lambda i: (i.path not in makers, -dearest[i.path], i.path in waiting))


def fixtures_of(item: pytest.Item) -> list[str]:
    """What a test asks for, and what that asks for."""
    return getattr(item, "fixturenames", [])


@pytest.fixture(autouse=True)
def sources_in_their_order() -> Iterator[None]:
    """A source taken out for a test comes back at the end of the catalogue, behind those that need it."""
    declared = dict(SOURCES)
    yield
    if list(SOURCES) != list(declared):
        SOURCES.clear()
        SOURCES.update(declared)


@pytest.fixture(scope="session")
def reference() -> Path:
    """Folder of published reference figures."""
    return existing(SHARED / "reference", "the published reference figures are")


@pytest.fixture(scope="session")
def mirror() -> Path:
    """Folder of publishers' real files, laid out <host>/<path>."""
    return existing(SHARED / "mirror", "the mirror of publishers' files is")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's files as publishers offer them, not to be changed; written once a session for all workers."""
    folder = shared_folder(tmp_path_factory) / "sample"
    with FileLock(folder.with_suffix(".lock")):
        return write_sample(folder)


@dataclass(frozen=True)
class Demo:
    """A folder as a checkout is after `make demo`: `data/` with the release of the sample, and `.venv`."""

    place: Path

    @property
    def home(self) -> Path:
        return self.place / "data"

    @property
    def stdout(self) -> str:
        return (self.place / "demo.out").read_text(encoding="utf-8")

    @property
    def stderr(self) -> str:
        return (self.place / "demo.err").read_text(encoding="utf-8")

    @property
    def surroundings(self) -> dict[str, str]:
        """The environment for commands run in it."""
        mine = {n: v for n, v in os.environ.items() if not n.startswith(("CLUSTERS_", "DAGSTER_", "MAKE"))}
        path = f"{ROOT}{os.pathsep}{mine['PYTHONPATH']}" if mine.get("PYTHONPATH") else str(ROOT)
        return mine | {"CLUSTERS_HOME": str(self.home), "PYTHONPATH": path}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """What `make demo` makes, in the environment of the tests; made once a session for all workers."""
    kept = os.environ.get("CLUSTERS_TEST_DEMO")
    found = Demo(Path(kept) if kept else shared_folder(tmp_path_factory) / "demo")
    found.place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(found.place.with_suffix(".lock")):
        if not (found.place / "demo.err").exists():
            venv = borrowed_environment(found.place / ".venv")
            command = ["make", "--no-print-directory", "demo", f"VENV={venv}"]
            done = subprocess.run(
                command, cwd=ROOT, env=found.surroundings, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
            (found.place / "demo.out").write_text(done.stdout, encoding="utf-8")
            (found.place / "demo.err").write_text(done.stderr, encoding="utf-8")
    return found


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the parallel workers of one test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def mirror_home(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `CLUSTERS_HOME` into which `clusters refresh --profile mirror` published 2015-2020; made once per session."""
    kept = os.environ.get("CLUSTERS_TEST_HOME")
    parallel = os.environ.get("PYTEST_XDIST_WORKER")
    home = Path(kept) if kept else shared_folder(tmp_path_factory) / "mirror_home"
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / "test_session.lock"):
        if not (parallel and (home / "warehouse" / "current.duckdb").exists()):
            refresh(home, mirror)
    return home


def linked_copy(source: Path, target: Path) -> None:
    """A copy of a folder; files that nothing writes to are linked, databases and notes copied."""

    def put(one: str, other: str) -> None:
        if Path(one).suffix in {".sqlite", ".db", ".json", ".jsonl", ".log", ".msgpack", ".sql", ".yaml", ".lock"}:
            shutil.copy2(one, other)
        else:
            os.link(one, other)

    shutil.copytree(source, target, symlinks=True, copy_function=put, ignore=shutil.ignore_patterns("work", "storage"))


def refresh(home: Path, mirror: Path, years: str = "2015-2020") -> None:
    """Run the command as a user would, in a process of its own."""
    command = [sys.executable, "-c", CLUSTERS, "refresh", "--profile", "mirror", "--mirror", str(mirror)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CLUSTERS_")}
    environment |= {"CLUSTERS_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, "--years", years], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def warehouse(mirror_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The release made from the mirror, read-only, as an analyst opens it."""
    with duckdb.connect(str(mirror_home / "warehouse" / "current.duckdb"), read_only=True) as connection:
        yield connection
