"""`clusters status`, `dictionary`, `releases` and `sources`: looking without touching.

Belongs here: reading what releases and the last run say about themselves. Does not: the data (see `query`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.terminal import (
    age,
    load_settings,
    profile_label,
    size,
    stdout,
    table,
    when,
)
from orchestration.errors import SetupError

if TYPE_CHECKING:
    from orchestration.release.records import ColumnEntry
    from orchestration.settings import Settings


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Also what a refresh would make now, and why.")] = False,
) -> None:
    """What is published, how old each source is, and how the last run ended."""
    from orchestration.cli.why import outlook, print_why
    from orchestration.release.integrity import REMEDY

    settings = load_settings()
    found = _status(settings)
    ahead = outlook(settings) if why else None
    if ahead:
        found["expected"] = [asdict(one) for one in ahead.expected]
        found["made_in_one_go"] = ahead.in_one_go
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    console = stdout()
    release = found["release"]
    if release is None:
        console.print(_why_nothing(settings))
    else:
        published = datetime.fromisoformat(release["published_at"])
        console.print(f"Release    {release['release_id']}, published {when(published)} ({age(published)})")
        console.print(f"Profile    {profile_label(release['profile'])}")
        console.print(f"File       {release['path']} ({size(release['bytes'])})")
        confirmed = datetime.fromisoformat(found["staleness"]["confirmed_at"])
        console.print(f"Confirmed  {when(confirmed)} ({age(confirmed)}), when a refresh last succeeded")
        if release["altered"]:
            console.print(f"ALTERED    {release['altered']}. Remedy: {REMEDY}.", style="bold red")
        for reason in found["staleness"]["reasons"]:
            console.print(f"STALE      {reason}", style="bold red")
        console.print(table("Built from", ("source", "period", "fetched", "age"), _snapshot_rows(found["sources"])))
        columns = ("source", "newest edition", "newest file", "cadence", "next due by", "")
        console.print(table("Against their cadence", columns, _cadence_rows(found["staleness"]["sources"])))
    for text in found["not_offered"]:
        console.print(f"Not offered  {text}")
    if found["held"]:
        console.print(f"Held back  {found['held']}; `clusters rollback --lift` lets it through")
    console.print(f"Last run   {_last_run_text(found['last_run'])}")
    if found["data_docs"]:
        console.print(f"Data docs  {', '.join(found['data_docs'])}", soft_wrap=True)
    if ahead:
        print_why(ahead, console)


def _snapshot_rows(sources: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for source in sources:
        fetched = datetime.fromisoformat(source["fetched_at"])
        yield source["source_id"], source["reference_period"], when(fetched), age(fetched)


def _cadence_rows(sources: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for source in sources:
        newest = age(datetime.fromisoformat(source["fetched_at"]))
        expected = source["due"] or "no time stated"
        overdue = "OVERDUE" if source["overdue"] else ""
        yield source["dataset"], source["newest"], newest, source["cadence"], expected, overdue


def dictionary(
    name: Annotated[str | None, typer.Argument(metavar="TABLE", help="One table; all without it.")] = None,
) -> None:
    """The data dictionary: every table, or every column of one."""
    entries = _dictionary(load_settings())
    by_table = {key: list(group) for key, group in groupby(entries, lambda e: (e.schema_name, e.table_name))}
    console = stdout()
    if name is None:
        overview = [
            (schema, found, len(columns), ", ".join(c.column_name for c in columns))
            for (schema, found), columns in by_table.items()
        ]
        console.print(table("", ("schema", "table", "columns", "names"), overview, ("columns",)))
        console.print("`clusters dictionary TABLE` says what each column means.")
        return
    matching = [key for key in by_table if name in (key[1], ".".join(key))]
    if not matching:
        near = get_close_matches(name, [found for _, found in by_table], n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`clusters dictionary` lists the tables"
        raise SetupError(f"no table {name!r}; {hint}")
    for key in matching:
        rows = [
            (c.column_name, c.data_type, c.unit, c.meaning, "yes" if c.nullable else "no", c.citation)
            for c in by_table[key]
        ]
        console.print(table(".".join(key), ("column", "type", "unit", "meaning", "nullable", "source"), rows))


def releases() -> None:
    """The releases kept, newest first; each file is read and held against the checksum it was published with."""
    from orchestration.release.publish import Warehouse

    settings = load_settings()
    house = Warehouse(settings)
    rows = [
        (
            r.id,
            "; ".join(filter(None, ["current" if r.is_current else "", _state(settings, r.path)])),
            profile_label(r.profile),
            when(r.published_at),
            size(r.bytes),
        )
        for r in house.releases()
    ]
    console = stdout()
    if rows:
        console.print(table("", ("release", "", "profile", "published", "size"), rows, ("size",)))
    else:
        console.print("No release yet; run `clusters refresh`.")
    for path in house.strangers():
        console.print(f"{path} is no release: no manifest names it. It is left alone.", style="bold red")


def _state(settings: Settings, path: Path) -> str | None:
    problem = _alteration(settings, path)
    return f"ALTERED: {problem}" if problem else None


def _status(settings: Settings) -> dict[str, Any]:
    from orchestration.release.publish import Warehouse
    from orchestration.release.records import read_checks, read_release, read_snapshots
    from orchestration.release.rollback import read_hold

    current = Warehouse(settings).current()
    found: dict[str, Any] = {"release": None, "sources": [], "failed_warnings": [], "staleness": None}
    if current is not None:
        row = read_release(current.path)
        found["release"] = {
            **asdict(row),
            "synthetic": row.profile == "sample",
            "path": str(current.path),
            "bytes": current.bytes,
            "altered": _alteration(settings, current.path),
            "age_hours": round((datetime.now(UTC) - row.published_at).total_seconds() / 3600, 2),
        }
        found["sources"] = [asdict(snapshot) for snapshot in read_snapshots(current.path)]
        found["failed_warnings"] = [str(check) for check in read_checks(current.path) if not check.passed]
        found["staleness"] = _staleness(settings)
    hold = read_hold(settings.warehouse)
    found["held"] = str(hold) if hold else None
    found["not_offered"] = _not_offered(settings)
    found["last_run"] = _last_run(settings.home / "last_run.json")
    found["data_docs"] = [str(page) for page in sorted(settings.data_docs.glob("*/index.html"))]
    return _with_texts_for_times(found)


def _not_offered(settings: Settings) -> list[str]:
    """What the last refresh did not get and has used a copy of, in words; a release cannot know of later nights."""
    from orchestration.partitions import TidyIndex

    why = {"kept": "the publisher no longer offers it", "late": "it could not be pulled"}
    try:
        partitions = TidyIndex(settings).active()
    except SetupError as error:
        return [str(error)]
    return [
        f"{p.name}: {why[p.outcome]}; the copy that came {when(p.landed_at)} is used"
        for p in partitions
        if p.outcome in why
    ]


def _alteration(settings: Settings, path: Path) -> str | None:
    from orchestration.release.integrity import alteration

    try:
        return alteration(settings.warehouse, path)
    except SetupError as error:
        return f"whether it is still what was published cannot be said: {error}"


def _staleness(settings: Settings) -> dict[str, Any] | None:
    from orchestration.telling.staleness import staleness

    seen = staleness(settings)
    if seen is None:
        return None
    return {
        "stale": bool(seen.reasons),
        "reasons": seen.reasons,
        "confirmed_at": seen.confirmed_at,
        "confirmed_hours_ago": round((seen.now - seen.confirmed_at).total_seconds() / 3600, 2),
        "sources": [
            {
                "dataset": source.dataset,
                "newest": source.newest,
                "fetched_at": source.fetched_at,
                "age_days": source.age.days,
                "cadence": source.cadence,
                "due": source.due.isoformat() if source.due else None,
                "overdue": source.overdue,
            }
            for source in seen.sources
        ],
    }


def _last_run(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        return _unknown_run(path, str(error))
    return found if isinstance(found, dict) else _unknown_run(path, "not an object")


def _unknown_run(path: Path, problem: str) -> dict[str, Any]:
    """What is said in place of a record that cannot be read: all else is to be seen all the same."""
    message = f"{path} is damaged ({problem}); the next refresh writes it anew"
    return {"outcome": "unknown", "finished_at": None, "exit_code": None, "message": message}


def _last_run_text(run: dict[str, Any] | None) -> str:
    if run is None:
        return "none is recorded"
    if run.get("finished_at") is None:
        return f"unknown: {run.get('message')}"
    parts = [f"{run.get('outcome')} at {run['finished_at']} (exit code {run.get('exit_code')})"]
    parts += ["it covered only some sources or years, and confirms nothing of the rest"] if run.get("in_part") else []
    if run.get("message"):
        parts.append(str(run["message"]))
    failed = run.get("failed_checks") or []
    parts += [f"failed: {check}" for check in failed]
    return "\n           ".join(parts)


def _dictionary(settings: Settings) -> list[ColumnEntry]:
    from orchestration.release.publish import Warehouse
    from orchestration.release.records import read_dictionary

    current = Warehouse(settings).current()
    if current is not None:
        return read_dictionary(current.path)
    from orchestration.contracts import published_contracts
    from orchestration.release.meta import dictionary as described
    from orchestration.release.meta import meta_contracts

    return described({**published_contracts(), **meta_contracts()})


def _why_nothing(settings: Settings) -> str:
    from orchestration.release.publish import Warehouse

    lost = Warehouse(settings).lost_link()
    return (
        f"LOST       {lost}." if lost else f"Nothing is published in {settings.warehouse} yet; run `clusters refresh`."
    )


def _with_texts_for_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_texts_for_times(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_texts_for_times(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value
