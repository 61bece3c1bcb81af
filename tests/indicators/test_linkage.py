"""Linkage kernels against plain definitions, on hidden cells and on degenerate input.

Belongs here: the kernels. Does not: published figures (`tests/oracles`), the mart.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.indicators.linkage import (
    Score,
    coagglomeration,
    combined,
    known_correlations,
    link_of_pairs,
    means_of_groups,
    related,
)


def jobs(seed: int, regions: int = 40, industries: int = 7) -> np.ndarray:
    """Whole numbers with many zeros and a few very large ones, as jobs are."""
    rng = np.random.default_rng(seed)
    return np.floor(rng.pareto(0.7, (regions, industries)) * 5) * (rng.uniform(size=(regions, industries)) < 0.6)


@pytest.mark.parametrize("seed", range(20))
def test_correlations_are_those_of_the_regions_known_for_both(seed: int) -> None:
    values = jobs(seed)
    values[np.random.default_rng(seed).uniform(size=values.shape) < 0.3] = np.nan
    found, share = known_correlations(values)
    for i in range(values.shape[1]):
        for j in range(values.shape[1]):
            both = ~np.isnan(values[:, i]) & ~np.isnan(values[:, j])
            assert share[i, j] == pytest.approx(both.mean())
            assert found[i, j] == pytest.approx(np.corrcoef(values[both, i], values[both, j])[0, 1], abs=1e-9)


def test_correlations_of_complete_values() -> None:
    values = jobs(99)
    found, share = known_correlations(values)
    np.testing.assert_allclose(found, np.corrcoef(values.T), atol=1e-12)
    assert (share == 1).all()
    # The order of the regions does not move a single bit.
    np.testing.assert_array_equal(found, known_correlations(values[::-1])[0])


def test_an_industry_alike_everywhere_and_a_single_region_have_no_correlation() -> None:
    values = np.column_stack([jobs(1)[:, 0], np.full(40, 1e6 / 3), np.zeros(40)])
    found, _ = known_correlations(values)
    assert np.isnan(found[:, 1:]).all()
    assert found[0, 0] == pytest.approx(1)
    assert np.isnan(known_correlations(np.array([[3.0, 4.0]]))[0]).all()


def test_industries_never_known_together_have_no_correlation() -> None:
    values = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, 1.0], [np.nan, 5.0]])
    found, share = known_correlations(values)
    assert np.isnan(found[0, 1])
    assert share.tolist() == [[0.5, 0], [0, 0.5]]


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 10**6), st.floats(0, 1), st.integers(2, 12))
def test_coagglomeration_of_hidden_shares_lies_within_its_bounds(seed: int, hidden: float, regions: int) -> None:
    rng = np.random.default_rng(seed)
    true, weight = rng.dirichlet(np.full(regions, 0.5), 4).T, rng.dirichlet(np.ones(regions))
    withheld = rng.uniform(size=true.shape) < hidden
    lower = np.where(withheld, true * rng.uniform(size=true.shape), true)
    upper = np.where(withheld, true + (1 - true) * rng.uniform(size=true.shape), true)
    least, most = coagglomeration(lower, upper, weight)
    around = true - weight[:, None]
    expected = around.T @ around / (1 - (weight**2).sum())
    assert (least <= expected + 1e-9).all()
    assert (expected <= most + 1e-9).all()
    for side in coagglomeration(true, true, weight):
        np.testing.assert_allclose(side, expected, atol=1e-12)


def test_coagglomeration_needs_jobs_and_more_than_one_region() -> None:
    shares = np.array([[0.7, np.nan], [0.3, np.nan]])
    least, most = coagglomeration(shares, shares, np.array([0.5, 0.5]))
    assert np.isfinite([least[0, 0], most[0, 0]]).all()
    assert np.isnan([least[0, 1], most[1, 1]]).all()
    assert np.isnan(coagglomeration(np.ones((1, 2)), np.ones((1, 2)), np.ones(1))[0]).all()


@pytest.mark.parametrize("seed", range(10))
def test_means_of_groups_are_over_pairs_of_two_industries(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = rng.normal(size=(9, 9))
    pairs = pairs + pairs.T
    pairs[2, 5] = pairs[5, 2] = np.nan
    group = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    means, shares = means_of_groups(pairs, np.eye(3)[group])
    for a in range(3):
        for b in range(3):
            held = [pairs[i, j] for i in range(9) for j in range(9) if i != j and group[i] == a and group[j] == b]
            assert means[a, b] == pytest.approx(np.nanmean(held))
            assert shares[a, b] == pytest.approx(np.isfinite(held).mean())
    np.testing.assert_array_equal(means, means.T)


def test_an_industry_divided_between_groups_counts_by_its_parts_and_never_with_itself() -> None:
    pairs = np.array([[1.0, 0.2, 0.8], [0.2, 1.0, 0.5], [0.8, 0.5, 1.0]])
    means, shares = means_of_groups(pairs, np.array([[1.0, 0], [0.25, 0.75], [0, 1]]))
    # Pairs (0, 1), (0, 2) and (1, 2) with weights 0.75, 1 and 0.25.
    assert means[0, 1] == pytest.approx((0.2 * 0.75 + 0.8 + 0.5 * 0.25) / 2)
    assert shares[0, 1] == 1


def test_a_group_of_one_industry_is_not_near_itself() -> None:
    means, shares = means_of_groups(np.array([[1.0, 0.3], [0.3, 1.0]]), np.eye(2))
    assert np.isnan(np.diag(means)).all()
    assert np.isnan(np.diag(shares)).all()
    assert means[0, 1] == pytest.approx(0.3)


def test_industries_in_no_account_have_no_link() -> None:
    link = np.array([[0.0, 0.4], [0.4, np.nan]])
    found = link_of_pairs(link, np.array([[1.0, 0], [0.5, 0.5], [0, 0]]))
    assert found[0].tolist()[:2] == [0, 0.2]
    # The unknown link of the second account with itself is left out of the mean.
    assert found[1, 1] == pytest.approx((0 + 0.4 + 0.4) / 3)
    assert np.isnan(found[2]).all()


def scores(seed: int) -> tuple[Score, Score, Score, Score]:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.eye(4), 3, axis=0)
    found = []
    for _ in range(4):
        pairs = rng.normal(rng.normal(), rng.uniform(0.1, 4), (12, 12))
        found.append(Score(pairs + pairs.T, means_of_groups(pairs + pairs.T, group)[0]))
    return found[0], found[1], found[2], found[3]


def test_combined_scores_do_not_depend_on_units() -> None:
    employment, plants, trade, staff = scores(1)
    plain = combined([employment, plants], [trade, staff])
    other = combined([employment, plants], [Score(trade.pairs * 1000 + 7, trade.groups * 1000 + 7), staff])
    np.testing.assert_allclose(plain, other)
    expected = (employment.standardised() + plants.standardised()) / 6 + trade.standardised() / 3
    np.testing.assert_allclose(plain, expected + staff.standardised() / 3)


def test_where_jobs_are_not_known_establishments_say_where() -> None:
    employment, plants, trade, staff = scores(2)
    employment.groups[0, 1] = employment.groups[1, 0] = np.nan
    found = combined([employment, plants], [trade, staff])
    alone = combined([plants], [trade, staff])
    assert found[0, 1] == pytest.approx(alone[0, 1])
    assert found[0, 2] != pytest.approx(alone[0, 2])
    trade.groups[2, 3] = np.nan
    assert np.isnan(combined([employment, plants], [trade, staff])[2, 3])


def test_scores_that_are_all_alike_or_unknown_have_no_standard() -> None:
    employment, _, trade, _ = scores(3)
    alike = Score(np.full((12, 12), 0.5), np.full((4, 4), 0.5))
    unknown = Score(np.full((12, 12), np.nan), np.full((4, 4), np.nan))
    assert np.isnan(alike.standardised()).all()
    assert np.isnan(combined([unknown], [trade])).all()
    assert np.isnan(combined([employment], [alike])).all()


def test_related_is_the_top_tenth_without_the_diagonal() -> None:
    rng = np.random.default_rng(5)
    score = rng.normal(size=(21, 21))
    score = score + score.T + 100 * np.eye(21)
    found = related(score)
    assert found.sum() == 42
    assert np.diag(found).sum() == 0
    assert score[found == 1].min() > score[(found == 0) & ~np.eye(21, dtype=bool)].max()
    score[0, 1] = score[1, 0] = np.nan
    assert np.isnan(related(score)[0, 1])
    assert np.isnan(related(np.full((3, 3), np.nan))).all()
