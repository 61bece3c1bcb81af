"""What a refresh knows of a source: its editions, the files of each, and how bytes become a tidy table.

Belongs here: the shape of a source at run time. Does not: how a declaration is written (`declaration`), HTTP
(`landing`), Dagster (`assets`), any one publisher.

An edition is what is asked for once: a period and, where the publisher restates it, a vintage. Periods are years
(`2016`), months (`2023-07`), quarters (`2016Q4`), decades' series (`2010s`) or one whole series (`series`): text that
sorts in order of time within a kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import duckdb

from orchestration.table_contract import TableContract

Kind = Literal["csv", "text", "zip", "xls", "xlsx", "gz", "json", "html"]
Tried = Literal["real file", "documented layout"]
PERIOD = re.compile(r"\d{4}(-\d{2}|Q[1-4]|s)?|series")
# The vintage of a list that the publisher replaces without saying when: the day on which its bytes first came.
LANDED = "landed"


@dataclass(frozen=True)
class Resource:
    """One file at a publisher's.

    `kind` is what the bytes must be. A missing optional file (a territory's slice, say) is not an error. `mirror` is
    where a folder of publishers' files holds it, where that does not follow from the address (`<host>/<path>`).
    """

    url: str
    kind: Kind
    optional: bool = False
    mirror: str | None = None


Parser = Callable[[duckdb.DuckDBPyConnection, Sequence[Path], "Edition"], duckdb.DuckDBPyRelation]


@dataclass(frozen=True)
class Format:
    """One way in which a publisher offers an edition: its files and what reads them.

    `parse(con, files, edition)` gets a DuckDB connection and the landed files (archives already unpacked, in the order
    of `resources`, missing optional ones left out) and returns the tidy table as a relation. It raises `SourceError`
    on a layout it does not know. It runs in a process of its own, so it is a module's function, or a `partial` of one.
    """

    name: str
    resources: tuple[Resource, ...]
    parse: Parser


@dataclass(frozen=True)
class Edition:
    """A period of a source in one vintage, and the formats it may come in, best first.

    A newer vintage replaces an older one of the same period. A place offers a format if it has the format's first file.

    Example:
        >>> Edition("2010s", "2020", ()).name, Edition("2016", None, ()).year
        ('2010s@2020', 2016)
    """

    period: str
    vintage: str | None
    formats: tuple[Format, ...]

    @property
    def name(self) -> str:
        """Period and vintage in one word."""
        return edition_name(self.period, self.vintage)

    @property
    def year(self) -> int:
        """The year that the period is or begins in.

        Raises:
            ValueError: if the period is a whole series.
        """
        return int(self.period[:4])


@dataclass(frozen=True)
class Asked:
    """What editions are asked for: reference years, today's date, and the tidy files of the sources that are needed."""

    years: Sequence[int]
    today: date
    needs: Mapping[str, Sequence[Path]]


@dataclass(frozen=True)
class Source:
    """A table of a publisher.

    `editions(asked)` lists editions by period; those of one period stand newest vintage first, and the first that a
    place offers is taken. `needs` are sources that must be tidy before. Where a source that is not `required` fails,
    a refresh goes on with what was landed before, if the publisher had it within `max_age_days` (None: however old).
    `by_year` sources have an edition for each reference year that a refresh asks for, and for as many years before it
    as `earlier` says. `keeps_vintages`: a build sees
    all vintages of a period, not the newest alone. `due_days` is how many days after the end of a period its edition
    should be out, None where the publisher promises nothing. `fingerprint` is a hash of the code and the
    declaration that decide what the tidy table holds.
    """

    source_id: str
    table: str
    publisher: str
    title: str
    homepage: str
    licence: str
    cadence: str
    tried: Tried
    required: bool
    max_age_days: int | None
    due_days: int | None
    by_year: bool
    earlier: int
    keeps_vintages: bool
    needs: tuple[str, ...]
    contract: TableContract
    fingerprint: str
    editions: Callable[[Asked], list[Edition]]

    def due(self, period: str, vintage: str | None) -> date | None:
        """The day by which the edition after this one should be out, None where nothing is promised.

        The next edition is a year later: of a restated series the next vintage, else the next period.
        """
        stem = vintage if vintage and vintage[:4].isdigit() else period
        if self.due_days is None or not stem[:4].isdigit():
            return None
        month = int(stem[5:7]) if re.fullmatch(r"\d{4}-\d{2}.*", stem) else 12
        after = date(int(stem[:4]) + 1 + month // 12, month % 12 + 1, 1)
        return after + timedelta(days=self.due_days)


def edition_name(period: str, vintage: str | None) -> str:
    """Period and vintage in one word, as the catalogue and paths show an edition.

    Example:
        >>> edition_name("2016", None), edition_name("series", "2026-11-28")
        ('2016', 'series@2026-11-28')
    """
    return f"{period}@{vintage}" if vintage else period
