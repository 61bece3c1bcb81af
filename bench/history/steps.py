"""What refreshes of a growing history cost: the first, one more year, a re-issue, a small change, nothing new.

Belongs here: the steps and their report. Does not: the years (`years`), how a process is watched (`watch`).
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.history.economy import SINGLEFILE
from bench.history.peers import beside
from bench.history.readers import meanwhile
from bench.history.watch import MB, Cost, bytes_of, watched
from bench.history.years import REVISED
from bench.nightly import PANDAS, Measured, measured
from orchestration.settings import year_range

POPULATION = "www2.census.gov/programs-surveys/popest/datasets/2020-2024/counties/totals/co-est2024-alldata.csv"
ROOMS = {"landing": "landing", "tidy": "tidy", "work": "work", "releases": "warehouse/releases"}

ONE_MORE = "one more year"
QUIET_SECONDS = 60.0  # of reading before a refresh

LAST_LINES = 20


@dataclass(frozen=True)
class Step:
    """A refresh of a span of years, what came before it, and what it cost. `mb` is what each folder of the home holds
    after it, in millions of bytes; `warnings` what it printed of the gates' warnings, or of its failure."""

    name: str
    years: str
    cost: Cost
    mb: dict[str, int]
    warnings: list[str]


@dataclass(frozen=True)
class Bench:
    """A home, the publishers' files that it pulls, and the made years from which these come; or a home of the sample,
    which pulls none."""

    home: Path
    files: Path
    made: Path
    sample: bool = False

    @property
    def current(self) -> Path:
        """The link to the newest release."""
        return self.home / "warehouse" / "current.duckdb"

    def refresh(self, name: str, years: Sequence[int]) -> Step:
        """Refreshes as a user would, with the settings of the environment but for the home."""
        span = f"{years[0]}-{years[-1]}"
        command = [str(Path(sys.executable).with_name("clusters")), "refresh", "--years", span]
        command += ["--profile", "sample"] if self.sample else ["--profile", "mirror", "--mirror", str(self.files)]
        log = self.home.parent / "logs" / f"{name.replace(' ', '_')}.txt"
        cost = watched(command, os.environ | {"CLUSTERS_HOME": str(self.home)}, log, self.home / "work")
        rooms = {room: round(bytes_of(self.home / place) / MB) for room, place in ROOMS.items()}
        said = log.read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line for line in said if line.startswith("Warning: ")] if cost.exit == 0 else said[-LAST_LINES:]
        return Step(name, span, cost, rooms, told)

    def replace(self, inside: str, path: Path) -> None:
        """Puts a link to another file in the place of one of the publishers'."""
        (self.files / inside).unlink()
        (self.files / inside).symlink_to(path)


def linked(folder: Path, target: Path) -> None:
    """Links to all files below a folder but those of re-issues."""
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if path.is_file() and inside.parts[0] != REVISED:
            (target / inside).parent.mkdir(parents=True, exist_ok=True)
            (target / inside).symlink_to(path.resolve())


def re_issued(bench: Bench) -> list[str]:
    """Puts the re-issued years in place; which ones."""
    issues = sorted((bench.made / REVISED).rglob("*.zip"))
    for path in issues:
        bench.replace(path.relative_to(bench.made / REVISED).as_posix(), path.resolve())
    return [path.name[:4] for path in issues]


def moved_person(bench: Bench) -> None:
    """Moves one person from the first county of the population estimates to the second, so that all sums stay."""
    path = bench.files / POPULATION
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="latin-1"), newline="")))
    level, last = rows[0].index("SUMLEV"), max(n for n, name in enumerate(rows[0]) if name.startswith("POPESTIMATE"))
    first, second = [row for row in rows if row[level] == "050"][:2]
    first[last], second[last] = str(int(first[last]) - 1), str(int(second[last]) + 1)
    path.unlink()
    with path.open("w", encoding="latin-1", newline="") as lines:
        csv.writer(lines, lineterminator="\r\n").writerows(rows)


@dataclass(frozen=True)
class Run:
    """The steps that were taken, pandas on the first year, and what was asked for beside them (empty if nothing)."""

    steps: list[Step]
    peer: Measured
    libraries: dict[str, Any]
    readers: dict[str, Any]


def new_bench(folder: Path, made: Path) -> Bench:
    """A bench in a new folder, with links to all that was made.

    Raises:
        FileExistsError: if the folder holds something: then the first build would not be the first.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; name a new folder")
    bench = Bench(folder / "home", folder / "files", made.resolve())
    linked(bench.made, bench.files)
    return bench


def growth(years: Sequence[int], stops: Sequence[int]) -> list[tuple[str, list[int]]]:
    """The refreshes by which a home grows: for each stop the years up to the one before it, then that one more.

    >>> growth(range(2015, 2018), [1, 3])
    [('first build of 1', [2015]), ('up to 2 years', [2015, 2016]), ('one more year, 3', [2015, 2016, 2017])]
    """
    span, held, steps = list(years), 0, []
    for stop in stops:
        if stop - 1 > held:
            steps.append((f"up to {stop - 1} years" if held else f"first build of {stop - 1}", span[: stop - 1]))
        steps.append((f"{ONE_MORE}, {stop}" if stop > 1 else "first build of 1", span[:stop]))
        held = stop
    return steps


def run(
    folder: Path,
    made: Path,
    years: Sequence[int],
    libraries: bool = False,
    readers: int = 0,
    stops: Sequence[int] = (),
) -> Run:
    """The steps in order, up to the first that fails, and pandas on the first year, in the same run.

    Args:
        stops: how many years the home holds when one more is measured; all of them, if not said.
        libraries: whether the libraries compute the first year's indicators too.
        readers: how many processes read the release before and while one more year is added.
    """
    bench, span = new_bench(folder, made), list(years)
    peer = measured([sys.executable, "-c", PANDAS, str(made / SINGLEFILE.format(year=years[0]))])
    of_libraries = beside(bench.made, span[0], folder / "peers") if libraries else {}
    done, seen = [], {}
    growing = growth(span, stops or [len(span)])
    steps: list[tuple[str, list[int], Callable[[], object]]] = [
        *((name, asked, lambda: None) for name, asked in growing),
        ("re-issued years", span, lambda: re_issued(bench)),
        ("one small file", span, lambda: moved_person(bench)),
        ("nothing new", span, lambda: None),
    ]
    for name, asked, prepare in steps:
        if name == "re-issued years" and not (made / REVISED).is_dir():
            continue
        prepare()
        refresh = partial(bench.refresh, name, asked)
        if readers and name == growing[-1][0]:
            step, seen = meanwhile(bench.current, readers, QUIET_SECONDS, refresh)
        else:
            step = refresh()
        done.append(step)
        print(line(step), flush=True)
        if step.cost.exit:
            break
    return Run(done, peer, of_libraries, seen)


HEADER = (
    "| step | years | exit | wall s | CPU s | largest process MB | all processes MB | most in work MB | landing MB | "
    "tidy MB | work MB | releases MB |\n" + "| --- " * 12 + "|"
)


def line(step: Step) -> str:
    """A row of the table."""
    c = step.cost
    cells = [step.name, step.years, c.exit, c.wall, c.cpu, c.process_mb, c.tree_mb, c.work_mb, *step.mb.values()]
    return f"| {' | '.join(map(str, cells))} |"


def report(folder: Path, found: Run) -> str:
    """The same as JSON, with the ratio of each step's wall seconds to the peer's, and of a year's processor seconds to
    those of the libraries; what is left of disk stands too."""
    free = shutil.disk_usage(folder).free
    told: dict[str, Any] = {
        "steps": [asdict(step) | {"to_peer": round(step.cost.wall / found.peer.wall, 2)} for step in found.steps],
        "peer": {"what": "pandas: read the first year, one quotient table"} | asdict(found.peer),
        "cores": os.cpu_count(), "load": os.getloadavg()[0], "free_gb": round(free / 1e9),
    }  # fmt: skip
    if found.libraries:
        of_year = found.libraries["libraries"]["cpu"]
        told["libraries"] = found.libraries
        held = [0, *(len(year_range(step.years)) for step in found.steps)]
        told["cpu_of_a_year_to_libraries"] = {
            step.name: round(step.cost.cpu / (now - before) / of_year, 2)
            for step, before, now in zip(found.steps, held, held[1:], strict=False)
            if now > before
        }
    if found.readers:
        told["readers"] = found.readers
    return json.dumps(told, indent=1)
