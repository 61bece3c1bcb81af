"""How the command talks to a terminal, a pipe and a file.

Belongs here: consoles, words for sizes and ages, finding settings and the current release. Does not: any
command.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.errors import SetupError
from orchestration.wording import plain, span

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.release.publish import Release
    from orchestration.settings import Settings

# Wide enough that nothing is wrapped or cut where no person's window limits the width.
PIPE_WIDTH = 10_000


class PlainConsole(Console):
    """A console that takes text as it is: no markup, no emoji, and nothing in it commands the terminal.

    Publishers write brackets and colons into names, and who publishes a file could write escape sequences into it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, highlight=False, emoji=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; texts are made harmless here, tables and panels where they are made (see `table`)."""
        super().print(*(plain(each) if isinstance(each, str) else each for each in objects), **options)


def stdout() -> Console:
    """The console for results."""
    return PlainConsole(width=None if sys.stdout.isatty() else PIPE_WIDTH)


def stderr() -> Console:
    """The console for progress and errors."""
    return PlainConsole(width=None if sys.stderr.isatty() else PIPE_WIDTH, stderr=True)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], numbers: Iterable[str] = ()) -> Table:
    """A table of texts; the columns named in `numbers` are set to the right."""
    right = set(numbers)
    made = Table(title=Text(plain(title)) if title else None, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(Text(plain(column)), justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text(plain(str(cell))) for cell in row))
    return made


def count(number: float | None) -> str:
    """A number of persons or jobs.

    Example:
        >>> count(100764.0)
        '100,764'
    """
    return "unknown" if number is None else f"{number:,.0f}"


def figure(jobs: float | None, quality: str | None) -> str:
    """Jobs with a mark where they are estimated; `quality` as in the column `jobs_quality`.

    Example:
        >>> figure(24781.0, "published"), figure(100764.0, "certain")
        ('24,781', '≈ 100,764')
    """
    return f"{'' if quality == 'published' else '≈ '}{count(jobs)}"


def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        SetupError: naming each environment variable whose value does not fit.
    """
    from pydantic import ValidationError

    from orchestration.settings import settings

    settings.cache_clear()
    try:
        return settings()
    except ValidationError as error:
        problems = "; ".join(
            f"CLUSTERS_{'_'.join(map(str, e['loc'])).upper()}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        raise SetupError(problems) from error


def current_release(settings: Settings) -> Release:
    """The release that is published now.

    Raises:
        SetupError: if there is none, or it is no longer what was published.
    """
    from orchestration.release.integrity import require_unaltered
    from orchestration.release.publish import Warehouse

    house = Warehouse(settings)
    release = house.current()
    if release is None:
        raise SetupError(
            house.lost_link() or f"nothing is published in {settings.warehouse} yet; run `clusters refresh`"
        )
    require_unaltered(house.folder, release.path)
    return release


def require_outside_home(target: Path, settings: Settings) -> None:
    """What is written for a person stands beside no release, no record and nothing that releases are made from.

    Raises:
        SetupError: if a path lies in `CLUSTERS_HOME`, or where a link in it leads, or is a folder that holds it.
    """
    links = [path for path in settings.home.iterdir() if path.is_symlink()] if settings.home.is_dir() else []
    for place in (settings.home, *links):
        ours, theirs = place.resolve(), target.resolve()
        if theirs.is_relative_to(ours) or ours.is_relative_to(theirs):
            raise SetupError(f"{target} lies in CLUSTERS_HOME ({settings.home}); choose another folder for --output")


def profile_label(profile: str) -> str:
    """The profile, with the warning that belongs to invented data.

    Example:
        >>> profile_label("sample")
        'sample (SYNTHETIC data about an invented country)'
    """
    return "sample (SYNTHETIC data about an invented country)" if profile == "sample" else profile


def age(moment: datetime, now: datetime | None = None) -> str:
    """How long ago a moment was, in the largest fitting unit.

    Example:
        >>> age(datetime(2026, 1, 1, tzinfo=UTC), now=datetime(2026, 1, 3, 5, tzinfo=UTC))
        '2 days ago'
    """
    passed = (now or datetime.now(UTC)) - moment
    return f"{span(passed)} ago" if passed >= timedelta(minutes=1) else "just now"


def when(moment: datetime) -> str:
    """A time to the minute, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def size(count: float) -> str:
    """Bytes in the largest fitting unit.

    Example:
        >>> size(77_024_919)
        '77.0 MB'
    """
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
