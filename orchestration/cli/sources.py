"""`clusters sources`: the catalogue of sources, what is held of each, and whether each place answers.

Belongs here: showing the catalogue. Does not: the declarations (`orchestration.sources`), requests (`landing`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from orchestration.cli.terminal import load_settings, stdout, table, when

if TYPE_CHECKING:
    from rich.table import Table

    from orchestration.partitions import Partition
    from orchestration.settings import Settings
    from orchestration.sources.source import Asked, Source

MARKDOWN = ("source", "publisher", "what", "cadence", "required", "tried on", "licence")


def sources(
    check: Annotated[bool, typer.Option("--check", help="Ask each publisher what it offers.")] = False,
    format: Annotated[
        Literal["table", "markdown"], typer.Option(help="markdown: the table of the docs, without what is held here.")
    ] = "table",
) -> None:
    """The catalogue of sources: publisher, cadence, and the editions that are held."""
    from orchestration.partitions import TidyIndex
    from orchestration.sources.catalogue import SOURCES

    known = sorted(SOURCES.values(), key=lambda source: source.source_id)
    if format == "markdown":
        typer.echo(markdown(known))
        return
    settings = load_settings()
    if check:
        _check(known, settings)
        return
    held = TidyIndex(settings).all()
    rows = [
        (s.source_id, f"{s.title} ({s.cadence})", _held([p for p in held if p.source_id == s.source_id])) for s in known
    ]
    console = stdout()
    console.print(_whole_ids(table("", ("source", "what", "held"), rows)))
    console.print(f"Held: of profile {settings.profile}, in {settings.tidy}")
    optional = ", ".join(s.source_id for s in known if not s.required)
    untried = ", ".join(s.source_id for s in known if s.tried != "real file")
    if optional:
        console.print(f"Optional (where one cannot be pulled or read, the rest is published): {optional}")
    if untried:
        console.print(f"Read by the publisher's documentation only, not yet tried on a real file: {untried}")


def markdown(known: list[Source]) -> str:
    """The catalogue as a table for the docs.

    Example:
        >>> markdown([]).splitlines()[0]
        '| source | publisher | what | cadence | required | tried on | licence |'
    """
    lines = [f"| {' | '.join(MARKDOWN)} |", "|" + " --- |" * len(MARKDOWN)]
    for s in known:
        title = f"[{s.title}]({s.homepage})"
        cells = (f"`{s.source_id}`", s.publisher, title, s.cadence, "yes" if s.required else "no", s.tried, s.licence)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _held(partitions: list[Partition]) -> str:
    if not partitions:
        return "nothing"
    newest = max(datetime.fromisoformat(file.fetched_at) for p in partitions for file in p.files)
    return f"{spans([p.edition for p in partitions])} (newest file {when(newest)})"


def spans(editions: Sequence[str]) -> str:
    """Editions in a few words: years that follow each other as a span.

    Example:
        >>> spans(["2015", "2016", "2019", "2020s@2024"])
        '2015-2016, 2019, 2020s@2024'
    """
    found: list[list[str]] = []
    for edition in editions:
        last = found[-1][-1] if found else ""
        if edition.isdigit() and last.isdigit() and int(edition) == int(last) + 1:
            found[-1].append(edition)
        else:
            found.append([edition])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in found)


def _whole_ids(shown: Table) -> Table:
    """The same table, its first column never broken: people copy what stands there."""
    shown.columns[0].no_wrap = True
    return shown


def _check(known: list[Source], settings: Settings) -> None:
    """Asks for the newest edition of each source, then for older ones, until one is offered; downloads nothing."""
    from orchestration.ingest import publishers
    from orchestration.partitions import TidyIndex
    from orchestration.settings import year_range
    from orchestration.sources.source import Asked

    index, years = TidyIndex(settings), list(year_range(settings.years))[::-1]
    with publishers(settings) as fetcher:
        rows = []
        for source in known:
            needs = {
                name: [
                    path for p in index.active() if p.source_id == name and (path := settings.tidy / p.path).exists()
                ]
                for name in source.needs
            }
            asked = Asked(years, datetime.now(UTC).date(), needs)
            rows.append((source.source_id, *_answer(source, asked, fetcher.probe)))
    console = stdout()
    console.print(_whole_ids(table("", ("source", "edition", "answer"), rows)))
    console.print("Nothing was downloaded: whether a file holds the edition is known once it is read.")


def _answer(source: Source, asked: Asked, probe: Callable[..., str]) -> tuple[str, str]:
    from orchestration.sources.source import LANDED

    said = "no address is declared"
    for edition in source.editions(asked):
        name = edition.period if edition.vintage == LANDED else edition.name
        for form in edition.formats:
            resource = form.resources[0]
            said = probe(resource.url, mirror=resource.mirror)
            if said == "offered":
                return name, f"offered, {form.name}"
            if said != "not offered":
                return name, said
    return "none", said
