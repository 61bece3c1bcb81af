"""`clusters status --why`: what a refresh would make of what is landed now, and for which reason.

Belongs here: gathering what the forecast reads, and its table. Does not: the forecast itself (`slices.forecast`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console

from orchestration.cli.terminal import table

if TYPE_CHECKING:
    from orchestration.settings import Settings
    from orchestration.slices.forecast import Expected

MOST_REASONS = 4
PERHAPS = "only if what it says differs once it is made anew"


class Outlook(NamedTuple):
    """The tables and years that would be made, how many there are in all, and whether one makes all of them."""

    expected: Sequence[Expected]
    of_all: int
    in_one_go: bool


def outlook(settings: Settings) -> Outlook:
    """What a refresh would make of what is landed; publishers are not asked what they offer since."""
    from orchestration.assets.dbt_project import parsed_project, project_of
    from orchestration.partitions import TidyIndex
    from orchestration.release.inputs import options
    from orchestration.release.manifest import manifest_path, read_manifest
    from orchestration.release.publish import Warehouse
    from orchestration.slices.builder import in_one_go
    from orchestration.slices.forecast import expected
    from orchestration.slices.phases import rows_by_year, year_marts

    current = Warehouse(settings).current()
    of = settings.model_copy(update={"profile": current.profile}) if current else settings
    partitions, project = TidyIndex(of).active(), project_of(parsed_project())
    path = manifest_path(settings.warehouse, current.id) if current else None
    before = {r.year: r for r in read_manifest(path).years} if path and path.exists() else {}
    years = sorted(rows_by_year(partitions))
    found = expected(project, partitions, options(of), years, before)
    return Outlook(found, len(years) * len(year_marts(project.nodes)), in_one_go(partitions, of))


def print_why(of: Outlook, console: Console) -> None:
    """Prints one row for years of which the same is made for the same reasons."""
    found, certain = of.expected, sum(one.certain for one in of.expected)
    others = (
        "are made with them, since all years together are small" if of.in_one_go and certain else "would be taken over"
    )
    console.print(
        f"Of what is landed now a refresh would make {certain:,} of {of.of_all:,} tables and years, and "
        f"{len(found) - certain:,} only if they turn out to differ; the others {others}."
    )
    console.print("Publishers are asked first, so tonight's may be more. What all years share is made each time.")
    if found:
        columns = ("years", "tables", "because of", "")
        console.print(table("What would be made", columns, _rows(found)))


def _rows(found: Iterable[Expected]) -> Iterator[tuple[str, str, str, str]]:
    by_year = [(year, _of_year(list(ones))) for year, ones in groupby(found, key=lambda one: one.year)]
    for rows, years in groupby(by_year, key=lambda pair: pair[1]):
        named = [str(year) for year, _ in years]
        span = named[0] if len(named) == 1 else f"{named[0]} to {named[-1]}"
        for tables, reasons, certain in rows:
            yield span, tables, reasons, "" if certain else PERHAPS


def _of_year(found: Sequence[Expected]) -> list[tuple[str, str, bool]]:
    """Tables that are made for the same reasons, together."""
    groups: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for one in found:
        groups.setdefault((tuple(one.reasons), one.certain), []).append(one.table)
    return [(", ".join(tables), _some(reasons), certain) for (reasons, certain), tables in groups.items()]


def _some(reasons: Sequence[str]) -> str:
    more = f" and {len(reasons) - MOST_REASONS} more" if len(reasons) > MOST_REASONS else ""
    return ", ".join(reasons[:MOST_REASONS]) + more
