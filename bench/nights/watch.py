"""What must be true after every night, and what was not.

Belongs here: reading a home as an analyst, an operator and a monitor do. Does not: making anything happen.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from bench.nights.life import World, command, forked, said
from bench.nights.tiny import EXTRA, TITLES, YEARS
from orchestration.release.retention import KEPT_RUNS

KEPT = 10
Figures = dict[tuple[str, int | None], int]


@dataclass
class Seen:
    """What stands in a home: the current release's id, checksum and figures; how many alerts there are; releases."""

    release: str | None = None
    sha256: str = ""
    figures: Figures = field(default_factory=dict)
    alerts: int = 0
    releases: frozenset[str] = frozenset()


def look(home: Path) -> Seen:
    """Reads a home; raises duckdb.Error where an analyst could not."""
    link, alerts = home / "warehouse" / "current.duckdb", home / "alerts.jsonl"
    told = len(alerts.read_text(encoding="utf-8").splitlines()) if alerts.exists() else 0
    releases = frozenset(path.stem for path in (home / "warehouse" / "releases").glob("*.duckdb"))
    if not link.exists():
        return Seen(alerts=told, releases=releases)
    with duckdb.connect(str(link.resolve()), read_only=True) as con:
        rows = con.execute("SELECT source, year, value FROM employment").fetchall()
        rows += con.execute(f"SELECT '{TITLES}', NULL, value FROM dim_region").fetchall()
        (release,) = con.execute("SELECT release_id FROM meta.release").fetchall()[0]
    figures: Figures = {(source, year): value for source, year, value in rows}
    return Seen(release, hashlib.sha256(link.read_bytes()).hexdigest(), figures, told, releases)


def wrong_after_success(world: World, before: Seen, now: Seen, outcome: str) -> list[str]:
    """What is wrong with a release that a refresh published or found to be what publishers offer."""
    if outcome == "held":
        return [] if now.sha256 == before.sha256 else ["held, and yet another release is current"]
    wrong = []
    for key, value in now.figures.items():
        right = {world.offered[key]} if key in world.offered and key not in world.broken else world.ever.get(key, set())
        if value not in right:
            wrong.append(f"{key} is {value}, which is not what is offered ({sorted(right)})")
    if lost := sorted(set(before.figures) - set(now.figures), key=str):
        wrong.append(f"{lost} are lost")
    needed = {key for key in world.offered if key not in world.broken or key[0] == YEARS}
    if missing := sorted(needed - set(now.figures), key=str):
        wrong.append(f"{missing} are offered and missing")
    return wrong


def wrong_with_home(
    world: World, before: Seen, now: Seen, code: int | None, *, runs: int = 1, full: bool = False
) -> list[str]:
    """What is wrong whatever happened; `code` is how the refresh ended, None where it was killed or there were two.

    On a `full` disk the history of alerts cannot be written either.
    """
    wrong = []
    if now.release is None and before.release is not None:
        wrong.append("analysts find nothing")
    if code and now.sha256 != before.sha256:
        wrong.append(f"the refresh ended with {code}, and yet analysts see another release")
    if code and not full and now.alerts != before.alerts + 1:
        wrong.append(f"the refresh ended with {code}, and {now.alerts - before.alerts} alerts tell of it")
    if now.alerts > before.alerts + runs:
        wrong.append(f"{now.alerts - before.alerts} alerts of {runs} refreshes")
    if before.release and before.release != now.release and before.release not in now.releases:
        wrong.append(f"release {before.release}, which was current yesterday, is gone")
    if code == 0:
        wrong += grown(world.home, now)
    return wrong


def grown(home: Path, now: Seen) -> list[str]:
    """What has grown beyond its limit."""
    runs = list((home / "dagster" / "history" / "runs").glob("*.db"))
    limits = {
        "releases": (len(now.releases), KEPT + 1),
        "Dagster's runs": (len(runs), KEPT_RUNS + 2),
        "files of work/": (len([path for path in (home / "work").glob("*.duckdb*")]), 0),
        "tidy files": (len(list((home / "tidy").rglob("*.parquet"))), 40 + 3 * len(now.figures) * (KEPT + 2)),
        "half files": (len([*home.rglob("*.half"), *(home / "landing" / "partial").glob("*")]), 0),
    }
    return [f"{name}: {count}, more than {limit}" for name, (count, limit) in limits.items() if count > limit]


def status(world: World) -> dict[str, Any]:
    """What `clusters status --json` says; empty where it fails."""
    code = forked(world, command(world, "status", "--json"))
    return json.loads(said(world)) if code == 0 else {}


def wrong_with_status(
    world: World, found: dict[str, Any], now: Seen, code: int | None, of_refresh: str = ""
) -> list[str]:
    """Where the home and what `clusters status` has just said of it differ; `of_refresh` is what the refresh said."""
    if not found:
        return [f"status fails: {said(world)[-300:]}"]
    wrong = []
    release = (found["release"] or {}).get("release_id")
    if release != now.release:
        wrong.append(f"status names release {release}, analysts see {now.release}")
    last = found["last_run"] or {}
    if code is not None and code not in (4, last.get("exit_code")):
        wrong.append(f"the refresh ended with {code}, status says {last.get('exit_code')}: {of_refresh}")
    if release and found["release"]["altered"]:
        wrong.append(f"status says altered: {found['release']['altered']}")
    return wrong


def explains_failure(world: World, code: int) -> bool:
    """Whether something at the publishers or in the tables may rightly stop a refresh with this exit code."""
    required = any(source != EXTRA for source, _ in world.broken)
    return {2: required or bool(world.broken), 3: True}.get(code, False)
