"""Operates a home through seeded years of nights, in virtual time, and looks at it after every night.

    python -m bench.nights [--years 1] [--nights 365] [--seed 1] [--minutes M] [--verbose]

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
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from bench.nights.life import (
    World,
    command,
    copy_home,
    first_world,
    forked,
    newest_release,
    operators_doings,
    publishers_news,
    refresh,
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

KILLED = -signal.SIGKILL


def one_night(world: World, before: Seen, count: Counter[str]) -> tuple[list[str], list[str]]:
    """Tonight's events in words, and what was wrong afterwards."""
    told = publishers_news(world)
    for said in operators_doings(world):
        code = forked(world, command(world, *said))
        told.append(f"{' '.join(said)}: {code}")
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
    if code == KILLED:
        return wrong_with_home(world, before, now, None) + wrong_with_status(world, now, None)
    wrong = wrong_with_home(world, before, now, code, full="file_limit" in limits)
    wrong += wrong_with_status(world, now, code)
    if code == 0:
        outcome = (status(world).get("last_run") or {}).get("outcome", "")
        wrong += wrong_after_success(world, before, now, outcome)
    elif not limits and not explains_failure(world, code):
        said = (world.base / "said.txt").read_text(encoding="utf-8")
        wrong.append(f"a refresh ended with {code} for no reason of tonight's: {said[-600:]}")
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


def main() -> int:
    """Runs, prints, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="bench.nights", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--years", type=int, default=1, help="homes, each with the next seed")
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=600, help="begin no night after so many")
    parser.add_argument("--verbose", action="store_true", help="a line for each night")
    args = parser.parse_args()
    until, ends, wrong, nights = time.monotonic() + 60 * args.minutes, Counter[str](), [], 0
    for seed in range(args.seed, args.seed + args.years):
        with tempfile.TemporaryDirectory(prefix="clusters-nights-") as folder:
            found, count, lived = one_year(Path(folder), seed, args.nights, verbose=args.verbose, until=until)
            shutil.rmtree(Path(folder) / "backup", ignore_errors=True)
        wrong, ends, nights = wrong + found, ends + count, nights + lived
    print(json.dumps({"nights": nights, "ends": ends, "wrong": wrong}, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
