"""Operates a home through seeded years of nights, in virtual time, and looks at it after every night.

    python -m bench.nights [--years 1] [--nights 365] [--seed 1] [--jobs N] [--minutes M] [--folder DIR] [--verbose]

A year is a home of its own and its seed. In a night publishers bring new years, re-issues, withdrawals and broken
files; operators roll back, lift, accept, update code; machines are killed, fill up, jump in time, start two refreshes,
are restored from backup. The warehouse is a tiny one (`tiny`), everything else as it is. After each night: analysts
see what publishers offer or what they saw yesterday, nothing good is lost, nothing grows beyond its limit, every
failure is told once, and `clusters status` is true. Prints what was wrong and a count of how refreshes ended; exits 1
on anything wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from bench.nights.life import (
    KILLED,
    World,
    command,
    copy_home,
    first_world,
    forked,
    newest_release,
    operators_doings,
    publishers_news,
    refresh,
    said,
)
from bench.nights.tiny import tiny_warehouse
from bench.nights.watch import (
    Seen,
    explains_failure,
    look,
    status,
    wrong_after_success,
    wrong_with_home,
    wrong_with_status,
)

MEMORY = Path("/dev/shm")
ROOM = 2 << 30


def one_night(world: World, before: Seen, count: Counter[str]) -> tuple[list[str], list[str]]:
    """Tonight's events in words, and what was wrong afterwards."""
    told = publishers_news(world)
    for typed in operators_doings(world):
        code = forked(world, command(world, *typed))
        told.append(f"{' '.join(typed)}: {code}")
        before = look(world.home)
    world.write()
    told += machine(world)
    before = look(world.home) if any("restored" in text for text in told) else before
    code, limits = None, {}
    match world.dice.random():
        case chance if chance < 0.05:
            limits = {"die_after": world.dice.uniform(0.05, 2.0)}
        case chance if chance < 0.07:
            limits = {"file_limit": world.dice.choice((4_096, 65_536, 300_000))}
        case chance if chance < 0.09:
            return [*told, "two at once"], two_at_once(world, before)
    code = refresh(world, **limits)
    told.append(f"refresh{limits or ''}: {code}")
    now = look(world.home)
    wrong = judged(world, before, now, code, limits)
    count[str(code)] += 1
    if code == 3:
        world.accepts = world.dice.random() < 0.3
    elif code == 0:
        world.accepts = False
    return told, wrong


def judged(world: World, before: Seen, now: Seen, code: int, limits: dict[str, float]) -> list[str]:
    """What is wrong after a refresh that ended with a code."""
    ended = None if code == KILLED else code
    # A killed one said nothing: what stands there is of an earlier command.
    of_refresh = said(world)[-600:] if ended else ""
    found = status(world)
    wrong = wrong_with_home(world, before, now, ended, full="file_limit" in limits)
    wrong += wrong_with_status(world, found, now, ended, of_refresh)
    if code == KILLED and "die_after" not in limits:
        wrong.append("the refresh hung, or something else killed it than tonight's dice")
    if code == 0:
        wrong += wrong_after_success(world, before, now, (found.get("last_run") or {}).get("outcome", ""))
    elif ended and not limits and not explains_failure(world, code):
        wrong.append(f"a refresh ended with {code} for no reason of tonight's: {of_refresh}")
    return wrong


def two_at_once(world: World, before: Seen) -> list[str]:
    """Two schedulers start a refresh at the same time."""
    first = os.fork()
    if first == 0:
        os._exit(max(0, refresh(world)))
    second = refresh(world)
    _, status_of_first = os.waitpid(first, 0)
    codes = {os.waitstatus_to_exitcode(status_of_first), second}
    now = look(world.home)
    expected = {0, 4} if not world.broken else {0, 2, 4}
    wrong = [] if codes <= expected | {3} else [f"two at once ended with {codes}"]
    return wrong + wrong_with_home(world, before, now, None, runs=2)


def machine(world: World) -> list[str]:
    """What becomes of the machine: its clock, a backup, a home restored from it."""
    told = []
    if world.ahead and world.dice.random() < 0.5:
        world.ahead = timedelta()
        told.append("clock set right")
    match world.dice.random():
        case chance if chance < 0.01:
            world.ahead = timedelta(days=world.dice.choice((-2, 40, 400)))
            told.append(f"clock off by {world.ahead.days} days")
        case chance if chance < 0.03:
            copy_home(world.home, world.backup)
            told.append("backup")
        case chance if chance < 0.04 and world.backup.exists():
            follow = world.dice.random() < 0.5
            copy_home(world.backup, world.home, follow_links=follow)
            told.append(f"restored{', links followed' if follow else ''}")
            if follow and (newest := newest_release(world.home)):
                # A refresh says so and what to do; the operator does it.
                code = refresh(world)
                told.append(f"refresh: {code}; rollback {newest}: {forked(world, command(world, 'rollback', newest))}")
                if code == 0:
                    told.append("WRONG: a home without its link was taken for a sound one")
    return told


def one_year(base: Path, seed: int, nights: int, *, verbose: bool, until: float) -> tuple[list[str], Counter[str], int]:
    """A year of nights in a new folder: what was wrong, how refreshes ended, and how many nights it had."""
    world, count, wrong = first_world(base, seed), Counter[str](), []
    with tiny_warehouse(world.code):
        for night in range(nights):
            if time.monotonic() > until:
                return wrong, count, night
            world.night = night
            told, found = one_night(world, look(world.home), count)
            found += [text for text in told if text.startswith("WRONG")]
            wrong += [f"seed {seed}, night {night} ({'; '.join(told)}): {text}" for text in found]
            if verbose or found:
                print(
                    f"{seed:3d} {night:3d}  {'; '.join(told)}{'  WRONG: ' + '; '.join(found) if found else ''}",
                    flush=True,
                )
    return wrong, count, nights


def lived(seed: int, args: argparse.Namespace, until: float) -> tuple[list[str], Counter[str], int]:
    """A year as `one_year` tells it, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="clusters-nights-", dir=args.folder) as folder:
        told = one_year(Path(folder), seed, args.nights, verbose=args.verbose, until=until)
        shutil.rmtree(Path(folder) / "backup", ignore_errors=True)
    return told


def in_memory() -> Path | None:
    """Where files are kept in memory, if there is room. Processes are killed here, and no machine: all that they wrote
    is there afterwards, on a disk too."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


def main() -> int:
    """Runs, prints, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="bench.nights", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--years", type=int, default=1, help="homes, each with the next seed")
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="years side by side")
    parser.add_argument("--minutes", type=float, default=600, help="begin no night after so many")
    parser.add_argument("--folder", type=Path, default=in_memory(), help="where homes are made, by default in memory")
    parser.add_argument("--verbose", action="store_true", help="a line for each night")
    args = parser.parse_args()
    began, ends, wrong, nights = time.monotonic(), Counter[str](), list[str](), 0
    year = partial(lived, args=args, until=began + 60 * args.minutes)
    with ProcessPoolExecutor(args.jobs, get_context("fork")) as pool:
        for found, count, number in pool.map(year, range(args.seed, args.seed + args.years)):
            wrong, ends, nights = wrong + found, ends + count, nights + number
    told = {"nights": nights, "minutes": round((time.monotonic() - began) / 60, 1), "ends": ends, "wrong": wrong}
    print(json.dumps(told, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
