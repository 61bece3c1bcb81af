"""U.S. Cluster Mapping's flags, the Observatory's stars and diversity of figures that are numbers, in many completions.

Belongs here: quantiles over the regions of a cluster and the flags that they give, how many clusters a region is
specialised in, how much of what it trades is in strong ones, one column a completion. Does not:
flags that bounds settle for certain (`dbt_project/macros/specialisation.sql`), where completions come from
(`completions`).

Source: Delgado, Porter & Stern 2014, Clusters, convergence, and economic performance, Research Policy 43(10); European
Cluster Observatory, Priority Sector Report 2009 (stars).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from orchestration.indicators.completions import starts

FLAGS = ("ucm_qualifying", "ucm_significant", "ucm_strong", "ucm_strong10")


def quantiles(values: np.ndarray, counts: np.ndarray, shares: Sequence[float]) -> list[np.ndarray]:
    """Quantiles down each column over the rows that count, by linear interpolation (type 7); NaN where none does.

    Args:
        values: one row a region, one column a completion.
        counts: of the same shape, which values count.
        shares: from 0 to 1.

    Returns:
        One value a column, for each share.

    Example:
        >>> values = np.array([[1.0], [2.0], [4.0], [0.0]])
        >>> [q.tolist() for q in quantiles(values, values > 0, (0.5, 0.75))]
        [[2.0], [3.0]]
    """
    ordered = np.sort(np.where(counts, values, np.inf), axis=0)
    last = counts.sum(axis=0) - 1
    found = []
    for share in shares:
        place = np.maximum(last, 0) * share
        low = np.floor(place).astype(np.int64)
        below, beyond = (
            np.take_along_axis(ordered, np.minimum(at, np.maximum(last, 0))[None], axis=0)[0] for at in (low, low + 1)
        )
        with np.errstate(invalid="ignore"):
            value = below + (beyond - below) * (place - low)
        found.append(np.where(last >= 0, value, np.nan))
    return found


def ucm_flags(
    employment: np.ndarray, share: np.ndarray, quotient: np.ndarray, establishments: np.ndarray
) -> dict[str, np.ndarray]:
    """The four flags of one cluster in each region and completion.

    Args:
        employment, share, quotient: one row a region, one column a completion: jobs, the cluster's share of the jobs of
            its kind, that share over the nation's.
        establishments: one a region.

    Returns:
        For each of `FLAGS` whether it holds, in the shape of `employment`. Thresholds are taken over regions with jobs.

    Example:
        >>> jobs, share = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([[0.1], [0.1], [0.1], [0.7]])
        >>> ucm_flags(jobs, share, share / 0.25, np.array([1, 2, 3, 4]))["ucm_strong"][:, 0].tolist()
        [False, False, False, True]
    """
    there = employment > 0
    plants = np.broadcast_to(establishments[:, None], employment.shape).astype(employment.dtype)
    (few_plants,), (few_jobs,) = quantiles(plants, there, (0.25,)), quantiles(employment, there, (0.25,))
    q25, q50, q75, q90 = quantiles(share, there, (0.25, 0.5, 0.75, 0.9))
    with np.errstate(invalid="ignore"):
        large = there & (plants > few_plants) & (employment > few_jobs)
        strong = large & (quotient >= 1)
        reached = (large & (share > q25), large & (share > q50), strong & (share >= q75), strong & (share >= q90))
    return dict(zip(FLAGS, reached, strict=True))


def stars(employment: np.ndarray, focus: np.ndarray, quotient_all: np.ndarray) -> np.ndarray:
    """How many of the three stars each region's cluster has: size, specialisation, focus.

    Args:
        employment, focus, quotient_all: one row a region, one column a completion: jobs, the cluster's share of all
            jobs of its region, that share over the nation's.

    Example:
        >>> jobs = np.array([[1.0], [2.0], [30.0]])
        >>> stars(jobs, jobs / 100, jobs / 10)[:, 0].tolist()
        [0, 0, 3]
    """
    there = employment > 0
    (large,), (focused,) = quantiles(employment, there, (0.9,)), quantiles(focus, there, (0.9,))
    with np.errstate(invalid="ignore"):
        count = (employment >= large).astype(np.int8) + (quotient_all >= 2) + (focus >= focused)
    return np.where(there, count, 0).astype(np.int8)


def ranks(cluster: np.ndarray, values: np.ndarray) -> np.ndarray:
    """One plus how many regions have more of the same cluster; those with none of it all come last together.

    Args:
        cluster: its number, one a row.
        values: one row a region's cluster, one column a completion. Other than at zero, equal values are told apart by
            their order: drawn figures are hardly ever equal.

    Example:
        >>> ranks(np.array([7, 7, 7, 8]), np.array([[0.0], [5.0], [0.0], [1.0]]))[:, 0].tolist()
        [2, 1, 2, 1]
    """
    found = np.empty(values.shape, dtype=np.int32)
    for one in np.unique(cluster):
        mine = np.flatnonzero(cluster == one)
        here = values[mine]
        places = np.empty(here.shape, dtype=np.int32)
        falling = np.arange(len(mine), 0, -1, dtype=np.int32)[:, None]
        np.put_along_axis(places, np.argsort(here, axis=0), falling, axis=0)
        found[mine] = np.where(here > 0, places, 1 + (here > 0).sum(axis=0))
    return found


class Sized(NamedTuple):
    """The clusters of regions of one type, one entry each.

    By number their region, cluster and kind (0 for what is in no cluster); establishments; all jobs of the region;
    whether UCM compares the region; the nation's share of the cluster in its kind, and in all jobs.
    """

    region: np.ndarray
    cluster: np.ndarray
    kind: np.ndarray
    establishments: np.ndarray
    all_jobs: np.ndarray
    is_peer: np.ndarray
    nation_share: np.ndarray
    nation_focus: np.ndarray


def diversity(sized: Sized, jobs: np.ndarray, kind: int) -> np.ndarray:
    """How many clusters of a kind each region has a quotient over all industries of 1 or more of, in each completion.

    Args:
        sized: the clusters of regions of one type, numbered from 0, a region's next to each other.
        jobs: one row a cluster of a region, one column a completion.
        kind: which clusters count.

    Returns:
        One row a region, one column a completion.

    Example:
        >>> one = np.ones(2)
        >>> sized = Sized(np.array([0, 0]), np.array([1, 2]), one, one, one * 100, one > 0, one, np.array([0.1, 0.3]))
        >>> diversity(sized, np.array([[9.0, 10.0], [30.0, 40.0]]), 1).tolist()
        [[1, 2]]
    """
    found = np.zeros((int(sized.region.max(initial=-1)) + 1, jobs.shape[1]), dtype=np.int32)
    counts = np.flatnonzero(sized.kind == kind)
    with np.errstate(invalid="ignore"):
        present = jobs[counts] >= (sized.all_jobs * sized.nation_focus)[counts, None]
    region = sized.region[counts]
    first = starts(region)
    found[region[first]] = np.add.reduceat(present, first, axis=0, dtype=np.int32)
    return found


def strength(sized: Sized, jobs: np.ndarray, strong: np.ndarray, kind: int) -> np.ndarray:
    """The share of each region's jobs in clusters of a kind that is in strong ones, in each completion.

    Args:
        sized: the clusters of regions of one type, numbered from 0, a region's next to each other.
        jobs, strong: one row a cluster of a region, one column a completion: its jobs; 1 where it is strong, else 0.
        kind: which clusters count.

    Returns:
        One row a region, one column a completion; NaN where UCM compares the region with nobody, and where it has no
        job of the kind in any. A completion without one says nothing, and takes the mean of the others.

    Example:
        >>> one, share = np.ones(2), np.array([0.1, 0.3])
        >>> sized = Sized(np.array([0, 0]), np.array([1, 2]), one, one, one * 100, one > 0, share, share)
        >>> strength(sized, np.array([[10.0], [30.0]]), np.array([[0], [1]]), 1).tolist()
        [[0.75]]
    """
    first = starts(sized.region)
    found = np.full((len(first), jobs.shape[1]), np.nan)
    for n, (start, end) in enumerate(pairwise([*first.tolist(), len(sized.region)])):
        counts = start + np.flatnonzero(sized.kind[start:end] == kind)
        if sized.is_peer[start:end].any():
            here = jobs[counts].astype(np.float64)
            held = here.sum(axis=0)
            some = held > 0
            if some.any():
                shares = (here * strong[counts]).sum(axis=0)[some] / held[some]
                found[n] = shares.mean()
                found[n, some] = shares
    return found


def shares_of_kind(sized: Sized, jobs: np.ndarray) -> np.ndarray:
    """Each cluster's share of the jobs of its kind in its region; NaN where that has none.

    Args:
        sized: the clusters.
        jobs: one row a cluster of a region, one column a completion.
    """
    of = sized.region * (sized.kind.max(initial=0) + 1) + sized.kind
    order = np.argsort(of, kind="stable")
    first = starts(of[order])
    sums = np.empty_like(jobs)
    sums[order] = np.repeat(np.add.reduceat(jobs[order], first, axis=0), np.diff(first, append=len(of)), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: np.ndarray = np.divide(jobs, sums, out=sums)
    return found


def standing(sized: Sized, jobs: np.ndarray) -> dict[str, np.ndarray]:
    """Quotients over their kind, flags and stars of every cluster of every region, in each completion.

    Args:
        sized: the clusters of regions of one type.
        jobs: one row a cluster of a region, one column a completion.

    Returns:
        `lq`, each of `FLAGS` as 0 or 1 (regions that UCM does not compare have 0) and `stars`, in the shape of `jobs`.

    Example:
        >>> three, whole = np.arange(3), np.full(3, 100.0)
        >>> sized = Sized(three, three * 0, three * 0 + 1, whole, whole, three >= 0, whole / 300, whole / 1000)
        >>> found = standing(sized, np.array([[10.0], [20.0], [90.0]]))
        >>> found["stars"][:, 0].tolist(), found["lq"][:, 0].tolist()
        ([0, 1, 3], [3.0, 3.0, 3.0])
    """
    share = shares_of_kind(sized, jobs)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {"lq": share / sized.nation_share.astype(jobs.dtype)[:, None]}
        focus = (1 / sized.all_jobs).astype(jobs.dtype)
        nation_focus = (1 / sized.nation_focus).astype(jobs.dtype)
    found |= {name: np.zeros(jobs.shape, dtype=np.int8) for name in (*FLAGS, "stars")}
    for cluster in np.unique(sized.cluster[sized.kind > 0]):
        mine = np.flatnonzero(sized.cluster == cluster)
        focused = jobs[mine] * focus[mine, None]
        found["stars"][mine] = stars(jobs[mine], focused, focused * nation_focus[mine, None])
        peers = mine[sized.is_peer[mine]]
        if len(peers):
            flags = ucm_flags(jobs[peers], share[peers], found["lq"][peers], sized.establishments[peers])
            for name, holds in flags.items():
                found[name][peers] = holds
    return found
