"""How unevenly industries lie in completions: the measures of the ranges where they meet, and whether intervals hold.

Belongs here: the kernel of completions. Does not: ranges (`test_concentration`), published figures (`tests/oracles`).
"""

from __future__ import annotations

import numpy as np
import pytest

from orchestration.indicators.completions import Open
from orchestration.indicators.concentration import concentration
from orchestration.indicators.concentration_draws import MEASURES, Spread, completed, gini, measured, stretches
from orchestration.indicators.shares import Boxes

REGIONS = 60


def known(jobs: np.ndarray) -> Open:
    """Cells of which nothing is withheld."""
    return Open(jobs, jobs, jobs, *np.zeros((3, len(jobs))))


def uneven(industries: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Jobs, industry, weight and plants of each cell, and squared weights; a tenth of the regions have no row."""
    dice = np.random.default_rng(seed)
    weights = dice.dirichlet(np.full(REGIONS, 0.5)) + 1e-4
    weights /= weights.sum()
    there = dice.random((industries, REGIONS)) < 0.9
    industry, region = np.nonzero(there)
    jobs = np.round(dice.lognormal(4, 1.5, len(industry)) * (dice.random(len(industry)) < 0.9))
    jobs[np.flatnonzero(np.diff(industry, prepend=-1))] += 1
    squares = np.full(industries, (weights**2).sum())
    return jobs, industry, weights[region], dice.integers(1, 50, len(industry)).astype(float), squares


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_measures_are_those_of_ranges_that_meet(dtype: type) -> None:
    jobs, industry, weight, plants, squares = uneven(30, seed=1)
    share = jobs / np.bincount(industry, weights=jobs)[industry]
    start = np.flatnonzero(np.diff(industry, prepend=-1))
    expected = concentration(Boxes(start, share, share), weight, plants, squares)
    found = measured(np.stack([share, share], axis=1).astype(dtype), industry, weight, plants, squares)
    assert tuple(found) == MEASURES
    for name in MEASURES:
        for draw in range(2):
            assert found[name][:, draw] == pytest.approx(expected[name].lower, rel=2e-4, abs=2e-6), name


def test_the_gini_index_is_the_mean_difference_of_quotients() -> None:
    """Half the mean difference between quotients, weighted, over their mean: Gini's own definition."""
    dice = np.random.default_rng(2)
    weight, share = dice.dirichlet(np.ones(9)), dice.dirichlet(np.ones(8), 3).T
    quotient = np.vstack([share, np.zeros(3)]) / weight[:, None]
    apart = np.abs(quotient[:, None] - quotient[None])
    expected = np.einsum("ijd,i,j->d", apart, weight, weight) / 2
    assert gini(share, np.array([0]), weight[:8])[0] == pytest.approx(expected, abs=1e-4)


def test_an_industry_in_one_region() -> None:
    one = np.ones(1)
    found = measured(np.ones((1, 2)), np.zeros(1, int), one * 0.25, one * 4, one * 0.1)
    assert found["locational_gini"].tolist() == [[0.75, 0.75]]
    assert found["herfindahl"].tolist() == [[1.0, 1.0]]
    assert found["theil"] == pytest.approx(np.full((1, 2), np.log(4)))


def withheld(seed: int) -> tuple[Spread, Spread]:
    """Industries of which half the cells are withheld, with estimates that add up; and as they are."""
    jobs, industry, weight, plants, squares = uneven(300, seed)
    dice = np.random.default_rng(seed)
    is_open, spread = dice.random(len(jobs)) < 0.5, np.full(len(jobs), 0.8)
    drawn = (jobs + 0.5) * np.exp(spread * dice.standard_normal(len(jobs)))
    rest, added = (np.bincount(industry, weights=np.where(is_open, v, 0)) for v in (jobs, drawn))
    truth = np.where(is_open, drawn * (rest / np.maximum(added, 1e-9))[industry], jobs)
    bounds = np.where(is_open, 0, jobs), np.where(is_open, np.inf, jobs)
    total = np.bincount(industry, weights=jobs)
    cells = Open(jobs, *bounds, spread * 0, spread, spread)
    others = (industry, weight, plants, total, squares)
    return Spread(cells, *others), Spread(known(truth), *others)


def test_four_in_five_truths_lie_within_the_interval_where_errors_are_as_told() -> None:
    some, true = withheld(seed=3)
    found, truth = completed(some, draws=200), completed(true, draws=1)
    for name in MEASURES:
        low, high = np.quantile(found[name], (0.1, 0.9), axis=1)
        assert ((low <= truth[name][:, 0]) & (truth[name][:, 0] <= high)).mean() == pytest.approx(0.8, abs=0.06), name


def test_what_all_regions_hold_is_in_doubt_where_nobody_tells() -> None:
    """Two regions, of one of which all is withheld: told the sum, nothing is in doubt."""
    half, zeros, spread = np.array([0.5, 0.5]), np.zeros(2), np.array([0.0, 0.7])
    cells = Open(np.array([60.0, 40.0]), np.array([60.0, 0]), np.array([60.0, 999]), zeros, spread, spread)
    some = Spread(cells, np.zeros(2, int), half, np.ones(2), np.array([100.0]), np.array([0.5]))
    assert np.ptp(completed(some)["herfindahl"]) < 1e-6
    assert np.ptp(completed(some._replace(total=np.array([np.nan])))["herfindahl"]) > 0.05


def test_completions_are_the_same_at_every_run() -> None:
    some, _ = withheld(seed=4)
    first, second = completed(some, draws=3), completed(some, draws=3)
    assert all((first[name] == second[name]).all() for name in MEASURES)


def test_intervals_are_stretched_by_what_is_withheld() -> None:
    """Of three industries a tenth, a third and all of the jobs are withheld."""
    jobs = np.array([90.0, 10, 70, 30, 0, 100])
    is_open = np.array([False, True] * 3)
    cells = Open(jobs, np.where(is_open, 0, jobs), np.where(is_open, 200, jobs), *np.zeros((3, 6)))
    ones = np.ones(6)
    some = Spread(cells, np.arange(6) // 2, ones, ones, ones[:3], ones[:3])
    assert stretches(some, "county").tolist() == [4.5, 2.8, 1.8]
