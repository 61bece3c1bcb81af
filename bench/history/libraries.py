"""A national year's indicators by the libraries that people use: pandas, econcomplex, esda, libpysal, scipy.

    python -m bench.history.libraries MADE YEAR FOLDER [BEFORE]

Belongs here: each indicator as a practitioner writes it, with seconds by group, in a process of its own. Does not:
reading and matrices (`cells`), the same by ours (`kernels`), who starts both (`peers`).

Writes to FOLDER the matrices (`grids.pickle`), the seconds (`libraries.json`) and some figures (`libraries.npz`) that
ours are compared with. Points on published figures and on establishments: no library here knows bounds. With an
earlier year BEFORE also shift-share.
"""

from __future__ import annotations

import itertools
import pickle
import sys
import warnings
from pathlib import Path

import econcomplex
import esda
import numpy as np
import pandas as pd
from libpysal.weights import W, w_subset
from scipy.stats import entropy, false_discovery_control

from bench.history.cells import (
    Grid,
    clusters_of,
    counties_of_areas,
    grid,
    neighbours,
    read,
    sums_of_clusters,
)
from bench.history.clock import Clock
from orchestration.indicators.spatial import LEAST_COVERAGE, LOCAL_PERMUTATIONS, PERMUTATIONS, SEED

REGIONS = ("state", "cbsa", "county")
BASES = ("jobs", "plants")
LEAST_REGIONS = 30  # for a standardised quotient
Figures = dict[str, np.ndarray]


def quotients(rows: pd.DataFrame) -> pd.DataFrame:
    """Location quotients of all industries and ownerships."""
    totals = rows[(rows.own == "0") & (rows.code == "10")].set_index("area").jobs
    nation = rows[rows.kind == "nation"].set_index(["own", "code"]).jobs.rename("nation")
    table = rows.join(totals.rename("all"), on="area").join(nation, on=["own", "code"])
    table["lq"] = table.jobs / table["all"] / (table.nation / totals["US000"])
    return table.assign(specialised=(table.lq >= 1).where(table.lq.notna()))


def cluster_quotients(rows: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """Quotients over the kind of cluster and over all, horizontal clusters, standardised quotients, ranks, flags,
    stars."""
    totals = rows[(rows.own == "0") & (rows.code == "10")].set_index("area")[["jobs", "plants"]]
    t = clusters.join(totals, on="area", rsuffix="_all")
    t["jobs_kind"] = t.groupby(["area", "cluster_kind"]).jobs.transform("sum", skipna=False)
    nation = t[t.kind == "nation"].set_index("cluster")[["jobs", "plants", "jobs_all", "plants_all", "jobs_kind"]]
    t = t.join(nation.add_suffix("_nation"), on="cluster")
    t["lq"] = t.jobs / t.jobs_kind / (t.jobs_nation / t.jobs_kind_nation)
    t["lq_all"] = t.jobs / t.jobs_all / (t.jobs_nation / t.jobs_all_nation)
    t["lq_plants"] = t.plants / t.plants_all / (t.plants_nation / t.plants_all_nation)
    t["hc"] = t.jobs - t.jobs_all * t.jobs_nation / t.jobs_all_nation
    t["log"] = np.log(t.lq_all.where(t.lq_all > 0))
    group = t.groupby(["kind", "cluster"])
    z = (t.log - group.log.transform("mean")) / group.log.transform("std", ddof=0)
    t["z"] = z.where(group.log.transform("count") >= LEAST_REGIONS)
    t["rank_lq"], t["rank_jobs"] = (group[name].rank(ascending=False, method="min") for name in ("lq", "jobs"))
    return flagged(t)


def flagged(t: pd.DataFrame) -> pd.DataFrame:
    """U.S. Cluster Mapping's flags and the Cluster Observatory's stars."""
    t["focus"] = t.jobs / t.jobs_all
    group = t[t.jobs > 0].groupby(["kind", "cluster"])
    wanted = {"lq": (25, 50, 75, 90), "jobs": (25, 90), "plants": (25,), "focus": (90,)}
    levels = pd.DataFrame(
        {f"{name}_q{q}": group[name].quantile(q / 100) for name, which in wanted.items() for q in which}
    )
    t = t.join(levels, on=["kind", "cluster"])
    sized = (t.jobs > t.jobs_q25) & (t.plants > t.plants_q25)
    t["qualifying"], t["significant"] = sized & (t.lq > t.lq_q25), sized & (t.lq > t.lq_q50)
    t["strong"], t["strong10"] = (sized & (t.lq >= 1) & (t.lq >= t[f"lq_q{q}"]) for q in (75, 90))
    return t.assign(
        stars=(t.jobs >= t.jobs_q90).astype(int) + (t.lq_all >= 2).astype(int) + (t.focus >= t.focus_q90).astype(int)
    )


def concentration(g: Grid) -> Figures:
    """How unevenly each private industry lies: a value an industry."""
    jobs = np.nan_to_num(g.jobs)
    table = pd.DataFrame(jobs, columns=g.industries)
    share, x = jobs / jobs.sum(axis=0), g.weight[:, None]
    squares = (x**2).sum()
    distance, plant = ((share - x) ** 2).sum(axis=0), (share**2 / np.maximum(g.plants, 1)).sum(axis=0)
    herfindahl = econcomplex.herfindahl(table.T, normalize=False).to_numpy()
    return {
        "herfindahl": herfindahl,
        "hoover": econcomplex.hoover_index(table, g.weight).to_numpy() / 100,
        "locational_gini": econcomplex.hoover_gini(table, g.weight).to_numpy(),
        "theil": entropy(share, x),
        "plant_herfindahl": plant,
        "ellison_glaeser_gamma": (distance / (1 - squares) - plant) / (1 - plant),
        "maurel_sedillot_gamma": ((herfindahl - squares) / (1 - squares) - plant) / (1 - plant),
    }


class Surface:
    """Weights of those regions that a variable knows and that then have a neighbour: the libraries take no gaps."""

    def __init__(self, g: Grid) -> None:
        beside: dict[int, list[int]] = {region: [] for region in range(len(g.weight))}
        for one, other in g.borders.tolist():
            beside[one].append(other)
        self.whole = W(beside, silence_warnings=True)
        self.parts: dict[bytes, tuple[W, np.ndarray]] = {}

    def of(self, known: np.ndarray) -> tuple[W, np.ndarray]:
        """The weights, and the numbers of their regions."""
        if known.tobytes() not in self.parts:
            ids = np.flatnonzero(known)
            part = w_subset(self.whole, ids.tolist(), silence_warnings=True)
            ids = np.setdiff1d(ids, part.islands)
            self.parts[known.tobytes()] = w_subset(self.whole, ids.tolist(), silence_warnings=True), ids
        return self.parts[known.tobytes()]


def covered(values: np.ndarray, plants: np.ndarray) -> np.ndarray:
    """Which variables are known in nine of ten regions that have them."""
    there = plants > 0
    return np.flatnonzero((there & ~np.isnan(values)).sum(axis=0) >= LEAST_COVERAGE * there.sum(axis=0))


def moran_of_industries(g: Grid, surface: Surface) -> Figures:
    """Moran's I and its pseudo p of each industry's share of jobs (where covered) and of establishments."""
    found = {}
    for basis, values, which in (
        ("jobs", g.jobs / g.all_jobs[:, None], covered(g.jobs, g.plants)),
        ("plants", g.plants / g.all_plants[:, None], range(g.plants.shape[1])),
    ):
        i, p = (np.full(values.shape[1], np.nan) for _ in range(2))
        for v in which:
            weights, ids = surface.of(~np.isnan(values[:, v]))
            if len(ids) > 3 and np.ptp(values[ids, v]) > 0:
                one = esda.Moran(values[ids, v], weights, permutations=PERMUTATIONS)
                i[v], p[v] = one.I, one.p_sim
        found |= {f"moran_i_{basis}": i, f"moran_p_{basis}": p}
    return found


def local_of_clusters(g: Grid, surface: Surface) -> Figures:
    """Local Moran with conditional permutations and false-discovery control, and Gi*, of clusters' quotients."""
    found = {}
    there = np.nan_to_num(g.lq_plants)
    for basis, values, which in (("jobs", g.lq, covered(g.lq, there)), ("plants", g.lq_plants, range(g.lq.shape[1]))):
        local, p, fdr, gi = (np.full(values.shape, np.nan) for _ in range(4))
        for v in which:
            weights, ids = surface.of(~np.isnan(values[:, v]))
            if len(ids) <= 3 or np.ptp(values[ids, v]) == 0:
                continue
            one = esda.Moran_Local(
                values[ids, v], weights, permutations=LOCAL_PERMUTATIONS, n_jobs=1, seed=SEED, keep_simulations=False
            )
            local[ids, v], p[ids, v] = one.Is, one.p_sim
            fdr[ids, v] = false_discovery_control(np.minimum(2 * one.p_sim, 1))
            gi[ids, v] = esda.G_Local(values[ids, v], weights, transform="B", permutations=0, star=True).Zs
        found |= {f"local_{basis}": local, f"local_p_{basis}": p, f"fdr_{basis}": fdr, f"gi_{basis}": gi}
    return found


def complexity(g: Grid) -> Figures:
    """ECI, PCI, proximity and density of traded clusters, by jobs and by establishments."""
    found = {}
    for basis, quotient in (("jobs", g.lq), ("plants", g.lq_plants)):
        present = pd.DataFrame((np.nan_to_num(quotient) >= 1).astype(float))
        eci, pci = econcomplex.eci_pci(present, use_rca=False)
        phi = econcomplex.proximity(present, use_rca=False, compute="product")["product"]
        density = econcomplex.relatedness_density(present, phi=phi, use_rca=False)
        found |= {f"eci_{basis}": eci.reindex(present.index).to_numpy(), f"density_{basis}": density.to_numpy() / 100,
                  f"pci_{basis}": pci.to_numpy()}  # fmt: skip
    return found


def linkage(g: Grid) -> Figures:
    """How alike the maps of two clusters are: mean correlation and coagglomeration of their industries."""
    which = np.flatnonzero(g.member.sum(axis=1) > 0)
    member, found = g.member[which], {}
    for basis, values in (("jobs", g.jobs[:, which]), ("plants", g.plants[:, which])):
        share = np.nan_to_num(values) / np.nansum(values, axis=0) - g.weight[:, None]
        together = share.T @ share / (1 - (g.weight**2).sum())
        pairs = {"lc": pd.DataFrame(values).corr().to_numpy(), "coagglomeration": together}
        for name, table in pairs.items():
            known = ~np.isnan(table) & ~np.eye(len(table), dtype=bool)
            sums, counts = (member.T @ np.where(known, part, 0) @ member for part in (table, 1.0))
            found[f"{name}_{basis}"] = sums / counts
    return found


def structure(g: Grid) -> Figures:
    """How varied a region's private industries are, of six digits and of four: a value a region."""
    found = {}
    for digits, basis in itertools.product((6, 4), BASES):
        which = g.of_digits(digits)
        table = pd.DataFrame(np.nan_to_num(getattr(g, basis)[:, which]))
        sectors = table.T.groupby(g.sector[which]).sum().T
        variety, unrelated = (entropy(part, axis=1, base=2) for part in (table, sectors))
        measures = {
            "herfindahl": econcomplex.herfindahl(table, normalize=False), "krugman": econcomplex.krugman_index(table),
            "hachman": econcomplex.hachman_index(table), "variety": variety, "unrelated": unrelated,
            "related": variety - unrelated,
        }  # fmt: skip
        found |= {f"{name}_{digits}_{basis}": np.asarray(value) for name, value in measures.items()}
    return found


def shift_share(after: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """What a cluster gained: as the nation, as the cluster, as the region; the last in two (Esteban-Marquillas)."""
    columns = ["jobs", "jobs_all", "jobs_nation", "jobs_all_nation"]
    t = after.merge(before[["area", "cluster", *columns]], on=["area", "cluster"], suffixes=("", "_was"))
    national, cluster = (t[name] / t[f"{name}_was"] - 1 for name in ("jobs_all_nation", "jobs_nation"))
    even = t.jobs_all_was * t.jobs_nation_was / t.jobs_all_nation_was
    beyond = t.jobs / t.jobs_was - 1 - cluster
    return t.assign(
        national_share=t.jobs_was * national, industry_mix=t.jobs_was * (cluster - national),
        regional_shift=t.jobs - t.jobs_was * (1 + cluster), competitive=even * beyond,
        allocation=(t.jobs_was - even) * beyond,
    )  # fmt: skip


def clusters_in(rows: pd.DataFrame, year: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A year's clusters with their quotients, and which industries are in which cluster."""
    members = clusters_of(pd.Index(rows.code.unique()), year)
    return cluster_quotients(rows, sums_of_clusters(rows, members)), members


def of_kind(g: Grid, clock: Clock) -> Figures:
    """All that is computed on one kind of region."""
    with clock("concentration"):
        found = concentration(g)
    with clock("Moran's I"):
        surface = Surface(g)
        found |= moran_of_industries(g, surface)
    if g.kind != "cbsa":
        with clock("local Moran and Gi*"):
            found |= local_of_clusters(g, surface)
    for name, group in (("complexity", complexity), ("linkage", linkage), ("structure", structure)):
        with clock(name):
            found |= group(g)
    return found


def main() -> None:
    made, year, folder = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    clock, figures = Clock(), {}
    with clock("read"):
        rows = read(made, year)
    with clock("quotients"):
        quotients(rows)
        clusters, members = clusters_in(rows, year)
    with clock("matrices"):
        pairs = neighbours(made, year, counties_of_areas(made, year))
        grids = [grid(kind, rows, clusters, members, pairs[kind]) for kind in REGIONS]
    for g in grids:
        figures |= {f"{g.kind}/{name}": values for name, values in of_kind(g, clock).items()}
    if len(sys.argv) > 4:
        with clock("shift-share"):
            before = int(sys.argv[4])
            shift_share(clusters, clusters_in(read(made, before), before)[0])
    (folder / "grids.pickle").write_bytes(pickle.dumps(grids))
    np.savez(folder / "libraries.npz", **figures)
    clock.write(folder / "libraries.json")


if __name__ == "__main__":
    main()
