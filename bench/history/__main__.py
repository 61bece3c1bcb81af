"""Years of QCEW that the mirror lacks, and what refreshes of them cost.

    python -m bench.history make --mirror DIR --to DIR --years 2015-2025 [--seed 1] [--states 10,44] [--revise 2024]
    python -m bench.history run --home DIR --made DIR --years 2015-2025

`make` writes a mirror: links to the real one's files, and an archive for each year from 2012 on, in the publisher's
annual layout of that year. A year is made from the nearest real one: each county's industries drift by seeded growth,
all totals are added up anew, in the year's own edition of NAICS, its own counties and its own delineation; changes
over the year are those from the made year before. All years are made, also the two that the mirror has, so that one
arithmetic holds in all. `run` refreshes a new home of all but the last year, then of all, then with re-issued years
(where `make --revise` made some), with one small file changed, and with nothing new; beside it pandas reads a year.
Prints a Markdown table, and JSON last; exits 1 if a refresh failed (its output is in DIR/logs).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.history.steps import HEADER, report, run
from bench.history.years import Maker, make
from orchestration.settings import year_range


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.history", description=(__doc__ or "").splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    making = parts.add_parser("make", help="write a mirror with the years in it")
    making.add_argument("--mirror", type=Path, required=True, help="folder of publishers' files, <host>/<path>")
    making.add_argument("--reference", type=Path, help="folder of NAICS concordances (default: beside the mirror)")
    making.add_argument("--to", type=Path, required=True)
    making.add_argument("--years", type=year_range, required=True)
    making.add_argument("--seed", type=int, default=1)
    making.add_argument("--states", type=lambda text: text.split(","), default=[], help="two-digit codes, by commas")
    making.add_argument("--revise", type=int, action="append", default=[], help="a year to be issued again; repeatable")
    running = parts.add_parser("run", help="refresh in steps, and measure")
    running.add_argument("--home", type=Path, required=True, help="a new folder, for the home, its files and logs")
    running.add_argument("--made", type=Path, required=True, help="what make wrote")
    running.add_argument("--years", type=year_range, required=True, help="two or more")
    return parser.parse_args()


def main() -> int:
    """Makes or measures, and returns the exit status."""
    args = arguments()
    if args.part == "make":
        mirror = args.mirror.resolve()
        maker = Maker(mirror, (args.reference or mirror.parent / "reference").resolve(), args.seed, args.states)
        for archive in make(maker, args.to, args.years, args.revise):
            print(archive, flush=True)
        return 0
    print(HEADER)
    steps, peer = run(args.home.resolve(), args.made, args.years)
    print(report(args.home, steps, peer))
    return 1 if any(step.cost.exit for step in steps) else 0


if __name__ == "__main__":
    sys.exit(main())
