"""What bounding a national year costs beside a bare typed read of that year's CSV, in turns, each in its own process.

    python -m bench.bounds_speed --mirror DIR --scratch FILE [--year 2016] [--rounds 3]

The scratch file holds the year's cells as dbt numbers them; `bench/bounds.py` makes it and runs this. Prints a Markdown
table, and JSON on the last line.

Belongs here: the race. Does not: how processes are measured (`bench/nightly.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.nightly import BARE, SINGLEFILE, against, measured, median

MODEL = Path(__file__).resolve().parents[1] / "dbt_project" / "models" / "intermediate" / "year" / "int_qcew_bounds.py"
GOAL = 5

# The dbt model itself, over one year of a scratch file, up to the rows that it hands on.
BOUND = """
import json, runpy, sys, time
from pathlib import Path
from types import SimpleNamespace
import duckdb
from orchestration.indicators import qcew
model, scratch, year, account = sys.argv[1:]
seconds = {}
def timed(name, function):
    def call(*args):
        started = time.perf_counter()
        result = function(*args)
        seconds[name] = time.perf_counter() - started
        return result
    return call
qcew._estimated = timed("estimate", qcew._estimated)
qcew.bound_year = timed("bound_year", qcew.bound_year)
con = duckdb.connect(scratch, read_only=True, config={"threads": 2})
tables = {n: con.table(f"intermediate.{n}") for n in ("int_sum_regions", "int_sum_industries", "int_sum_cells")}
tables["int_sum_cells"] = tables["int_sum_cells"].filter(f"year = {year}")
dbt = SimpleNamespace(ref=tables.get, config=SimpleNamespace(get={"programmes": 0}.get))
rows = runpy.run_path(model)["model"](dbt, None)
Path(account).write_text(json.dumps(seconds | {"rows": len(rows)}))
"""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mirror", type=Path, required=True, help="folder of publishers' files, <host>/<path>")
    parser.add_argument("--scratch", type=Path, required=True, help="DuckDB file with numbered cells")
    parser.add_argument("--year", type=int, default=2016)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clusters-bounds-") as folder:
        print(json.dumps(race(args.mirror, args.scratch, args.year, Path(folder), args.rounds)))


def race(mirror: Path, scratch: Path, year: int, folder: Path, rounds: int) -> dict[str, Any]:
    """The dbt model and the bare read take turns; prints a table.

    Args:
        mirror: folder of publishers' files, with the national file of the year.
        scratch: DuckDB file with the year's numbered cells, as dbt makes them.
        folder: for the unzipped CSV.
        rounds: how often each runs.

    Returns:
        The ratios of the medians, with all of the model's work and without the point estimates; peaks in MB.
    """
    load = os.getloadavg()[0]
    with zipfile.ZipFile(mirror / SINGLEFILE.format(year=year)) as archive:
        csv = archive.extract(archive.namelist()[0], folder)
    ours, peer, inside = [], [], []
    for number in range(rounds):
        path = folder / f"seconds-{number}.json"
        peer.append(measured([sys.executable, "-c", BARE, csv]))
        ours.append(measured([sys.executable, "-c", BOUND, str(MODEL), str(scratch), str(year), str(path)]))
        inside.append({name: round(value, 1) for name, value in json.loads(path.read_text()).items()})
    bounds = [replace(run, wall=run.wall - spent["estimate"]) for run, spent in zip(ours, inside, strict=True)]
    print(f"{rounds} rounds, {os.cpu_count()} cores, load at the start {load:.1f}\n")
    print("| what / peer | ours | peer | ratio (range) | goal | our peak | peer's peak |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(against(ours, peer, "one national year bounded and estimated / bare typed `read_csv`", GOAL))
    print(against(bounds, peer, "the same less the seconds of the estimates", GOAL))
    print("\nInside the process: " + "; ".join(told(spent) for spent in inside))
    whole, least, bare = median(ours), median(bounds), median(peer)
    return {
        "load": round(load, 2),
        "ratio": round(whole.wall / bare.wall, 3),
        "ratio without estimates": round(least.wall / bare.wall, 3),
        "cpu ratio": round(whole.cpu / bare.cpu, 3),
        "peak MB": round(whole.peak_mb),
        "peer's peak MB": round(bare.peak_mb),
        "seconds inside": inside,
    }


def told(spent: dict[str, float]) -> str:
    """One round's seconds in words."""
    return f"{spent['bound_year']} s in `bound_year`, {spent['estimate']} s of them estimates"


if __name__ == "__main__":
    main()
