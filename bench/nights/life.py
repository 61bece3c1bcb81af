"""What happens in a year of nights: publishers, operators and machines, drawn by seeded dice.

Belongs here: the world and what is done in a night. Does not: what must be true after it (`watch`).
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine
from typer.testing import CliRunner

from bench.nights.process import begin, end
from bench.nights.tiny import EXTRA, FIRST_YEAR, HOST, TITLES, YEARS
from orchestration.cli import app
from orchestration.settings import settings

START = datetime(2025, 1, 1, 2, 30, tzinfo=UTC)
BROKEN = ("<html><body>Down for maintenance</body></html>", "", "code,value\n001,many\n", "nothing,here\n1,2\n")
LONGEST = 120.0
KILLED = -signal.SIGKILL


@dataclass
class World:
    """The publishers' files, the code, the clock, and the home that is operated.

    `offered` is the value that each file holds, by source and year (None for a file without years), `broken` the files
    that hold something else instead. `ever` are all values that a file has ever offered whole.
    """

    base: Path
    dice: random.Random
    night: int = 0
    ahead: timedelta = timedelta()
    code: list[str] = field(default_factory=lambda: ["1"])
    offered: dict[tuple[str, int | None], int] = field(default_factory=dict)
    broken: dict[tuple[str, int | None], str] = field(default_factory=dict)
    ever: dict[tuple[str, int | None], set[int]] = field(default_factory=dict)
    accepts: bool = False
    # Seconds that the last refresh took that ended well.
    took: float = 1.0

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def backup(self) -> Path:
        return self.base / "backup"

    @property
    def now(self) -> datetime:
        """What the machine's clock says."""
        return START + timedelta(days=self.night) + self.ahead

    @property
    def last_year(self) -> int:
        return max(year for source, year in self.ever if source == YEARS and year)

    def offer(self, source: str, year: int | None, value: int) -> None:
        """A publisher puts a file up, or another in its place."""
        self.offered[source, year] = value
        self.broken.pop((source, year), None)
        self.ever.setdefault((source, year), set()).add(value)

    def write(self) -> None:
        """The publishers' folder as tonight's answers come from it."""
        shutil.rmtree(self.base / "mirror", ignore_errors=True)
        folder = self.base / "mirror" / HOST
        folder.mkdir(parents=True)
        for (source, year), value in self.offered.items():
            file = folder / (f"{source}_{year}.csv" if year else f"{source}.csv")
            text = self.broken.get((source, year), f"code,value\n001,{value}\n")
            file.write_text(text, encoding="utf-8")
            os.utime(file, (START.timestamp() + value, START.timestamp() + value))


def first_world(base: Path, seed: int) -> World:
    """Two years and their names, before the first night."""
    world = World(base, random.Random(seed))
    for year in (FIRST_YEAR, FIRST_YEAR + 1):
        world.offer(YEARS, year, 1_000_000 + year)
        world.offer(EXTRA, year, 2_000_000 + year)
    world.offer(TITLES, None, 3_000_000)
    return world


def forked(world: World, do: Callable[[], int], *, die_after: float | None = None, file_limit: int = 0) -> int:
    """Does something in a process of its own at the world's time; its exit code, or minus the signal it died of.

    It is killed after `die_after` seconds, and may write no file of more than `file_limit` bytes, as on a full disk.
    One that hangs is killed after `LONGEST` seconds.
    """
    child = os.fork()
    if child == 0:
        code = 99
        try:
            begin()
            if file_limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
            if die_after is not None:
                signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
                signal.setitimer(signal.ITIMER_REAL, die_after)
            with time_machine.travel(world.now, tick=True):
                code = do()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return end(child, LONGEST)


def command(world: World, *arguments: str) -> Callable[[], int]:
    """A `clusters` command, whose output goes to the home's neighbour `said.txt`."""

    def run() -> int:
        os.environ |= {
            "CLUSTERS_HOME": str(world.home), "CLUSTERS_PROFILE": "mirror", "CLUSTERS_MIRROR": f"{world.base}/mirror",
            "CLUSTERS_YEARS": f"{FIRST_YEAR}-{world.last_year}", "DAGSTER_HOME": str(world.home / "dagster"),
            "CLUSTERS_KEEP_RELEASES": "10",
        }  # fmt: skip
        settings.cache_clear()
        result = CliRunner().invoke(app, list(arguments))
        trace = result.exception and not isinstance(result.exception, SystemExit)
        text = result.output + ("".join(traceback.format_exception(result.exception)) if trace else "")
        (world.base / "said.txt").write_text(text, encoding="utf-8")
        return result.exit_code

    return run


def refresh(world: World, *, die_after: float | None = None, file_limit: int = 0) -> int:
    """The nightly refresh; its exit code. It is killed after `die_after` times what the last good one took."""
    accepted, began = ["--accept-revision", YEARS] if world.accepts else [], time.monotonic()
    seconds = None if die_after is None else die_after * world.took
    code = forked(world, command(world, "refresh", *accepted), die_after=seconds, file_limit=file_limit)
    if code == 0 and die_after is None:
        world.took = time.monotonic() - began
    del world.code[:-1]
    return code


def said(world: World) -> str:
    """What the last command said."""
    return (world.base / "said.txt").read_text(encoding="utf-8")


def publishers_news(world: World) -> list[str]:
    """What changed at the publishers since yesterday, in words."""
    dice, told = world.dice, []
    year = dice.randint(FIRST_YEAR, world.last_year)
    if world.broken and dice.random() < 0.5:
        world.broken.clear()
        told.append("files mended")
    match dice.random():
        case chance if chance < 0.02 and world.last_year < START.year + world.night // 365:
            year = world.last_year + 1
            world.offer(YEARS, year, 1_000_000 + year)
            world.offer(EXTRA, year, 2_000_000 + year)
            told.append(f"{year} is new")
        case chance if chance < 0.06:
            world.offer(YEARS, year, (max(world.ever[YEARS, year])) + dice.randint(1, 900))
            told.append(f"{year} re-issued")
        case chance if chance < 0.08:
            world.offer(YEARS, year, int(max(world.ever[YEARS, year]) * 1.05))
            told.append(f"{year} re-issued, five percent more")
        case chance if chance < 0.10:
            world.offer(TITLES, None, max(world.ever[TITLES, None]) + 1)
            told.append("names re-issued")
        case chance if chance < 0.13:
            key = dice.choice(sorted(world.offered, key=str))
            world.broken[key] = dice.choice(BROKEN)
            told.append(f"{key} broken")
        case chance if chance < 0.15 and (key := (dice.choice((YEARS, EXTRA)), FIRST_YEAR)) in world.offered:
            world.offered.pop(key)
            world.broken.pop(key, None)
            told.append(f"{key} withdrawn")
        case chance if chance < 0.17:
            world.offer(EXTRA, year, max(world.ever.get((EXTRA, year), {2_000_000})) + 1)
            told.append(f"extra {year} re-issued")
    return told


def operators_doings(world: World) -> list[tuple[str, ...]]:
    """The commands that somebody types before tonight's refresh."""
    match world.dice.random():
        case chance if chance < 0.02:
            return [("rollback",)]
        case chance if chance < 0.04:
            return [("rollback", "--lift")]
        case chance if chance < 0.05:
            world.code[:] = [str(int(world.code[-1]) + 1)]
        case chance if chance < 0.055:
            # Updated after the refresh has read it.
            world.code[:] = [world.code[-1], str(int(world.code[-1]) + 1)]
    return []


def copy_home(source: Path, target: Path, *, follow_links: bool = False) -> None:
    """A backup, or a home restored from one; tools that follow links make of `current.duckdb` a copy."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=not follow_links)


def newest_release(home: Path) -> str | None:
    """The id of the newest file among the releases."""
    found: Sequence[str] = sorted(path.stem for path in (home / "warehouse" / "releases").glob("*.duckdb"))
    return found[-1] if found else None
