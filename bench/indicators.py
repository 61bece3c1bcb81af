"""Complexity and local Moran beside their peers, in one run, and what the marts made of them add to a refresh.

    python -m bench.indicators [--rounds 3] [--regions 3000] [--industries 1000] [--peer-variables 20] [--home HOME]

An invented table of regions and industries (skewed sizes, two fifths of the cells with jobs) goes through ours and
through `ecomplexity` and `econcomplex`: quotients, ECI and PCI, proximity, density. Its quotients, laid on a lattice,
go through local Moran with 999 permutations, ours for all industries, `esda` for the first few, scaled up: its seconds
a variable hardly vary. Each runs in a process of its own, in turns; seconds are those of the computation, without
imports and reading, peak memory is the whole process's. With --home, the seconds of each dbt model behind the marts of
dependencies, relatedness, neighbourhood and structure in the home's last refresh. Prints Markdown, and JSON last.

Belongs here: these races. Does not: how processes are measured (`bench/nightly.py`), whether the peers agree
(`tests/indicators`).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.nightly import measured

GOAL = 0.1
MARTS = (
    "cluster_linkage",
    "cluster_neighbourhood",
    "cluster_opportunity",
    "industry_concentration",
    "industry_linkage",
    "industry_multiplier",
    "region_complexity",
    "region_structure",
)

TIMED = """
import json, sys, time, warnings
from pathlib import Path
import numpy as np
warnings.simplefilter("ignore")
data = np.load(sys.argv[1])
jobs, count = data["jobs"], int(sys.argv[3])
def timed(function):
    started = time.perf_counter()
    result = function()
    Path(sys.argv[2]).write_text(json.dumps(time.perf_counter() - started))
    return result
"""

OURS = """
from orchestration.indicators.complexity import complexity, proximity, relatedness_density
def whole():
    share = jobs / jobs.sum(axis=1, keepdims=True)
    present = share >= jobs.sum(axis=0) / jobs.sum()
    phi = proximity(present)
    return complexity(present), relatedness_density(present, phi)
timed(whole)
"""

ECONCOMPLEX = """
import econcomplex
def whole():
    quotient = econcomplex.rca(jobs)
    phi = econcomplex.proximity(jobs)["product"]
    return quotient, econcomplex.eci_pci(jobs), econcomplex.relatedness_density(jobs, phi=phi)
timed(whole)
"""

ECOMPLEXITY = """
import pandas as pd
from ecomplexity import ecomplexity
region, industry = np.indices(jobs.shape)
table = pd.DataFrame({"t": 0, "r": region.ravel(), "i": industry.ravel(), "v": jobs.ravel()})
columns = {"time": "t", "loc": "r", "prod": "i", "val": "v"}
timed(lambda: ecomplexity(table, columns, check_logsupermodularity=False, verbose=False))
"""

QUOTIENTS = """
share = jobs / jobs.sum(axis=1, keepdims=True)
quotient = share / (jobs.sum(axis=0) / jobs.sum())
rows, columns = data["lattice"]
"""

OUR_MORAN = """
from orchestration.indicators.spatial import contiguity, local_moran
region, below, beside = np.arange(rows * columns).reshape(rows, columns), slice(1, None), slice(None, -1)
pairs = [(region[beside], region[below]), (region[:, beside], region[:, below])]
one, other = (np.concatenate([side.ravel() for side in sides]) for sides in zip(*pairs))
borders = contiguity(rows * columns, one, other)
timed(lambda: local_moran(borders, quotient[:, :count], permutations=999))
"""

ESDA = """
from esda import Moran_Local
from libpysal.weights import lat2W
borders = lat2W(int(rows), int(columns))
borders.transform = "r"
timed(lambda: [Moran_Local(quotient[:, v], borders, permutations=999, n_jobs=1, seed=1) for v in range(count)])
"""


@dataclass(frozen=True)
class Run:
    """Seconds of the computation alone, and the whole process's peak memory in MB."""

    seconds: float
    peak_mb: float


def invented(regions: int, industries: int) -> np.ndarray:
    """Jobs of regions x industries, whole numbers: sizes skewed both ways, and large regions hold more industries."""
    rng = np.random.default_rng(1)
    size = rng.lognormal(0, 1.3, (regions, 1)) * rng.lognormal(0, 1, (1, industries))
    jobs = np.floor(3 * size * rng.lognormal(0, 1.5, (regions, industries)))
    jobs *= rng.random(jobs.shape) < size / (1 + size)
    # No region and no industry without a job: the peers stop at them.
    jobs[np.arange(regions), np.arange(regions) % industries] += 1
    return jobs


def lattice(regions: int) -> tuple[int, int]:
    """The most nearly square lattice of as many regions.

    Example:
        >>> lattice(3000)
        (50, 60)
    """
    rows = max(n for n in range(1, int(regions**0.5) + 1) if regions % n == 0)
    return rows, regions // rows


def run(script: str, data: Path, count: int, folder: Path) -> Run:
    """Runs a script over the first `count` industries in a process of its own."""
    seconds = folder / "seconds.json"
    process = measured([sys.executable, "-c", TIMED + script, str(data), str(seconds), str(count)])
    return Run(json.loads(seconds.read_text()), process.peak_mb)


def row(what: str, ours: list[Run], peer: list[Run], times: float = 1) -> tuple[str, float]:
    """A row of the table and the ratio of the medians; the peer did one `times`th of the work."""
    a, b = (statistics.median(r.seconds for r in runs) for runs in (ours, peer))
    ratios = sorted(x.seconds / (y.seconds * times) for x, y in zip(ours, peer, strict=True))
    peaks = [max(r.peak_mb for r in runs) for runs in (ours, peer)]
    text = (
        f"| {what} | {a:.2f} s | {b * times:.1f} s | {a / b / times:.4f} ({ratios[0]:.4f}–{ratios[-1]:.4f}) | "
        f"≤ {GOAL} | {peaks[0]:.0f} MB | {peaks[1]:.0f} MB |"
    )
    return text, a / b / times


def models_of(marts: tuple[str, ...], home: Path) -> dict[str, float]:
    """Seconds of each dbt model in the home's last build that only these marts need, and of the marts."""
    manifest = json.loads((home / "dbt" / "manifest.json").read_text())
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    needed_by: dict[str, set[str]] = {key: set() for key in nodes}
    for key, node in nodes.items():
        for parent in node["depends_on"]["nodes"]:
            needed_by.get(parent, set()).add(key)
    chosen = {key for key, node in nodes.items() if node["name"] in marts}
    while more := {key for key in nodes.keys() - chosen if needed_by[key] and needed_by[key] <= chosen}:
        chosen |= more
    results = json.loads((home / "dbt" / "run_results.json").read_text())["results"]
    spent = {nodes[r["unique_id"]]["name"]: r["execution_time"] for r in results if r["unique_id"] in chosen}
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--regions", type=int, default=3000)
    parser.add_argument("--industries", type=int, default=1000)
    parser.add_argument("--peer-variables", type=int, default=20, help="how many industries esda gets")
    parser.add_argument("--home", type=Path, help="CLUSTERS_HOME of a refresh, for the seconds of each model")
    args = parser.parse_args()
    account: dict[str, Any] = {"load": os.getloadavg()[0], "numba": importlib.util.find_spec("numba") is not None}
    with tempfile.TemporaryDirectory(prefix="clusters-indicators-") as name:
        races(args, Path(name), account)
    if args.home:
        spent = models_of(MARTS, args.home)
        print("\n| model | seconds |\n| --- | --- |")
        print("\n".join(f"| `{model}` | {seconds:.1f} |" for model, seconds in spent.items()))
        print(f"| all | {sum(spent.values()):.1f} |")
        account["seconds of models"] = round(sum(spent.values()), 1)
    print(json.dumps(account))


def races(args: argparse.Namespace, folder: Path, account: dict[str, Any]) -> None:
    """Both races; prints the table and adds the ratios to the account."""
    data = folder / "data.npz"
    np.savez(data, jobs=invented(args.regions, args.industries), lattice=lattice(args.regions))
    scripts = {
        "ours": OURS,
        "econcomplex": ECONCOMPLEX,
        "ecomplexity": ECOMPLEXITY,
        "our Moran": QUOTIENTS + OUR_MORAN,
        "esda": QUOTIENTS + ESDA,
    }
    runs: dict[str, list[Run]] = {name: [] for name in scripts}
    for _ in range(args.rounds):
        for name, script in scripts.items():
            count = args.peer_variables if name == "esda" else args.industries
            runs[name].append(run(script, data, count, folder))
    size = f"{args.regions} × {args.industries}"
    rows = [
        (peer, row(f"quotients, ECI/PCI, proximity, density, {size} / {peer}", runs["ours"], runs[peer]))
        for peer in ("econcomplex", "ecomplexity")
    ]
    what = f"local Moran, 999 permutations, {size} / esda ({args.peer_variables} industries, scaled up)"
    rows.append(("esda", row(what, runs["our Moran"], runs["esda"], args.industries / args.peer_variables)))
    print(f"{args.rounds} rounds, {os.cpu_count()} cores, load at the start {account['load']:.1f}, ", end="")
    print(f"esda {'with' if account['numba'] else 'without'} numba\n")
    print("| what / peer | ours | peer | ratio (range) | goal | our peak | peer's peak |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for peer, (text, ratio) in rows:
        print(text)
        account[f"ratio to {peer}"] = round(ratio, 4)


if __name__ == "__main__":
    main()
