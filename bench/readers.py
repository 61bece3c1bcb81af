"""Processes query `current.duckdb` without pause through many publishes: no error, never a mix of two releases.

    python bench/readers.py --processes 32 --releases 20 [--seconds 40]

The same readers first run without any publishing; the ratio of the two 95th percentiles is what publishing costs a
reader. Prints JSON; exit status 1 if any connection saw an error or two releases.

Belongs here: the long run and its account. Does not: the readers (`tests/faults/readers.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from orchestration.settings import Settings
from tests.faults.readers import Reading, made, publish, run


def account(reading: Reading) -> dict[str, float]:
    """Connections and the milliseconds they took, from opening to closing."""
    return {
        "connections": len(reading.seconds),
        "releases_seen": len(reading.releases),
        "p50_ms": round(1000 * reading.percentile(50), 1),
        "p95_ms": round(1000 * reading.percentile(95), 1),
    }


def main() -> int:
    """Runs, prints, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=32)
    parser.add_argument("--releases", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=40.0, help="of each of the two runs")
    args = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="clusters-readers-") as folder:
        home = Settings(home=Path(folder))
        publish(home, *made(home, 0))
        quiet = run(home, args.processes, 0, args.seconds)
        busy = run(home, args.processes, args.releases, args.seconds)
    wrong = quiet.wrong + busy.wrong
    print(
        json.dumps(
            {
                "processes": args.processes,
                "releases": args.releases,
                "load_at_start": round(load, 1),
                "quiet": account(quiet),
                "publishing": account(busy),
                "p50_ratio": round(busy.percentile(50) / quiet.percentile(50), 2),
                "p95_ratio": round(busy.percentile(95) / quiet.percentile(95), 2),
                "wrong": wrong[:20],
            },
            indent=1,
        )
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
