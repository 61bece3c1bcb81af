"""`clusters diff`, `rollback` and `rebuild`: releases beside each other.

Belongs here: arguments and what is printed. Does not: comparing, moving the link, rebuilding (`orchestration.release`,
`orchestration.rebuild`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.refresh import shown_progress
from orchestration.cli.terminal import load_settings, stderr, stdout, table
from orchestration.errors import GateError, SetupError

if TYPE_CHECKING:
    from orchestration.quality.comparison import Revision
    from orchestration.release.publish import Release, Warehouse

MOST_ENTITIES = 20
COUNTS = ("cells", "revised", "appeared", "vanished", "median", "largest", "volume")


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="The earlier release: its id, current or previous.")],
    now: Annotated[str, typer.Argument(metavar="B", help="The later one.")],
    name: Annotated[str | None, typer.Option("--table", help="One table: also its regions and clusters.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every row, for a program.")] = False,
) -> None:
    """What release B changes in release A: sources, rows, columns, and figures by table, year, region and cluster."""
    from orchestration.release.integrity import require_unaltered
    from orchestration.release.publish import Warehouse
    from orchestration.release.revisions import difference

    settings = load_settings()
    house = Warehouse(settings)
    one, other = _release(house, before), _release(house, now)
    for release in (one, other):
        require_unaltered(house.folder, release.path)
    found = difference(one.path, other.path, settings.memory_limit)
    if name is not None and name not in found.tables:
        near = get_close_matches(name, found.tables, n=1)
        raise SetupError(f"no table {name!r} in both releases" + (f"; did you mean {near[0]}?" if near else ""))
    rows = [r for r in found.revisions if name in (None, r.table_name)]
    if as_json:
        typer.echo(json.dumps({**asdict(found), "revisions": [asdict(r) for r in rows]}, indent=1))
        return
    console = stdout()
    console.print(f"From release {one.id} to {other.id}")
    if found.sources:
        console.print(table("Sources that changed", ("source", "before", "now"), found.sources))
    if found.rows:
        names = ("table", "year", "before", "now")
        console.print(table("Rows that came and went", names, found.rows, ("before", "now")))
    if columns := [c for c in found.columns if name in (None, c[0])]:
        console.print(table("Columns that came and went", ("table", "column", "before", "now"), columns))
    changed = [r for r in rows if r.revised + r.appeared + r.vanished]
    if not changed:
        console.print("No figure that both releases can hold differs.")
        return
    whole = [(r.table_name, r.year or "", r.column_name, *_counts(r)) for r in changed if r.entity_id == "all"]
    console.print(table("Figures that changed", ("table", "year", "column", *COUNTS), whole, COUNTS))
    if name is None:
        console.print("`--table TABLE` shows a table's regions and clusters, `--json` everything.")
        return
    parts = sorted((r for r in changed if r.entity_id != "all"), key=_size, reverse=True)
    shown = [(r.entity_id, r.year or "", r.column_name, *_counts(r)) for r in parts[:MOST_ENTITIES]]
    console.print(table(f"By region and cluster: {name}", ("entity", "year", "column", *COUNTS), shown, COUNTS))
    if len(parts) > MOST_ENTITIES:
        console.print(f"{len(parts) - MOST_ENTITIES:,} more; `--json` has them all.")


def rollback(
    release_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Where to go back to; without it, what the current replaced.")
    ] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Let refreshes publish again what was rolled back.")] = False,
) -> None:
    """Point `current.duckdb` back to an earlier release; nothing is deleted.

    Refreshes publish again once the inputs that only the later releases have are replaced. `clusters rollback ID` with
    the later release's ID undoes it.
    """
    from orchestration.release.publish import Warehouse
    from orchestration.release.rollback import roll_back, write_hold

    house = Warehouse(load_settings())
    if lift:
        if release_id is not None:
            raise SetupError("--lift takes no release; `clusters rollback ID` goes to one")
        with house.lock():
            write_hold(house.folder, None)
        stdout().print("Nothing is held back; the next refresh publishes what it finds.")
        return
    hold = roll_back(house, release_id)
    now = house.current()
    console = stdout()
    console.print(f"current.duckdb points at release {now.id if now else release_id}.", style="bold")
    if hold is None:
        console.print("It is the newest there is; nothing is held back.")
        return
    console.print(f"Held back: {hold}.")
    console.print(
        "Refreshes go on and publish again once that has changed; `clusters rollback --lift` lets them at once."
    )


def rebuild(
    release_id: Annotated[str, typer.Argument(metavar="ID", help="A release, also one that is no longer kept.")],
    output: Annotated[Path | None, typer.Option(help="Keep the rebuilt file here.")] = None,
) -> None:
    """Make a release again from its manifest and the landed files, and compare what its tables hold."""
    settings = load_settings()
    if output is not None:
        output = output.expanduser().resolve()
        if output.exists() or output.is_relative_to(settings.warehouse) or not output.parent.is_dir():
            raise SetupError(f"{output}: choose a new file in a folder that exists, outside the warehouse")

    from orchestration.rebuild import rebuilt

    with shown_progress(stderr()) as progress, rebuilt(settings, release_id, progress) as again:
        if output is not None:
            shutil.copy2(again.path, output)
    rows = [
        (c.table_name, c.year or "", f"{c.rows:,}", c.content_hash, _verdict(c.table_name, c.year, again.differing))
        for c in again.contents
    ]
    console = stdout()
    console.print(table(f"Release {release_id}, made again", ("table", "year", "rows", "hash", ""), rows, ("rows",)))
    if again.differing:
        causes = "" if again.same_code else " The code is not the one it was made by: check that out and try again."
        causes += "" if again.same_engine else f" It was made by DuckDB {again.manifest.engine}: hashes do not compare."
        raise GateError(f"release {release_id} came out different in {', '.join(again.differing)}.{causes}")
    console.print(f"Equal, table by table{f'; kept in {output}' if output else ''}.", style="bold green")


def _verdict(name: str, year: int, differing: dict[str, list[int]]) -> str:
    return "DIFFERS" if year in differing.get(name, []) else "equal"


def _release(house: Warehouse, named: str) -> Release:
    """A release by its id, or `current`, or `previous`: the one that the current replaced."""
    from orchestration.release.rollback import replaced_by

    releases = house.releases()
    current = house.current()
    if named == "current" and current is not None:
        return current
    if named == "previous" and current is not None:
        return replaced_by(house, current)
    for release in releases:
        if release.id == named:
            return release
    near = get_close_matches(named, [release.id for release in releases], n=1)
    raise SetupError(
        f"there is no release {named!r}{f'; did you mean {near[0]}?' if near else ''} `clusters releases` lists them"
    )


def _counts(revision: Revision) -> Sequence[str]:
    numbers = (revision.cells, revision.revised, revision.appeared, revision.vanished)
    shares = (revision.median_change, revision.largest_change)
    volume = "" if revision.volume_change is None else f"{revision.volume_change:.3%}"
    return [*(f"{n:,}" for n in numbers), *("" if s is None else f"{s:+.3%}" for s in shares), volume]


def _size(revision: Revision) -> tuple[Any, ...]:
    """Most first: what moved by volume, then what changed in count."""
    return (revision.volume_change or 0, revision.revised + revision.appeared + revision.vanished, revision.entity_id)
