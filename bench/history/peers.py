"""One national year by the libraries and by this project's kernels, on the same matrices, in one run.

Belongs here: starting both, and the comparison. Does not: what they compute (`libraries`, `kernels`), refreshes
(`steps`).

Each runs in a process of its own, so that imports and memory are its own too. What the two have in common must agree,
or one of them did something else: the largest difference of such figures is told.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.nightly import measured
from orchestration.indicators.spatial import LOCAL_PERMUTATIONS, PERMUTATIONS

GOAL = 1 / 3
# Deterministic, and of one definition on both sides; signs of complexity indices are conventions. Not here: Krugman's
# index and varieties, of which ours are ranges that allow for rounding, and density, of which the diagonal differs.
ALIKE = (
    "herfindahl", "hoover", "locational_gini", "theil", "plant_herfindahl", "ellison_glaeser_gamma", "moran_i_jobs",
    "moran_i_plants", "local_plants", "gi_plants", "eci_plants", "pci_plants", "lc_jobs", "lc_plants",
    "coagglomeration_plants",
)  # fmt: skip
Beside = dict[str, Any]


def beside(made: Path, year: int, folder: Path, before: int | None = None) -> Beside:
    """Runs both, the libraries first, as they make the matrices; seconds by group, ratios, differences.

    Raises:
        RuntimeError: if one of them fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]
    earlier = [] if before is None else [str(before)]
    libraries = measured([sys.executable, "-m", "bench.history.libraries", str(made), str(year), str(folder), *earlier])
    kernels = measured([sys.executable, "-m", "bench.history.kernels", str(folder)])
    (folder / "grids.pickle").unlink()
    spent = {name: json.loads((folder / f"{name}.json").read_text()) for name in ("libraries", "kernels")}
    groups = {
        name: {
            "libraries": rounded(seconds),
            "kernels": rounded(ours) if (ours := spent["kernels"].get(name)) else None,
            "cpu_ratio": round(ours[1] / seconds[1], 3) if ours else None,
        }
        for name, seconds in spent["libraries"].items()
    }
    common = sum(spent["libraries"][name][1] for name in spent["kernels"])
    return {
        "year": year,
        "numba": importlib.util.find_spec("numba") is not None,
        "cores": os.cpu_count(),
        "load": round(load, 1),
        "permutations": {"local": LOCAL_PERMUTATIONS, "of a map": PERMUTATIONS},
        "libraries": asdict(libraries),
        "kernels": asdict(kernels),
        "groups": groups,
        "cpu_ratio_of_kernels": round(sum(cpu for _, cpu in spent["kernels"].values()) / common, 3),
        "differences": differences(folder),
    }


def rounded(seconds: list[float]) -> dict[str, float]:
    """Wall and processor seconds of a group."""
    return {"wall": round(seconds[0], 2), "cpu": round(seconds[1], 2)}


def difference(figure: str, theirs: np.ndarray, ours: np.ndarray) -> float:
    """The largest difference where both know the figure; the sign of a complexity index is a convention."""
    sign = np.sign(np.nansum(theirs * ours)) if figure.startswith(("eci", "pci")) else 1.0
    apart = np.abs(theirs - sign * ours)
    return float(np.max(apart, initial=0, where=~np.isnan(apart)))


def differences(folder: Path) -> dict[str, float]:
    """The largest difference of each figure of `ALIKE`, by kind of region."""
    with np.load(folder / "libraries.npz") as theirs, np.load(folder / "kernels.npz") as ours:
        both = {name: name.split("/")[1] for name in ours.files}
        found = {name: difference(figure, theirs[name], ours[name]) for name, figure in both.items() if figure in ALIKE}
    return {name: float(f"{value:.1g}") for name, value in found.items()}


def table(found: Beside) -> str:
    """Seconds of each group and of the whole, as Markdown."""
    lines = ["| group | libraries wall s | libraries CPU s | ours wall s | ours CPU s | ours / libraries, CPU |",
             "| --- " * 6 + "|"]  # fmt: skip
    for name, group in found["groups"].items():
        theirs, ours = group["libraries"], group["kernels"] or {"wall": "", "cpu": ""}
        ratio = "" if group["cpu_ratio"] is None else group["cpu_ratio"]
        lines.append(f"| {name} | {theirs['wall']} | {theirs['cpu']} | {ours['wall']} | {ours['cpu']} | {ratio} |")
    one, other = found["libraries"], found["kernels"]
    lines.append(
        f"| all, imports and reading too | {one['wall']:.1f} | {one['cpu']:.1f} | {other['wall']:.1f} | "
        f"{other['cpu']:.1f} | {found['cpu_ratio_of_kernels']} (common groups; goal ≤ {GOAL:.2f}) |"
    )
    return "\n".join(lines)
