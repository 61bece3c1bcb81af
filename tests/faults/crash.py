"""A refresh that is killed on purpose: when, what must still be true then, and what it left.

Belongs here: watching a refresh from outside, killing it, judging what is left. Does not: which kills are made (see
`test_crash.py` and `bench/crash.py`). Nothing in the refresh knows of this: stages are told from the files it makes.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import duckdb

from orchestration.sample.write import write_sample
from orchestration.settings import PROJECT_ROOT
from tests.faults.conftest import AREAS, House, paying, singlefile

COMMAND = [sys.executable, "-c", "from orchestration.cli import app; app()", "refresh"]
LONGEST = 600.0
# The year whose pay changes where years are built one by one.
CHANGING = 2023

When = Callable[["Watched"], bool]


@dataclass
class Watched:
    """A running refresh, seen from outside: its home, when it began and which releases there were before."""

    home: Path
    process: subprocess.Popen[bytes]
    began: float = field(default_factory=time.monotonic)
    releases: frozenset[str] = frozenset()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def made(self, pattern: str) -> bool:
        """Whether the refresh has made a file of this pattern below its home since it began."""
        try:
            return any(self._new(path) for path in self.home.glob(pattern))
        except FileNotFoundError:
            # A folder that went while it was looked into: the next look tells.
            return False

    def _new(self, path: Path) -> bool:
        try:
            return path.lstat().st_mtime >= self._began_at
        except OSError:
            return False

    @property
    def _began_at(self) -> float:
        # Coarse clocks stamp files up to a few milliseconds early.
        return time.time() - self.seconds - 0.02

    def new_release(self) -> bool:
        """Whether a release has been renamed into place."""
        return bool({p.name for p in (self.home / "warehouse" / "releases").iterdir()} - self.releases)

    def flipped(self) -> bool:
        """Whether `current.duckdb` points at a new release."""
        return (self.home / "warehouse" / "current.duckdb").readlink().name not in self.releases


def makes(pattern: str) -> When:
    """At the moment a file of this pattern appears."""
    return lambda watched: watched.made(pattern)


def after_seconds(seconds: float) -> When:
    """So many seconds after the start."""
    return lambda watched: watched.seconds >= seconds


# Every stage begins or ends with a file that it makes.
BOUNDARIES: dict[str, When] = {
    "lock": makes("refresh.holder.json"),
    "dagster's run": makes("dagster/history/runs/*"),
    "findings begun": makes("work/findings/run_id.txt"),
    "download": makes("landing/partial/*"),
    "parse": makes("work/parse-*"),
    "half a partition": makes("tidy/*/*/*.half"),
    "index": makes("tidy/index-*.json"),
    "first gate": makes("work/findings/checks/*.json"),
    "links for dbt": makes("work/tidy/*/*"),
    "build file": makes("work/build.duckdb"),
    "dbt at work": makes("work/common.duckdb.wal"),
    # Of warehouses that are built year by year, one or several at a time; in others these come to nothing.
    "a year at work": makes("work/slice/slice.duckdb"),
    "a worker at work": makes("work/places/*/slice/slice.duckdb"),
    "a year put by": makes("slices/*.json"),
    "a year taken in": lambda watched: watched.made("slices/*.json") and watched.made("work/build.duckdb.wal"),
    "dbt done": makes("work/findings/checks/dbt.json"),
    "second gate": makes("work/findings/checks/marts*.json"),
    # These two last for microseconds: where they are missed, the next thing that shows will do.
    "publishing": lambda watched: watched.made("warehouse/publishing") or watched.new_release(),
    "renamed": Watched.new_release,
    "link beside": lambda watched: watched.made("warehouse/.current-*") or watched.flipped(),
    "flipped": Watched.flipped,
    "recorded": makes("last_run.json"),
}


@dataclass(frozen=True)
class Crashed:
    """How a killed refresh left things. `end` is `old release`, `new release` or, killed too late, `had ended`."""

    end: str
    seconds: float
    violations: list[str]


class Site:
    """A home, its publishers with one file that changes on demand, and what the last good release was.

    Built `year_by_year`, each year is made in a slice of its own, and the file that changes is a year's.
    """

    MEANT_TO_GROW = frozenset({"landing", "warehouse"})
    SLACK = 8_000_000
    # So few that the limit is reached long before the end of a long run: each keeps tidy files of its own.
    KEPT_RELEASES = 5

    def __init__(
        self, base: Path, house: House | None = None, *, year_by_year: bool = False, years: str | None = None
    ) -> None:
        self.house = house or House(base / "home", write_sample(base / "mirror"))
        self.years_apart = year_by_year
        self.original = self.house.read(singlefile(CHANGING) if year_by_year else AREAS)
        # So many that several kills in a row never come back to what is published.
        self.versions = cycle(range(1, 41))
        self.years = {"CLUSTERS_YEARS": years} if years else {}
        self.temporary = base / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self.longest = 0.0

    def first_release(self) -> str:
        """Publishes the release that the first kill must not harm, and measures how long one takes."""
        # The first also warms what dbt and Dagster keep, so it says little of the others.
        for _ in range(2):
            self.change_input()
            began = time.monotonic()
            if trouble := self.recover():
                raise RuntimeError("; ".join(trouble))
            self.longest = time.monotonic() - began
        return self.house.current.resolve().stem

    def change_input(self) -> None:
        """Gives one of the publisher's files another version, so that there is something to publish."""
        version = next(self.versions)
        if self.years_apart:
            self.house.write(singlefile(CHANGING), self.original)
            self.house.edit_year(CHANGING, paying(1 + version / 5000))
        else:
            named = self.original.replace(b" County", b" County" + b" I" * version, 1)
            self.house.write(AREAS, named)

    def start(self, stderr: int = subprocess.DEVNULL) -> Watched:
        """A refresh in a process group of its own."""
        releases = self.house.home / "warehouse" / "releases"
        before = frozenset(p.name for p in releases.iterdir())
        process = subprocess.Popen(
            COMMAND, env=self.environment, cwd=PROJECT_ROOT, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=stderr,
        )  # fmt: skip
        return Watched(self.house.home, process, releases=before)

    @property
    def environment(self) -> dict[str, str]:
        mine = {"PYTHONPATH": str(PROJECT_ROOT), "TMPDIR": str(self.temporary)}
        mine["CLUSTERS_KEEP_RELEASES"] = str(self.KEPT_RELEASES)
        if self.years_apart:
            mine["CLUSTERS_ROWS_IN_ONE_GO"] = "1"
        return os.environ | self.house.environment | mine | self.years

    def kill_when(self, when: When, *, group: bool = True) -> Crashed:
        """Starts a refresh, kills it (and its children, if `group`) at the moment, and looks at what is left.

        Meanwhile the published file is opened again and again, as a reader would.
        """
        before = fingerprint(self.house.current)
        watched = self.start()
        locked_out: list[str] = []
        opened = 0.0
        while watched.process.poll() is None and not when(watched) and watched.seconds < LONGEST:
            if watched.seconds - opened > 1:
                opened = watched.seconds
                locked_out += trouble_opening(self.house.current)
            time.sleep(0.002)
        ended = watched.process.poll() is not None
        if not ended:
            (os.killpg if group else os.kill)(watched.process.pid, signal.SIGKILL)
        watched.process.wait()
        after = fingerprint(self.house.current)
        violations = [*locked_out, *trouble_reading(self.house.current)]
        if after == before:
            end = "old release"
        elif after[0] == before[0]:
            end, violations = "damaged", [*violations, "the release that analysts read was changed in place"]
        else:
            end = "new release"
        if ended:
            end = "had ended"
            violations += [f"the refresh ended with {watched.process.returncode}"] if watched.process.returncode else []
        return Crashed(end, watched.seconds, violations)

    def recover(self) -> list[str]:
        """Refreshes without help, and says what was wrong with that."""
        done = subprocess.run(
            COMMAND,
            env=self.environment,
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        if done.returncode:
            return [f"the next refresh ended with {done.returncode}: {done.stderr[-800:]}"]
        return trouble_reading(self.house.current) + [f"left behind: {path}" for path in self.leftovers()]

    def leftovers(self) -> list[str]:
        """What a successful refresh must not leave, wherever an earlier one was killed."""
        home = self.house.home
        patterns = (
            "work/*.duckdb*", "work/parse-*", "work/spill/*", "tidy/**/*.half", "warehouse/publishing", "warehouse/.*",
            "refresh.holder.json", "landing/partial/*", ".*.new", ".*.old",
        )  # fmt: skip
        return [str(path.relative_to(home)) for pattern in patterns for path in home.glob(pattern)]

    def measure(self) -> dict[str, tuple[int, int]]:
        """Bytes and files of every entry of the home, of its releases apart, and of the temporary folder."""
        home = self.house.home
        folders = {path.name: path for path in sorted(home.iterdir())} | {"(temporary)": self.temporary}
        return {name: _size(path) for name, path in folders.items()}


def _size(path: Path) -> tuple[int, int]:
    found: Iterable[Path] = path.rglob("*") if path.is_dir() else [path]
    sizes = [file.lstat().st_size for file in found if file.is_file() and not file.is_symlink()]
    return sum(sizes), len(sizes)


def fingerprint(current: Path) -> tuple[str, str]:
    """Where the link points, and the checksum of what it points at."""
    with current.open("rb") as file:
        return str(current.readlink()), hashlib.file_digest(file, "sha256").hexdigest()


def trouble_opening(current: Path) -> list[str]:
    """Why a reader could not open the published file and read one row; short, as the watch must go on."""
    try:
        with duckdb.connect(str(current.resolve()), read_only=True) as con:
            con.execute("SELECT release_id FROM meta.release").fetchall()
    except duckdb.Error as error:
        return [f"a reader was refused while the refresh ran: {error}"]
    return []


def trouble_reading(current: Path) -> list[str]:
    """What is wrong with the published file: it must open, name itself, and let every table be read whole."""
    target = current.resolve()
    try:
        with duckdb.connect(str(target), read_only=True) as con:
            named = con.execute("SELECT release_id FROM meta.release").fetchall()
            tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
            for schema, table in tables:
                con.execute(f'SELECT bit_xor(hash(t)) FROM "{schema}"."{table}" AS t').fetchall()
    except duckdb.Error as error:
        return [f"a reader was refused: {error}"]
    wrong = [] if named == [(target.stem,)] else [f"{target.name} names itself {named}"]
    return wrong + ([] if len(tables) > 9 else [f"{target.name} holds {len(tables)} tables only"])
