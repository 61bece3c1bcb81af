"""The same indicators by this project's kernels, on the same matrices as the libraries.

    python -m bench.history.kernels FOLDER

Belongs here: calls of the kernels as the warehouse's models make them, with seconds by group. Does not: the libraries
(`libraries`), what is SQL in the warehouse and has no kernel (quotients, shift-share).

Least and greatest values are computed throughout, as always: here both ends are the published figure, a withheld cell
is taken for none where the libraries take it so, and nothing is gained from that they meet.
"""

from __future__ import annotations

import itertools
import pickle
import sys
from pathlib import Path

import numpy as np
from scipy import sparse

from bench.history.cells import Grid
from bench.history.clock import Clock
from orchestration.indicators import linkage as links
from orchestration.indicators.complexity import (
    complexity,
    density_bounds,
    proximity,
    proximity_bounds,
    relatedness_density,
    settled,
)
from orchestration.indicators.concentration import MEASURES, Range
from orchestration.indicators.concentration import concentration as measures
from orchestration.indicators.shares import pieces, share_boxes
from orchestration.indicators.spatial import contiguity, covered, getis_ord, local_moran, moran
from orchestration.indicators.structure import makeup
from orchestration.indicators.structure import structure as measures_of_regions

Figures = dict[str, np.ndarray]


def concentration(g: Grid) -> Figures:
    """Ranges of every measure of every industry with a known job; the lower ends."""
    jobs = np.nan_to_num(g.jobs).T
    held = jobs.sum(axis=1) > 0
    industry, region = np.nonzero(jobs * held[:, None])
    count = np.bincount(industry, minlength=len(jobs))[held]
    squares = np.full(len(count), (g.weight**2).sum())
    found = []
    for run, rows in pieces(count):
        start, cell = np.cumsum(count[run]) - count[run], (industry[rows], region[rows])
        value, nothing = jobs[cell], np.zeros(run.stop - run.start)
        boxes = share_boxes(start, value, value, nothing, nothing + np.inf)
        plants = np.maximum(g.plants[cell[::-1]], 1)
        ranges = measures(boxes, g.weight[cell[1]], plants, squares[run])
        found.append([ranges[name].lower for name in MEASURES])
    table = np.full((len(MEASURES), len(jobs)), np.nan)
    table[:, held] = np.concatenate(found, axis=1)
    return dict(zip(MEASURES, table, strict=True))


def moran_of_industries(g: Grid, borders: sparse.csr_array) -> Figures:
    """As `int_industry_moran`."""
    by_jobs = moran(borders, covered(g.jobs / g.all_jobs[:, None], g.plants > 0))
    by_plants = moran(borders, g.plants / g.all_plants[:, None])
    return {
        "moran_i_jobs": by_jobs.i, "moran_p_jobs": by_jobs.p, "moran_i_plants": by_plants.i,
        "moran_p_plants": by_plants.p,
    }  # fmt: skip


def local_of_clusters(g: Grid, borders: sparse.csr_array) -> Figures:
    """As `int_neighbourhood_moran`."""
    found = {}
    for basis, values in (("jobs", covered(g.lq, np.nan_to_num(g.lq_plants) > 0)), ("plants", g.lq_plants)):
        local = local_moran(borders, values)
        found |= {f"local_{basis}": local.value, f"local_p_{basis}": local.p, f"fdr_{basis}": local.fdr,
                  f"gi_{basis}": getis_ord(borders, values)}  # fmt: skip
    return found


def relatedness(g: Grid) -> Figures:
    """As `int_relatedness`, its bounds included."""
    found = {}
    for basis, quotient in (("jobs", g.lq), ("plants", g.lq_plants)):
        present = np.nan_to_num(quotient) >= 1
        one = settled(complexity(present))
        density_bounds(present, present, *proximity_bounds(present, present))
        found |= {f"eci_{basis}": one.eci, f"pci_{basis}": one.pci,
                  f"density_{basis}": relatedness_density(present, proximity(present))}  # fmt: skip
    return found


def linkage(g: Grid) -> Figures:
    """As `int_cluster_linkage`, without what does not come from the year's file (accounts, occupations)."""
    which = np.flatnonzero(g.member.sum(axis=1) > 0)
    member, found = g.member[which], {}
    for basis, values in (("jobs", g.jobs[:, which]), ("plants", g.plants[:, which])):
        total = np.nansum(values, axis=0)
        share = np.divide(np.nan_to_num(values), total, out=np.full(values.shape, np.nan), where=total > 0)
        pairs = {
            "lc": links.known_correlations(values)[0],
            "coagglomeration": links.coagglomeration(share, share, g.weight)[0],
        }
        found |= {f"{name}_{basis}": links.means_of_groups(table, member)[0] for name, table in pairs.items()}
    return found


def structure(g: Grid) -> Figures:
    """As `int_structure_ranges`; the lower ends."""
    found = {}
    for digits, basis in itertools.product((6, 4), ("jobs", "plants")):
        which = np.array(sorted(g.of_digits(digits), key=lambda n: (g.sector[n], g.industries[n])))
        table = np.nan_to_num(getattr(g, basis)[:, which])
        region, industry = np.nonzero(table)
        value, sector = table[region, industry], g.sector[which][industry]
        is_new = np.append(True, (region[1:] != region[:-1]) | (sector[1:] != sector[:-1]))
        sector_start = np.flatnonzero(is_new)
        region_start = np.flatnonzero(np.append(True, region[sector_start][1:] != region[sector_start][:-1]))
        sectors = np.add.reduceat(value, sector_start)
        totals = np.add.reduceat(sectors, region_start)
        made = makeup(*(Range(of, of) for of in (value, sectors, totals)), sector_start, region_start)
        nation = (table.sum(axis=0) / table.sum())[industry]
        ranges = measures_of_regions(made, Range(nation, nation))
        found |= {f"{name}_{digits}_{basis}": one.lower for name, one in ranges.items()}
    return found


def of_kind(g: Grid, clock: Clock) -> Figures:
    """All that is computed on one kind of region."""
    with clock("concentration"):
        found = concentration(g)
    with clock("Moran's I"):
        borders = contiguity(len(g.weight), *g.borders.T)
        found |= moran_of_industries(g, borders)
    if g.kind != "cbsa":
        with clock("local Moran and Gi*"):
            found |= local_of_clusters(g, borders)
    for name, group in (("complexity", relatedness), ("linkage", linkage), ("structure", structure)):
        with clock(name):
            found |= group(g)
    return found


def main() -> None:
    folder = Path(sys.argv[1])
    grids: list[Grid] = pickle.loads((folder / "grids.pickle").read_bytes())
    clock, figures = Clock(), {}
    for g in grids:
        figures |= {f"{g.kind}/{name}": values for name, values in of_kind(g, clock).items()}
    np.savez(folder / "kernels.npz", **figures)
    clock.write(folder / "kernels.json")


if __name__ == "__main__":
    main()
