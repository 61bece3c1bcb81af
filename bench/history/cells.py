"""A national year of QCEW in pandas, and the matrices that both the libraries and ours compute on.

Belongs here: reading, clusters, who borders whom, matrices. Does not: indicators (`libraries`, `kernels`).

Published figures alone: what is withheld is NaN, and so is every sum with a withheld part. The warehouse bounds such
cells and carries least and greatest values through all it computes; nothing that is read here does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.history.economy import RANGES, SINGLEFILE
from bench.history.editions import edition_of
from bench.history.places import LISTS
from orchestration.naics import DBT

CODES = ("area_fips", "own_code", "industry_code", "agglvl_code", "disclosure_code")
KINDS = {"1": "nation", "4": "cbsa", "5": "state", "7": "county", "8": "cbsa"}
OUTSIDE = ("57", "72", "78")  # foreign places, Puerto Rico and the Virgin Islands are not in the nation's sums
NO_PLACE = "990"  # from here on, jobs that a state could not place in a county
ADJACENCY = "www2.census.gov/geo/docs/reference/county_adjacency"
PLANNING_REGIONS_FROM = 2024  # Connecticut's, in place of its counties


@dataclass(frozen=True)
class Grid:
    """The regions of one kind by private industries, and by traded clusters.

    `weight` is a region's share of all jobs. Of industries and clusters, jobs are NaN where withheld, and 0 where there
    is no cell; quotients of clusters are over all jobs and all establishments. `member` has the share of each six-digit
    industry that belongs to each cluster, `sector` the sector of each industry. `borders` are pairs of region numbers.
    """

    kind: str
    weight: np.ndarray
    all_jobs: np.ndarray
    all_plants: np.ndarray
    industries: np.ndarray
    sector: np.ndarray
    jobs: np.ndarray
    plants: np.ndarray
    cluster_jobs: np.ndarray
    lq: np.ndarray
    lq_plants: np.ndarray
    member: np.ndarray
    borders: np.ndarray

    def of_digits(self, digits: int) -> np.ndarray:
        """Numbers of the industries whose codes have so many digits; supersectors (101 and on) are none of them."""
        codes = enumerate(self.industries)
        return np.array([n for n, code in codes if len(code) == digits and code.isdigit() and code[:2] != "10"])


def read(made: Path, year: int) -> pd.DataFrame:
    """The nation's cells: kind, area, own, code, plants, jobs; areas that are printed as a total alone are summed."""
    names = {"area_fips": "area", "own_code": "own", "industry_code": "code", "annual_avg_estabs": "plants",
             "annual_avg_emplvl": "jobs"}  # fmt: skip
    rows = pd.read_csv(
        made / SINGLEFILE.format(year=year),
        usecols=[*CODES, "annual_avg_estabs", "annual_avg_emplvl"],
        dtype=dict.fromkeys(CODES, str),
    ).rename(columns=names)
    rows["kind"] = rows.agglvl_code.str[0].map(KINDS)
    rows["jobs"] = rows.jobs.astype(float).where(rows.disclosure_code != "N")
    members = counties_of_areas(made, year)
    placed = (rows.kind != "county") | (rows.area.str[2:] < NO_PLACE)
    inside = ~rows.area.str[:2].isin(OUTSIDE) & ((rows.kind != "cbsa") | rows.area.isin(members.area))
    rows = rows.loc[rows.kind.notna() & placed & inside, ["kind", "area", "own", "code", "plants", "jobs"]]
    return pd.concat([rows, sums_of_areas(rows, members)], ignore_index=True)


def counties_of_areas(made: Path, year: int) -> pd.DataFrame:
    """Metropolitan and micropolitan areas, as QCEW names them, with their counties."""
    _, path = LISTS[max(first for first in LISTS if first <= year or first == min(LISTS))]
    listed = pd.read_excel(made / path, engine="calamine", header=2, dtype=str).dropna(subset=["FIPS County Code"])
    # QCEW's codes have four digits: those that do not end in 0 would share theirs with another area.
    listed = listed[listed["CBSA Code"].str.endswith("0") & ~listed["FIPS State Code"].isin(OUTSIDE)]
    county = listed["FIPS State Code"].str.zfill(2) + listed["FIPS County Code"].str.zfill(3)
    return pd.DataFrame({"area": "C" + listed["CBSA Code"].str[:4], "county": county})


def sums_of_areas(rows: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Private industries of the areas of which only totals are printed, from their counties."""
    printed = rows.area[(rows.kind == "cbsa") & (rows.code != "10")].unique()
    left = members[~members.area.isin(printed)]
    parts = rows[(rows.kind == "county") & (rows.own == "5") & (rows.code != "10")]
    parts = parts.drop(columns="area").assign(county=parts.area).merge(left, on="county")
    keys = ["kind", "area", "own", "code"]
    return parts.assign(kind="cbsa").groupby(keys, as_index=False)[["plants", "jobs"]].sum(skipna=False)


def clusters_of(codes: pd.Index, year: int) -> pd.DataFrame:
    """Which clusters industries are in, by the longest prefix, or by the shares of a divided code: code, cluster,
    weight, cluster_kind."""
    edition, seeds = edition_of(year), DBT / "seeds"
    rules = pd.read_csv(seeds / "cluster_rules.csv", dtype={"prefix": str})
    rules = rules[(rules.naics_from <= edition) & (rules.naics_to >= edition)].set_index("prefix").cluster_id
    splits = pd.read_csv(seeds / "cluster_splits.csv", dtype={"code": str}).query("naics == @edition")
    whole = [code for code in codes if len(code) == 6 and code.isdigit() and code not in set(splits.code)]
    found = [(code, next((rules[code[:n]] for n in range(6, 1, -1) if code[:n] in rules.index), "")) for code in whole]
    one = pd.DataFrame(found, columns=["code", "cluster"]).assign(weight=1.0)
    divided = splits.rename(columns={"cluster_id": "cluster"})[["code", "cluster", "weight"]]
    both = pd.concat([one, divided[divided.code.isin(codes)]])
    kinds = pd.read_csv(seeds / "clusters.csv").set_index("cluster_id").kind
    both = both[both.cluster.isin(kinds.index)]
    return both.assign(cluster_kind=both.cluster.map(kinds)).sort_values(["code", "cluster"], ignore_index=True)


def sums_of_clusters(rows: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Private jobs and establishments of clusters: kind, area, cluster, cluster_kind, plants, jobs."""
    parts = rows[rows.own == "5"].merge(members, on="code")
    parts["plants"], parts["jobs"] = parts.plants * parts.weight, parts.jobs * parts.weight
    keys = ["kind", "area", "cluster", "cluster_kind"]
    return parts.groupby(keys, as_index=False)[["plants", "jobs"]].sum(skipna=False)


def neighbours(made: Path, year: int, members: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Pairs of regions that border each other, by kind; states and areas do if a county of one borders one of the
    other."""
    if year >= PLANNING_REGIONS_FROM:
        listed = pd.read_csv(made / ADJACENCY / "county_adjacency2023.txt", sep="|", dtype=str, encoding="latin-1")
        pairs = listed.set_axis(["name", "one", "beside", "other"], axis=1)
    else:
        listed = pd.read_csv(made / f"{ADJACENCY}.txt", sep="\t", header=None, dtype=str, encoding="latin-1")
        pairs = listed.set_axis(["name", "one", "beside", "other"], axis=1).assign(one=lambda t: t.one.ffill())
    # A county that was renamed since stands in the list under its old code.
    changes = pd.read_csv(DBT / "seeds" / "county_changes.csv", dtype={"old_code": str, "new_code": str})
    renamed = changes[(changes.kind == "rename") & (changes.first_year <= year)].set_index("old_code").new_code
    pairs = pairs[["one", "other"]].replace(renamed.to_dict())
    # A pair that is stated once holds both ways.
    pairs = pd.concat([pairs, pairs.rename(columns={"one": "other", "other": "one"})])
    area = members.drop_duplicates("county").set_index("county").area
    found = {"county": pairs, "state": pairs.apply(lambda side: side.str[:2] + "000"),
             "cbsa": pairs.apply(lambda side: side.map(area)).dropna()}  # fmt: skip
    return {kind: table[table.one != table.other].drop_duplicates() for kind, table in found.items()}


def grid(kind: str, rows: pd.DataFrame, clusters: pd.DataFrame, members: pd.DataFrame, borders: pd.DataFrame) -> Grid:
    """The matrices of one kind of region; `clusters` with their quotients (`libraries.quotients`)."""
    here = rows[rows.kind == kind]
    totals = here[(here.own == "0") & (here.code == "10") & (here.jobs > 0)].set_index("area").sort_index()
    private = here[(here.own == "5") & here.area.isin(totals.index)]
    jobs, plants = (private.pivot(index="area", columns="code", values=name) for name in ("jobs", "plants"))
    # Where there is no cell there is no plant; a withheld cell keeps its NaN.
    jobs, plants = jobs.mask(plants.isna(), 0), plants.fillna(0)
    jobs, plants = (table.reindex(totals.index, fill_value=0) for table in (jobs, plants))
    of_kind = clusters[(clusters.kind == kind) & (clusters.cluster_kind == "traded")]
    names = pd.Index(sorted(members.cluster[members.cluster_kind == "traded"].unique()))
    there, *tables = (of_kind.pivot(index="area", columns="cluster", values=name).reindex(totals.index, columns=names)
                      for name in ("plants", "jobs", "lq_all", "lq_plants"))  # fmt: skip
    tables = [table.mask(there.isna(), 0) for table in tables]
    traded = members[members.cluster_kind == "traded"].pivot(index="code", columns="cluster", values="weight")
    one, other = (totals.index.get_indexer(borders[side]) for side in ("one", "other"))
    held = (one >= 0) & (other >= 0)
    codes = jobs.columns
    return Grid(
        kind, (totals.jobs / totals.jobs.sum()).to_numpy(), totals.jobs.to_numpy(), totals.plants.to_numpy(float),
        codes.to_numpy(str), np.array([RANGES.get(code[:2], code[:2]) for code in codes]),
        jobs.to_numpy(float), plants.to_numpy(float),
        *(table.to_numpy(float) for table in tables),
        traded.reindex(codes, columns=names).fillna(0).to_numpy(), np.column_stack([one[held], other[held]]),
    )  # fmt: skip
