"""What regions are made up of in completions: the measures as their sources write them, and whether intervals hold.

Belongs here: the kernel of completions. Does not: ranges (`test_structure`), published figures (`tests/oracles`).
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from orchestration.indicators import structure_draws
from orchestration.indicators.completions import Open, filled
from orchestration.indicators.structure import MEASURES
from orchestration.indicators.structure_draws import Economies, completed, measured, shares
from tests.indicators.test_structure import plainly, regions

ONE = np.array([0])


def known(jobs: np.ndarray) -> Open:
    """Cells of which nothing is withheld."""
    return Open(jobs, jobs, jobs, *np.zeros((3, len(jobs))))


@settings(deadline=None, max_examples=100)
@given(st.lists(regions(), min_size=1, max_size=4))
def test_measures_are_what_their_sources_write(cases: list[tuple[list[np.ndarray], ...]]) -> None:
    """Several regions in three completions: as they are, with twice the jobs, and with the industries the other way."""
    made = [[[s * 1.0, s * 2.0, s[::-1]] for s in case[0]] for case in cases]
    jobs = np.concatenate([np.stack(ways, axis=1) for region in made for ways in region])
    sizes = [len(s) for case in cases for s in case[0]]
    sector = np.repeat(np.arange(len(sizes)), sizes)
    region = np.repeat(np.arange(len(cases)), [len(case[0]) for case in cases])
    held = np.stack([jobs[sector == s].sum(axis=0) for s in range(len(sizes))])
    nation = np.concatenate([np.concatenate(case[1]) / sum(v.sum() for v in case[1]) for case in cases])
    share = shares(jobs, held, sector, region)
    found = measured(share, nation, sector, region)
    assert tuple(found) == MEASURES
    for r, case in enumerate(cases):
        mine = region[sector] == r
        ends = np.cumsum([len(v) for v in case[1]])[:-1]
        assert found["variety"][r] == pytest.approx(entropy(share[mine], base=2, axis=0), abs=1e-9)
        for draw in range(3):
            truth = plainly([ways[draw] for ways in made[r]], np.split(nation[mine], ends))
            assert {name: found[name][r, draw] for name in MEASURES} == pytest.approx(truth, abs=1e-9)


def test_shares_follow_the_sectors_own_figures() -> None:
    """Sectors are rounded: one holds 11 where its industries add up to 10. One of which no industry holds a job has no
    share, and a region that holds nothing has none at all."""
    jobs, held = np.array([[6.0], [4.0], [9.0], [0.0], [0.0]]), np.array([[11.0], [9.0], [3.0], [0.0]])
    found = shares(jobs, held, np.array([0, 0, 1, 2, 3]), np.array([0, 0, 0, 1]))
    assert found[:4, 0].tolist() == pytest.approx([0.33, 0.22, 0.45, 0])
    assert np.isnan(found[4, 0])
    for values in measured(found, np.full(5, 0.2), np.array([0, 0, 1, 2, 3]), np.array([0, 0, 0, 1])).values():
        assert np.isnan(values[:, 0]).tolist() == [False, True]


def test_withheld_cells_hold_what_known_ones_leave_in_each_completion() -> None:
    """Two wholes, one of which holds another total in each completion, and one nobody knows the total of."""
    estimate = np.array([50.0, 30.0, 20.0, 40.0, 10.0, 5.0])
    is_open = np.array([False, True, True, True, True, True])
    spread = np.where(is_open, 0.5, 0)
    cells = Open(estimate, np.where(is_open, 0, estimate), np.where(is_open, 500, estimate), spread * 0, spread, spread)
    total = np.array([[100.0, 120.0, 140.0], [90.0, 90.0, 90.0], [np.nan] * 3])
    found = filled(cells, np.array([0, 0, 0, 1, 1, 2]), total, 3, np.random.default_rng(1))
    assert found[0].tolist() == [50, 50, 50]
    assert found[:3].sum(axis=0).tolist() == pytest.approx([100, 120, 140], rel=1e-5)
    assert found[3:5].sum(axis=0).tolist() == pytest.approx([90] * 3, rel=1e-5)
    assert len(set(found[5].tolist())) == 3


def test_what_is_left_over_reaches_cells_that_are_drawn_empty() -> None:
    """An estimate of nothing has the same error whatever it is multiplied by."""
    cells = Open(np.zeros(2), np.zeros(2), np.full(2, 99.0), np.full(2, -9.0), np.ones(2), np.ones(2))
    found = filled(cells, np.zeros(2, int), np.array([[40.0]]), 5, np.random.default_rng(1))
    assert found.sum(axis=0).tolist() == pytest.approx([40] * 5, rel=1e-5)


def world(regions: int, seed: int) -> tuple[Economies, Economies]:
    """Regions of five sectors of eight industries, some withheld, with estimates that add up; and as they are."""
    dice = np.random.default_rng(seed)
    sectors, leaves = regions * 5, regions * 40
    sector, region = np.arange(leaves) // 8, np.arange(sectors) // 5
    guess, is_open = dice.lognormal(4, 1, leaves), dice.random(leaves) < 0.4
    spread = np.full(leaves, 0.9)
    held = np.bincount(sector, weights=guess)
    drawn = guess * np.exp(spread * dice.standard_normal(leaves))
    rest, added = (np.bincount(sector, weights=np.where(is_open, jobs, 0)) for jobs in (guess, drawn))
    truth = np.where(is_open, drawn * (rest / np.maximum(added, 1e-9))[sector], guess)
    total = np.bincount(region, weights=held)
    bounds = np.where(is_open, 0, truth), np.where(is_open, np.inf, truth)
    cells = Open(guess, *bounds, spread * 0, spread, spread)
    nation = np.full(leaves, 1 / 40)
    rest = (known(held), sector, region, nation, total)
    return Economies(cells, *rest), Economies(known(truth), *rest)


def test_four_in_five_truths_lie_within_the_interval_where_errors_are_as_told() -> None:
    some, true = world(regions=400, seed=1)
    found, truth = completed(some), completed(true, draws=1)
    for name in set(MEASURES) - {"unrelated_variety"}:
        low, high = np.quantile(found[name], (0.1, 0.9), axis=1)
        assert ((low <= truth[name][:, 0]) & (truth[name][:, 0] <= high)).mean() == pytest.approx(0.8, abs=0.05), name
    # Sectors are known.
    assert np.ptp(found["unrelated_variety"], axis=1).max() < 1e-5
    assert found["unrelated_variety"][:, 0] == pytest.approx(truth["unrelated_variety"][:, 0], abs=1e-5)


def test_withheld_sectors_are_in_doubt_as_well() -> None:
    some, _ = world(regions=50, seed=2)
    spread = np.full(len(some.region), 0.5)
    sectors = Open(
        some.sectors.estimate, some.sectors.lower * 0, some.sectors.upper + np.inf, spread * 0, spread, spread
    )
    found = completed(some._replace(sectors=sectors))
    assert np.ptp(found["unrelated_variety"], axis=1).min() > 0.05


def test_figures_do_not_depend_on_how_many_regions_are_held_at_a_time() -> None:
    some, _ = world(regions=9, seed=3)
    whole = completed(some, draws=4)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(structure_draws, "ROWS", 1)
        # Other blocks take their draws in another order, but what is known stays.
        parts = completed(some, draws=4)
    for name in MEASURES:
        assert whole[name].shape == parts[name].shape == (9, 4)
        assert np.median(whole[name], axis=1) == pytest.approx(np.median(parts[name], axis=1), rel=0.3)
    assert all((completed(some, draws=4)[name] == whole[name]).all() for name in MEASURES)
