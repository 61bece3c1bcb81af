"""Years of QCEW that the mirror lacks, and what refreshes of them cost.

    python -m bench.history make --mirror DIR --to DIR --years 2015-2025 [--seed 1] [--states 10,44] [--revise 2024]
    python -m bench.history run --home DIR --made DIR --years 2015-2025 [--stops 1,3,6,11] [--libraries] [--readers 2]
    python -m bench.history peers --made DIR --year 2016 [--before 2015] [--home DIR]
    python -m bench.history readers --home DIR --years 2019-2025 [--made DIR] [--processes 2] [--seconds 60]

`make` writes a mirror: links to the real one's files, and an archive for each year from 2012 on, in the publisher's
annual layout of that year. A year is made from the nearest real one: each county's industries drift by seeded growth,
all totals are added up anew, in the year's own edition of NAICS, its own counties and its own delineation; changes
over the year are those from the made year before. All years are made, also the two that the mirror has, so that one
arithmetic holds in all. `run` refreshes a new home of all but the last year, then of all (with --stops it grows to
each of these numbers of years, the last year of each apart), then with re-issued years (where `make --revise` made
some), with one small file changed, and with nothing new; beside it pandas reads a year, with --libraries the libraries
compute its indicators, and with --readers analysts query while the last year is added. Prints a Markdown table, and
JSON last; exits 1 if a refresh failed (its output is in DIR/logs).

`peers` computes a year's indicators by the libraries, and by ours on the same matrices; with --home, a new folder, the
year is also refreshed. `readers` lets analysts query a release, quietly and while one more year is refreshed; without
--made, of the sample. Exits 1 if a query failed or saw what was not whole, or if nothing was published.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.history.peers import beside, table
from bench.history.readers import is_sound, meanwhile
from bench.history.steps import HEADER, ONE_MORE, Bench, line, linked, new_bench, report, run
from bench.history.years import Maker, make
from orchestration.settings import year_range


def numbers(text: str) -> list[int]:
    """What stands between commas."""
    return [int(number) for number in text.split(",")]


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
    running.add_argument("--libraries", action="store_true", help="the first year's indicators by libraries, too")
    running.add_argument("--readers", type=int, default=0, help="how many processes query while a year is added")
    running.add_argument("--stops", type=numbers, default=[], help="years held when one more is measured: 1,3,6,11")
    comparing = parts.add_parser("peers", help="one year by libraries and by ours")
    comparing.add_argument("--made", type=Path, required=True, help="what make wrote, or a mirror")
    comparing.add_argument("--year", type=int, required=True)
    comparing.add_argument("--before", type=int, help="an earlier year, for shift-share")
    comparing.add_argument("--home", type=Path, help="a new folder: refresh the year in it, too")
    asking = parts.add_parser("readers", help="query a release while another is made")
    asking.add_argument("--home", type=Path, required=True, help="a folder that one of these wrote, or a new one")
    asking.add_argument("--made", type=Path, help="what make wrote (default: the sample)")
    asking.add_argument("--years", type=year_range, required=True, help="two or more; the last is not in the home yet")
    asking.add_argument("--processes", type=int, default=2)
    asking.add_argument("--seconds", type=float, default=60.0, help="of reading before the refresh")
    return parser.parse_args()


def compared(args: argparse.Namespace) -> int:
    """`peers`: both on one year, and its refresh."""
    with tempfile.TemporaryDirectory(prefix="clusters-peers-") as folder:
        found = beside(args.made.resolve(), args.year, Path(folder), args.before)
    print(table(found))
    status = 0
    if args.home:
        step = new_bench(args.home.resolve(), args.made).refresh("one year", [args.year])
        print("\n" + HEADER + "\n" + line(step))
        found |= {"refresh": asdict(step), "cpu_ratio_of_refresh": round(step.cost.cpu / found["libraries"]["cpu"], 2)}
        status = 1 if step.cost.exit else 0
    print(json.dumps(found, indent=1))
    return status


def asked(args: argparse.Namespace) -> int:
    """`readers`: a first release if there is none, then queries, then queries and a refresh."""
    folder, span = args.home.resolve(), list(args.years)
    bench = Bench(folder / "home", folder / "files", (args.made or folder).resolve(), sample=args.made is None)
    if args.made and not bench.files.exists():
        linked(bench.made, bench.files)
    print(HEADER)
    if not bench.current.exists():
        first = bench.refresh(f"first build of {len(span) - 1}", span[:-1])
        print(line(first), flush=True)
        if first.cost.exit:
            return 1
    step, seen = meanwhile(bench.current, args.processes, args.seconds, lambda: bench.refresh(ONE_MORE, span))
    print(line(step))
    print(json.dumps({"readers": seen, "refresh": asdict(step)}, indent=1))
    return 1 if step.cost.exit or not is_sound(seen) else 0


def main() -> int:
    """Makes or measures, and returns the exit status."""
    args = arguments()
    if args.part == "make":
        mirror = args.mirror.resolve()
        maker = Maker(mirror, (args.reference or mirror.parent / "reference").resolve(), args.seed, args.states)
        for archive in make(maker, args.to, args.years, args.revise):
            print(archive, flush=True)
        return 0
    if args.part == "peers":
        return compared(args)
    if args.part == "readers":
        return asked(args)
    print(HEADER)
    found = run(args.home.resolve(), args.made, args.years, args.libraries, args.readers, args.stops)
    print(report(args.home, found))
    unsound = found.readers and not is_sound(found.readers)
    return 1 if unsound or any(step.cost.exit for step in found.steps) else 0


if __name__ == "__main__":
    sys.exit(main())
