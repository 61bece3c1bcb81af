"""Estimates of each cluster in each region, how wide their doubt is, and how likely each verdict is.

From seeded completions of the withheld cells: see orchestration/indicators/completions.py and strength.py.
"""

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.indicators.completions import Open, Parts, completed, percentiles
from orchestration.indicators.strength import FLAGS, Sized, diversity, ranks, standing, strength

KINDS = {"none": 0, "traded": 1, "local": 2}
KEYS = {"region_id": pa.string(), "cluster_id": pa.string(), "year": pa.int32()}
FIGURES = [
    "nation_estimate",
    "employment_estimate",
    "employment_p10",
    "employment_p90",
    "lq_estimate",
    "lq_p10",
    "lq_p90",
]
# A region's own, in each of its rows.
OF_REGION = ["diversity_p10", "diversity_p90", *(f"cluster_strength_{end}" for end in ("estimate", "p10", "p90"))]
RANKS = [f"rank_{figure}_{end}" for figure in ("employment", "lq") for end in ("estimate", "p10", "p90")]
PROBABILITIES = [f"{flag}_probability" for flag in FLAGS]
OF_LEAF = ", ".join(["region_no", "cluster_no", "weight", *Open._fields])
SCHEMA = pa.schema(
    KEYS
    | dict.fromkeys([*FIGURES, *OF_REGION, *PROBABILITIES], pa.float64())
    | dict.fromkeys(["stars_estimate", *RANKS], pa.int32())
)


def model(dbt, session):
    dbt.config(materialized="table")
    parts, leaves = dbt.ref("int_cluster_parts"), dbt.ref("int_cluster_leaves").filter("is_open")
    found = [SCHEMA.empty_table()]
    for (year,) in parts.project("year").distinct().order("year").fetchall():
        nation = {}
        # The nation first, which the others are compared with.
        for region_type in ("nation", "state", "county", "cbsa"):
            here = f"region_type = '{region_type}' AND year = {year}"
            part = parts.filter(here).order("region_no, cluster_no").to_arrow_table().combine_chunks()
            leaf = leaves.filter(here).order("region_no, cluster_no, industry_no").project(OF_LEAF).to_arrow_table()
            if part.num_rows:
                found.append(estimates(part, leaf, nation))
    return pa.concat_tables(found)


def estimates(part, leaf, nation):
    """The rows of the regions of one type in a year; the nation's shares are kept in `nation` for those after it."""
    region_no = part["region_no"].to_numpy()
    region = np.cumsum(np.diff(region_no, prepend=-1) > 0) - 1
    column = {name: numbers(part, name) for name in ("cluster_no", "known", "open_estimate", "lower", "upper")}
    cluster = column["cluster_no"].astype(np.int64)
    first = np.flatnonzero(np.diff(region, prepend=-1))
    point = np.clip(column["known"] + column["open_estimate"], column["lower"], column["upper"])
    draws = drawn(part, leaf, region, cluster, column, numbers(part, "private_jobs")[first])
    kind = np.array([KINDS[name] for name in part["kind"].to_pylist()])
    all_jobs = numbers(part, "all_jobs")
    if not nation:
        of_kind = np.bincount(kind, weights=point)
        nation |= {
            no: (jobs, jobs / of_kind[k], jobs / all_jobs[0]) for no, jobs, k in zip(cluster, point, kind, strict=True)
        }
    of_nation, *shares = np.array([nation.get(no, (np.nan,) * 3) for no in cluster.tolist()]).T
    sized = Sized(region, cluster, kind, numbers(part, "establishments"), all_jobs,
                  part["is_peer"].to_numpy(zero_copy_only=False), *shares)  # fmt: skip
    once, often = standing(sized, point[:, None]), standing(sized, draws)
    certain = column["lower"] == column["upper"]
    table = {name: part[name] for name in KEYS} | {"nation_estimate": of_nation}
    table |= interval("employment", point, draws, certain, whole=True)
    # Known for certain is a cluster's own figure; its quotient rests on the others of its region too.
    table |= interval("lq", once["lq"][:, 0], often["lq"], np.zeros_like(certain))
    diverse = percentiles(diversity(sized, draws, KINDS["traded"]), (0.1, 0.9))
    table |= {"diversity_p10": np.floor(diverse[0])[region], "diversity_p90": np.ceil(diverse[1])[region]}
    part_strong = strength(sized, draws, often["ucm_strong"], KINDS["traded"])
    # The mean of all completions: a verdict in doubt counts in part.
    for name, value in interval("cluster_strength", part_strong.mean(axis=1), part_strong, False).items():
        table[name] = value[region]
    for flag in FLAGS:
        table[f"{flag}_probability"] = np.where(sized.is_peer, often[flag].mean(axis=1), np.nan)
    table["stars_estimate"] = once["stars"][:, 0].astype(np.int32)
    for figure, one, many in (("employment", point[:, None], draws), ("lq", once["lq"], often["lq"])):
        table |= ranked(figure, ranks(cluster, one)[:, 0], ranks(cluster, many))
    in_one = kind > 0
    made = {name: pa.array(values, from_pandas=True) if isinstance(values, np.ndarray) else values
            for name, values in table.items()}  # fmt: skip
    return pa.table(made).filter(pa.array(in_one)).select(SCHEMA.names).cast(SCHEMA)


def drawn(part, leaf, region, cluster, column, region_total):
    """The completions of every part."""
    # A leaf without a part would be NULL, which makes no such array.
    of_leaf = pc.index_in(places(leaf), value_set=places(part)).to_numpy().astype(np.int64)
    cells = Open(*(numbers(leaf, name) for name in Open._fields))
    parts = Parts(
        region, cluster, *(column[name] for name in ("known", "open_estimate", "lower", "upper")), region_total
    )
    return completed(cells, parts, of_leaf, numbers(leaf, "weight"))


def places(table):
    """Which region and cluster each row is of, as one number."""
    return pa.array(table["region_no"].to_numpy().astype(np.int64) * 2**16 + table["cluster_no"].to_numpy())


def interval(name, point, draws, certain, *, whole=False):
    """A figure with its tenth and ninetieth percentile, which are about it; in whole jobs where told."""
    low, high = percentiles(draws, (0.1, 0.9)).astype(np.float64)
    low, high = np.where(certain, point, np.fmin(low, point)), np.where(certain, point, np.fmax(high, point))
    values = {f"{name}_estimate": point, f"{name}_p10": low, f"{name}_p90": high}
    if whole:
        values = {key: np.where(certain, value, np.floor(value + 0.5)) for key, value in values.items()}
    return values


def ranked(figure, rank, drawn_ranks):
    """A rank with those that one draw in ten lies at or below, and nine in ten, which are about it."""
    ordered = np.sort(drawn_ranks, axis=1)
    low, high = (ordered[:, math.ceil(share * ordered.shape[1]) - 1] for share in (0.1, 0.9))
    ends = {"estimate": rank, "p10": np.minimum(low, rank), "p90": np.maximum(high, rank)}
    return {f"rank_{figure}_{end}": value for end, value in ends.items()}


def numbers(table, name):
    """A column as doubles, NaN for NULL."""
    return table[name].to_numpy().astype(np.float64)
