"""Speed of a refresh on the national files, each part beside a peer in the same run.

    python bench/nightly.py --mirror ../shared/mirror [--rounds 3]

Every figure comes from a process of its own, so that start-up counts and peak memory is that process's. Peers and
ours take turns; the ratio is that of the medians. Prints a Markdown table and where the refresh's time goes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

YEARS = (2015, 2016)
SINGLEFILE = "data.bls.gov/cew/data/files/{year}/csv/{year}_annual_singlefile.zip"

BARE = """
import sys, duckdb
from orchestration.sources.bls.parse import ANNUAL
path = sys.argv[1]
with open(path) as file:
    header = file.readline().strip().replace('"', "").split(",")
number = lambda name: "DOUBLE" if name.startswith("lq_") or "pct" in name else "BIGINT"
text = ("area_fips", "own_code", "industry_code", "size_code", "qtr")
types = {n: ANNUAL.get(n, "VARCHAR" if n in text or n.endswith("_code") else number(n)) for n in header}
con = duckdb.connect(config={"threads": 2})
columns = "{" + ", ".join(f"'{n}': '{t}'" for n, t in types.items()) + "}"
source = f"read_csv('{path}', header = true, auto_detect = false, columns = {columns})"
con.execute(f"CREATE TABLE t AS SELECT * FROM {source}")
"""

TIDY = """
import sys
from pathlib import Path
from orchestration.sources.bls.parse import parse_annual
from orchestration.sources.source import Edition
from orchestration.sources.tidy import connect, write_partition
source, target, year = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
with connect("1500MB", 2, target.parent / "spill") as con:
    edition = Edition(str(year), None, ())
    write_partition(parse_annual(con, [source], edition), target, "bls_qcew", source.name, edition, year)
"""

PANDAS = """
import sys
import pandas as pd
text = ("area_fips", "own_code", "industry_code", "disclosure_code", "lq_disclosure_code", "oty_disclosure_code")
cells = pd.concat([pd.read_csv(path, dtype=dict.fromkeys(text, str)) for path in sys.argv[1:]])
totals = cells[(cells.own_code == "0") & cells.agglvl_code.isin([10, 40, 50, 70, 80])]
region = totals.set_index(["area_fips", "year"]).annual_avg_emplvl.rename("region_jobs")
nation = cells[cells.area_fips == "US000"].set_index(["own_code", "industry_code", "year"]).annual_avg_emplvl
cells = cells.join(region, on=["area_fips", "year"])
cells = cells.join(nation.rename("nation_jobs"), on=["own_code", "industry_code", "year"])
cells = cells.join(region.loc["US000"].rename("all_jobs"), on="year")
cells["lq"] = cells.annual_avg_emplvl / cells.region_jobs / (cells.nation_jobs / cells.all_jobs)
print(len(cells), cells.lq.notna().sum())
"""


@dataclass
class Measured:
    """One process: wall and CPU seconds, and its peak memory in MB."""

    wall: float
    cpu: float
    peak_mb: float


def measured(command: list[str], **environment: str) -> Measured:
    """Runs a command to its end; CPU and peak memory are the operating system's account of it and its children.

    Raises:
        RuntimeError: if it fails.
    """
    with tempfile.TemporaryFile("w+") as errors:
        started = time.monotonic()
        process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        if process_failed := os.waitstatus_to_exitcode(status):
            errors.seek(0)
            raise RuntimeError(f"{command[0]} ended with {process_failed}:\n{errors.read()[-2000:]}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(runs: list[Measured]) -> Measured:
    """The median of each figure."""
    return Measured(*(statistics.median(getattr(r, name) for r in runs) for name in ("wall", "cpu", "peak_mb")))


def against(ours: list[Measured], peer: list[Measured], what: str, goal: float) -> str:
    """A row of the table: ours, the peer and the ratio of the medians."""
    a, b = median(ours), median(peer)
    ratios = sorted(x.wall / y.wall for x, y in zip(ours, peer, strict=True))
    return (
        f"| {what} | {a.wall:.1f} s | {b.wall:.1f} s | {a.wall / b.wall:.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}) | "
        f"≤ {goal} | {a.peak_mb:.0f} MB | {b.peak_mb:.0f} MB |"
    )


def steps(home: Path) -> list[str]:
    """Seconds of each step of the last run but one, from Dagster's own record."""
    os.environ["DAGSTER_HOME"] = str(home / "dagster")
    from dagster import DagsterInstance

    with DagsterInstance.get() as instance:
        run = instance.get_run_records(limit=2)[-1].dagster_run  # the newest found nothing new
        stats = instance.get_run_step_stats(run.run_id)
    timed = [(s.end_time - s.start_time, s.step_key) for s in stats if s.start_time and s.end_time]
    return [f"| {key} | {seconds:.1f} s |" for seconds, key in sorted(timed, reverse=True)[:8]]


def bench_parse(mirror: Path, folder: Path, rounds: int) -> str:
    """Tidy parse of each year's unzipped CSV against a bare typed read."""
    ours, peer = [], []
    for year in YEARS:
        with zipfile.ZipFile(mirror / SINGLEFILE.format(year=year)) as archive:
            csv = archive.extract(archive.namelist()[0], folder)
        for round_ in range(rounds):
            target = folder / f"{year}-{round_}.parquet"
            peer.append(measured([sys.executable, "-c", BARE, csv]))
            ours.append(measured([sys.executable, "-c", TIDY, csv, str(target), str(year)]))
        Path(csv).unlink()
    return against(ours, peer, "tidy parse of one national year / bare typed `read_csv`", 1.5)


def bench_refresh(mirror: Path, folder: Path, rounds: int) -> tuple[list[str], Path]:
    """Whole refresh against pandas, then a night with nothing new."""
    years = f"{YEARS[0]}-{YEARS[-1]}"
    command = [str(Path(sys.executable).with_name("clusters")), "refresh", "--profile", "mirror"]
    command += ["--mirror", str(mirror), "--years", years]
    archives = [str(mirror / SINGLEFILE.format(year=year)) for year in YEARS]
    ours, peer, quiet = [], [], []
    # After one refresh that is not counted, with everything pulled and built anew; what dbt and Dagster keep from one
    # night to the next stays.
    home = folder / "home"
    measured(command, CLUSTERS_HOME=str(home))
    for _ in range(rounds):
        for made in ("landing", "tidy", "warehouse"):
            shutil.rmtree(home / made)
        peer.append(measured([sys.executable, "-c", PANDAS, *archives]))
        ours.append(measured(command, CLUSTERS_HOME=str(home)))
        quiet.append(measured(command, CLUSTERS_HOME=str(home)))
    idle = median(quiet)
    return [
        against(ours, peer, "whole refresh of two national years / pandas: read both, one quotient table", 3),
        f"| a night with nothing new | {idle.wall:.1f} s | | | ≤ 10 s | {idle.peak_mb:.0f} MB | |",
    ], home


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mirror", type=Path, required=True, help="folder of publishers' files, <host>/<path>")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    mirror = args.mirror.resolve()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="clusters-bench-") as folder:
        rows = [bench_parse(mirror, Path(folder), args.rounds)]
        more, home = bench_refresh(mirror, Path(folder), args.rounds)
        print(f"{args.rounds} rounds, {os.cpu_count()} cores, load at the start {load:.1f}\n")
        print("| what / peer | ours | peer | ratio (range) | goal | our peak | peer's peak |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        print("\n".join(rows + more))
        print("\n| step of the last whole refresh | seconds |\n| --- | --- |")
        print("\n".join(steps(home)))


if __name__ == "__main__":
    main()
