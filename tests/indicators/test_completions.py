"""Seeded completions of withheld cells: within bounds, adding up, the same at every run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.indicators import completions
from orchestration.indicators.completions import Open, Parts, added, completed, drawn, raked


def cells(seed: int, number: int) -> Open:
    """Cells with estimates between their bounds; some bounds are far off, some meet the estimate."""
    dice = np.random.default_rng(seed)
    estimate = dice.integers(0, 500, number).astype(float)
    lower = np.maximum(estimate - dice.choice([0, 5, 400], number), 0)
    upper = estimate + dice.choice([0, 5, np.inf], number)
    return Open(estimate, lower, upper, np.zeros(number), *dice.uniform(0.1, 1.5, (2, number)))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_draws_lie_within_bounds(seed: int, number: int) -> None:
    some = cells(seed, number)
    found = drawn(some, 20, np.random.default_rng(seed))
    assert (found >= some.lower[:, None]).all()
    assert (found <= some.upper[:, None]).all()


def test_a_tenth_lies_below_and_above_the_percentiles_of_the_error() -> None:
    one = Open(*(np.array([value]) for value in (100.0, 0.0, np.inf, 0.1, 0.8, 0.3)))
    found = drawn(one, 40_000, np.random.default_rng(1))[0]
    low, middle, high = 100.5 * np.exp([0.1 - 1.2816 * 0.8, 0.1, 0.1 + 1.2816 * 0.3]) - 0.5
    assert [float((found < at).mean()) for at in (low, middle, high)] == pytest.approx([0.1, 0.5, 0.9], abs=0.01)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 7))
def test_parts_do_not_depend_on_how_many_are_held_at_a_time(seed: int, number: int, at_once: int) -> None:
    some, dice = cells(seed, number), np.random.default_rng(seed)
    part, weight = np.sort(dice.integers(0, 9, number)), dice.uniform(0, 1, number)
    whole = added(some, part, weight, 9, draws=8)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(completions, "AT_ONCE", 8 * at_once)
        assert (added(some, part, weight, 9, draws=8) == whole).all()
    assert (whole[np.setdiff1d(np.arange(9), part)] == 0).all()


def test_raking_meets_totals_where_bounds_leave_room() -> None:
    """Two regions with two clusters each; of one region nothing is known in all."""
    draws = np.array([[1.0, 4.0], [3.0, 4.0], [5.0, 5.0], [1.0, 2.0]], dtype=np.float32)
    region, total = np.array([0, 0, 1, 1]), np.array([16.0, np.nan])
    upper = np.array([9.0, 9.0, 9.0, 9.0])
    raked(draws, np.zeros(4), upper, [(region, total)], rounds=3)
    assert draws.sum(axis=0)[0] == pytest.approx(9 + 6 + 5 + 1, abs=0.6)
    assert draws[:2, 1].tolist() == [8.0, 8.0]
    assert draws[2:].tolist() == [[5.0, 5.0], [1.0, 2.0]]


def test_completions_hold_what_a_region_and_a_cluster_hold() -> None:
    """Forty regions with five clusters of four withheld industries each."""
    dice = np.random.default_rng(3)
    parts, leaves = 200, 800
    estimate = dice.integers(1, 300, leaves).astype(float)
    some = Open(estimate, np.zeros(leaves), np.full(leaves, np.inf), np.zeros(leaves), *np.full((2, leaves), 0.6))
    part = np.arange(leaves) // 4
    open_estimate, known = np.bincount(part, weights=estimate), dice.integers(0, 900, parts).astype(float)
    region, cluster = np.arange(parts) // 5, np.arange(parts) % 5
    total = np.bincount(region, weights=open_estimate + known)
    whole = Parts(region, cluster, known, open_estimate, known, np.full(parts, np.inf), total)
    found = completed(some, whole, part, np.ones(leaves))
    assert found.shape == (parts, completions.DRAWS)
    sums = np.stack([found[region == r].sum(axis=0) for r in range(40)])
    assert np.abs(sums / total[:, None] - 1).max() < 1e-3
    of_cluster = np.stack([found[cluster == c].sum(axis=0) for c in range(5)])
    expected = np.bincount(cluster, weights=open_estimate + known)[:, None]
    assert np.abs(of_cluster / expected - 1).max() < 0.02
    assert (found >= known[:, None] * (1 - 1e-6)).all()
    assert (completed(some, whole, part, np.ones(leaves)) == found).all()


def test_without_open_cells_everything_is_as_it_is_known() -> None:
    none = Open(*np.zeros((6, 0)))
    one = Parts(np.array([0]), np.array([0]), np.array([7.0]), np.array([0.0]), np.array([7.0]), np.array([7.0]),
                np.array([7.0]))  # fmt: skip
    assert (completed(none, one, np.zeros(0, dtype=int), np.zeros(0)) == 7).all()
