"""`clusters refresh`: flags into settings, progress while it runs, a summary at the end.

Belongs here: checking the flags early and showing progress. Does not: the refresh itself
(`orchestration.refresh`), what is printed about its result (see `summary`).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from orchestration.cli.terminal import load_settings, stderr, stdout
from orchestration.errors import SetupError
from orchestration.wording import plain

if TYPE_CHECKING:
    from orchestration.refresh import Summary
    from orchestration.settings import Settings

Profile = Literal["sample", "mirror", "live"]
Report = Callable[[str, str], None]
SECONDS_BETWEEN_LINES = 2.0


def refresh(
    profile: Annotated[
        Profile | None,
        typer.Option(help="Whose files: an invented economy, a folder of files, or the publishers."),
    ] = None,
    mirror: Annotated[Path | None, typer.Option(help="Folder of publishers' files, laid out <host>/<path>.")] = None,
    years: Annotated[str | None, typer.Option(metavar="A-B", help="Reference years; A- asks for all from A.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="SOURCE…", help="Pull these sources only (see `sources`).")
    ] = None,
    accept_revision: Annotated[
        list[str] | None,
        typer.Option(metavar="DATASET", help="Let this dataset's revision pass, however large; repeatable."),
    ] = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Make every table, and compare it with what was taken over.")
    ] = False,
    more: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
) -> None:
    """Pull, build, check and publish; the old release stays unless every gate passes."""
    if more and not only:
        raise SetupError(f"unexpected argument {more[0]!r}; sources are named after --only")
    settings = _settings_from_flags(profile, mirror)
    years_asked = _years(years or settings.years)
    sources, accepted = _known_sources([*(only or []), *(more or [])]), _known_sources(accept_revision or [])

    from orchestration.refresh import refresh as run
    from orchestration.telling.alerts import run_with_alerts

    def attempt() -> Summary:
        with shown_progress(stderr()) as progress:
            return run(settings, years_asked, sources or None, progress, accepted, from_scratch=from_scratch)

    summary = run_with_alerts(settings, attempt, at_terminal=sys.stderr.isatty())

    from orchestration.cli.summary import print_summary

    print_summary(summary, settings.current, stdout(), settings.memory_limit)


def _years(text: str) -> Sequence[int]:
    """The reference years to ask for. The setting stays what it is: it says what a whole refresh asks for."""
    from orchestration.settings import year_range

    try:
        return year_range(text)
    except ValueError as error:
        raise SetupError(f"--years: {error}") from error


def _settings_from_flags(profile: str | None, mirror: Path | None) -> Settings:
    """Settings with the flags over the environment; child processes see the same.

    Raises:
        SetupError: if a flag does not fit, or sample data would replace real data.
    """
    if mirror is not None:
        os.environ["CLUSTERS_MIRROR"] = str(mirror.expanduser().resolve())
    if profile is not None:
        os.environ["CLUSTERS_PROFILE"] = profile
    settings = load_settings()
    if mirror is not None and settings.profile != "mirror":
        raise SetupError(f"--mirror goes with --profile mirror, not {settings.profile}")
    if settings.profile == "mirror" and settings.mirror is None:
        raise SetupError("profile mirror needs a folder of publishers' files: add --mirror DIR")
    if settings.profile == "mirror" and settings.mirror and not settings.mirror.is_dir():
        raise SetupError(f"the mirror {settings.mirror} is not a folder; give the one that holds <host>/<path>")

    from orchestration.release.publish import Warehouse

    house = Warehouse(settings)
    # That is no usage error: the refresh finds it too, records it and tells of it.
    if not house.lost_link():
        house.refuse_sample_over_real(settings.profile)
    return settings


def _known_sources(named: Sequence[str]) -> list[str]:
    """The sources named after `--only`, also where several stand in one word, parted by commas.

    Raises:
        SetupError: if the catalogue has no such source.
    """
    wanted = list(dict.fromkeys(part.strip() for name in named for part in name.split(",") if part.strip()))
    if not wanted:
        return []
    from orchestration.sources.catalogue import SOURCES

    for name in wanted:
        if name not in SOURCES:
            near = get_close_matches(name, list(SOURCES), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SetupError(f"unknown source {name!r}{hint} `clusters sources` lists them")
    return wanted


@contextmanager
def shown_progress(console: Console) -> Iterator[Report]:
    """A callback that shows stages with a spinner on a terminal and as plain lines elsewhere.

    Example:
        >>> with shown_progress(Console()) as progress:                     # doctest: +SKIP
        ...     progress("pull", "bls_qcew 2016: 77.0 MB")
    """
    if console.is_terminal:
        with _live(console) as report:
            yield report
        return
    lines = _Lines(console)
    yield lines.report
    lines.flush()


@contextmanager
def _live(console: Console) -> Iterator[Report]:
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.fields[stage]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console) as bars:

        def report(stage: str, message: str) -> None:
            message = plain(message)
            if stage not in tasks:
                for earlier in tasks.values():
                    bars.update(earlier, total=1, completed=1)
                tasks[stage] = bars.add_task("", total=None, stage=stage)
            bars.update(tasks[stage], description=message)

        yield report
        for task in tasks.values():
            bars.update(task, total=1, completed=1)


class _Lines:
    """A line for every stage, then at most one each two seconds: a log should not hold thousands."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._start = time.monotonic()
        self._printed = -SECONDS_BETWEEN_LINES
        self._stage = ""
        self._waiting = ""

    def report(self, stage: str, message: str) -> None:
        if stage != self._stage:
            self.flush()
            self._stage = stage
            self._printed = -SECONDS_BETWEEN_LINES
        self._waiting = f"{stage}: {message}"
        if time.monotonic() - self._printed >= SECONDS_BETWEEN_LINES:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            now = time.monotonic()
            self._console.print(f"[{now - self._start:6.1f} s] {self._waiting}")
            self._printed, self._waiting = now, ""
