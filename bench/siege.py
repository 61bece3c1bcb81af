"""The long runs that look for what the suite has no time for, one after another, for as long as they are given.

    python -m bench.siege --minutes 120 --seed 1 [--only nights,fuzz]

Each part has its share of the minutes and its own seed, prints as it goes and ends with 1 where it found anything; so
does the whole. A finding is repeated by running its part alone with the seed that it names.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

# Of what is given, in shares; {minutes}, {seconds} and {seed} are filled in.
PARTS = {
    "nights": (0.4, "-m bench.nights --years 1000 --minutes {minutes} --seed {seed}"),
    "crash": (0.3, "bench/crash.py --kills 10000 --max-minutes {minutes} --seed {seed} --year-by-year --years 2023"),
    "fuzz": (0.2, "-m bench.fuzz --seconds {seconds} --seed {seed}"),
    "corruption": (0.1, "-m bench.corruption --sample --seed {seed}"),
}


def main() -> int:
    """Runs the parts, prints how each ended, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="bench.siege", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=120, help="for all parts; corruption takes what it takes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PARTS), help="parts, by commas")
    args = parser.parse_args()
    if strange := set(args.only) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(strange))}, only {', '.join(PARTS)}")
    whole, ends = sum(PARTS[name][0] for name in args.only), {}
    for name in args.only:
        share, command = PARTS[name]
        minutes = args.minutes * share / whole
        filled = command.format(minutes=minutes, seconds=60 * minutes, seed=args.seed)
        began = time.monotonic()
        print(f"== {name}: python {filled}", flush=True)
        ends[name] = subprocess.run([sys.executable, *filled.split()], check=False).returncode
        print(f"== {name} ended with {ends[name]} after {(time.monotonic() - began) / 60:.0f} minutes", flush=True)
    return 1 if any(ends.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
