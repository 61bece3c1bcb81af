"""Flags and stars in completions: against published flags, numpy's quantiles, and the definition cluster by cluster."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.indicators.strength import (
    FLAGS,
    Sized,
    diversity,
    quantiles,
    shares_of_kind,
    standing,
    stars,
    strength,
    ucm_flags,
)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30))
def test_quantiles_are_numpys_over_what_counts(seed: int, regions: int) -> None:
    dice = np.random.default_rng(seed)
    values, counts = dice.integers(0, 9, (regions, 4)).astype(float), dice.random((regions, 4)) < 0.7
    found = quantiles(values, counts, (0.25, 0.5, 0.9))
    for column in range(4):
        mine = values[counts[:, column], column]
        expected = np.quantile(mine, (0.25, 0.5, 0.9)) if len(mine) else [np.nan] * 3
        assert [q[column] for q in found] == pytest.approx(expected, nan_ok=True)


def test_flags_are_those_that_are_published(reference: Path) -> None:
    """All four of 50 states and 51 traded clusters of 2016, from the published figures themselves."""
    with (reference / "ucm_states_2016.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["traded"] == "true"]
    flags = 0
    for code in {row["cluster_code"] for row in rows}:
        mine = [row for row in rows if row["cluster_code"] == code]
        jobs, plants, quotient = (np.array([float(row[name] or 0) for row in mine]) for name in ("emp", "est", "lq"))
        # Of one cluster, quotients are shares over one and the same share of the nation.
        found = ucm_flags(jobs[:, None], quotient[:, None], quotient[:, None], plants)
        for flag in FLAGS:
            published = np.array([row[flag.removeprefix("ucm_")] == "true" for row in mine])
            assert (found[flag][:, 0] == published).all(), (code, flag)
            flags += len(mine)
    assert flags == 4 * 2550


def test_stars_are_for_regions_with_jobs() -> None:
    jobs = np.array([[0.0], [50.0], [10.0]])
    assert stars(jobs, jobs / 100, jobs / 10)[:, 0].tolist() == [0, 3, 0]


def test_standing_is_cluster_by_cluster_and_over_peers() -> None:
    """Two regions that count and one that does not, two traded clusters and a local one; jobs in no cluster."""
    region, cluster = np.repeat(np.arange(3), 4), np.tile(np.arange(4), 3)
    kind = np.tile([0, 1, 1, 2], 3)
    jobs = np.array([[50, 10, 30, 5], [50, 10, 10, 5], [0, 99, 1, 5]], dtype=float).ravel()
    sized = Sized(region, cluster, kind, np.tile([1.0, 2.0, 3.0, 4.0], 3), np.repeat([100.0, 90.0, 105.0], 4),
                  np.repeat([True, True, False], 4), np.tile([np.nan, 0.5, 0.5, 1.0], 3),
                  np.tile([np.nan, 0.1, 0.1, 0.05], 3))  # fmt: skip
    # Of 100, 90 and 105 jobs; the nation has a tenth of its jobs in each traded cluster, a twentieth in the local one.
    assert diversity(sized, jobs[:, None], 1)[:, 0].tolist() == [2, 2, 1]
    assert diversity(sized, np.stack([jobs, jobs / 2], axis=1), 2).tolist() == [[1, 0], [1, 0], [0, 0]]
    share = shares_of_kind(sized, jobs[:, None])[:, 0].reshape(3, 4)
    assert share[:, 1].tolist() == pytest.approx([0.25, 0.5, 0.99])
    assert share[:, 3].tolist() == [1.0, 1.0, 1.0]
    found = standing(sized, jobs[:, None])
    assert found["lq"][:, 0].reshape(3, 4)[:, 1].tolist() == pytest.approx([0.5, 1.0, 1.98])
    # With as many plants everywhere none is above the quantile of plants, and who is no peer has no flag.
    assert all(not found[flag].any() for flag in FLAGS)
    assert found["stars"][:, 0].reshape(3, 4)[:, 0].tolist() == [0, 0, 0]


def test_strength_is_the_share_that_strong_clusters_hold_in_each_completion() -> None:
    """Two completions of four regions: a local cluster does not count, nothing traded is no share but where another
    completion has some, and where nobody is compared there is none."""
    region, kind = np.array([0, 0, 0, 1, 2, 3]), np.array([1, 1, 2, 2, 1, 1])
    ones = np.ones(6)
    is_peer = np.array([True, True, True, True, False, True])
    sized = Sized(region, np.array([1, 2, 3, 3, 1, 1]), kind, ones, ones, is_peer, ones, ones)
    jobs = np.array([[10.0, 20.0], [30.0, 20.0], [500.0, 500.0], [9.0, 9.0], [5.0, 5.0], [0.0, 2.0]])
    strong = np.array([[0, 1], [1, 0], [1, 1], [0, 0], [0, 0], [0, 1]], dtype=np.int8)
    found = strength(sized, jobs.astype(np.float32), strong, 1)
    assert found[0].tolist() == [0.75, 0.5]
    assert np.isnan(found[1:3]).all()
    assert found[3].tolist() == [1.0, 1.0]
