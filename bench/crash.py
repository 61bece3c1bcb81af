"""Kill -9 a refresh at every stage boundary and at random times, and look at what is left, each time.

    python bench/crash.py --kills 100 --seed 1 [--home DIR] [--max-minutes N] [--year-by-year] [--years Y]

Each kill hits the whole process group of a real `clusters refresh` that has something new to publish. After it
`current.duckdb` must be the last good release, byte for byte, or the whole new one. Then, after a quarter of the
kills, a refresh must succeed without help; after the others the next one is killed, too, upon what the last one left.
One line a kill, then JSON: what was killed where, what was violated, and how many bytes and files each folder of the
home held after each fifth of the run. Exit status 1 on any violation.

Belongs here: the long run and its account. Does not: how a killed refresh is watched and judged, which the tests share
(`tests/faults/crash.py`).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from orchestration.release.retention import KEPT_RUNS
from tests.faults.crash import BOUNDARIES, Crashed, Site, When, after_seconds

BOUNDARY_SHARE = 0.4
# How often the refresh after a kill is killed, too.
AGAIN_SHARE = 0.75


@dataclass(frozen=True)
class Aim:
    """What to kill at: a boundary, or `at random` so many seconds in; and whether the next is killed, too."""

    name: str
    seconds: float
    again: bool

    @property
    def when(self) -> When:
        """The moment."""
        return after_seconds(self.seconds) if self.name == "at random" else BOUNDARIES[self.name]


def aims(kills: int, seed: int, longest: float) -> list[Aim]:
    """The kills of a seed, spread over a refresh that takes so many seconds; a refresh follows the last."""
    dice = random.Random(seed)
    names = list(BOUNDARIES)
    at_boundaries = [(names[i % len(names)], 0.0) for i in range(round(kills * BOUNDARY_SHARE))]
    at_random = [("at random", dice.uniform(0.0, longest)) for _ in range(kills - len(at_boundaries))]
    mixed = at_boundaries + at_random
    dice.shuffle(mixed)
    return [Aim(*aim, n < kills and dice.random() < AGAIN_SHARE) for n, aim in enumerate(mixed, start=1)]


def one_kill(site: Site, aim: Aim) -> tuple[Crashed, list[str]]:
    """Changes an input, kills a refresh of it, looks, and lets a refresh recover unless it is the next to be killed."""
    site.change_input()
    crashed = site.kill_when(aim.when)
    return crashed, crashed.violations + ([] if aim.again else site.recover())


def grown(measures: list[dict[str, tuple[int, int]]], releases: int) -> list[str]:
    """The folders that went on growing once every limit was reached, and releases beyond theirs.

    Each kill makes a run or two, and Dagster's record is full after `KEPT_RUNS`; shorter runs tell nothing of growth.
    """
    beyond = [f"{releases} releases, more than {Site.KEPT_RELEASES}"] if releases > Site.KEPT_RELEASES else []
    if len(measures) <= KEPT_RUNS:
        return beyond
    early, late = measures[KEPT_RUNS], measures[-1]
    return beyond + [
        f"{folder} grew from {early.get(folder, (0, 0))} to {now} (bytes, files)"
        for folder, now in late.items()
        if folder not in Site.MEANT_TO_GROW and now[0] > early.get(folder, (0, 0))[0] * 1.1 + Site.SLACK
    ]


def main() -> int:
    """Runs, prints, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="an empty or new folder (default: a temporary one)")
    parser.add_argument("--max-minutes", type=float, default=240)
    parser.add_argument("--year-by-year", action="store_true", help="make each year in a slice of its own")
    parser.add_argument("--years", help="of the sample, such as 2023 (default: two years); one goes faster")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clusters-crash-") as temporary:
        site = Site(
            args.home.resolve() if args.home else Path(temporary), year_by_year=args.year_by_year, years=args.years
        )
        print(f"first release {site.first_release()} in {site.longest:.1f} s", flush=True)
        started, failures, measures = time.monotonic(), [], [site.measure()]
        ends: Counter[str] = Counter()
        for number, aim in enumerate(aims(args.kills, args.seed, site.longest), start=1):
            if time.monotonic() - started > args.max_minutes * 60:
                print(f"stopped after {args.max_minutes} minutes")
                break
            crashed, violations = one_kill(site, aim)
            ends[crashed.end] += 1
            failures += [f"kill {number} ({aim.name}): {text}" for text in violations]
            measures.append(site.measure())
            verdict = "; ".join(violations) or "as it should be" + (", killed again" if aim.again else "")
            print(f"{number:3d}  {aim.name:<22} {crashed.seconds:6.1f} s  {crashed.end:<12} {verdict}", flush=True)
        failures += grown(measures, len(list((site.house.home / "warehouse" / "releases").iterdir())))
        fifths = measures[:: max(1, len(measures) // 5)] + measures[-1:]
        summary = {
            "kills": len(measures) - 1, "seed": args.seed, "minutes": round((time.monotonic() - started) / 60, 1),
            "ends": ends, "violations": failures, "bytes_and_files": fifths,
        }  # fmt: skip
        print(json.dumps(summary, indent=1))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
