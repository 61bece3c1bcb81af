"""Point estimates: worked by hand, and promises that hold for any table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.indicators.bounds import UNBOUNDED, tighten
from orchestration.indicators.estimate import Told, estimate, mean_sizes, residuals
from orchestration.indicators.sums import Hierarchy, Sums, sums_of
from tests.indicators.hiding import at_random, by_rule, without

ONE = np.array([-1])  # a single industry


# True values, lower and upper bounds, establishments, industries, and the sums of industries, then regions.
Table = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[Sums]]
INDUSTRIES = np.array([-1, 0, 0, 1, 1, 2, 2, 2])


def estimated(*cells: tuple[float, float, float], rounding: float = 0, rounds: int = 16) -> list[float]:
    """Estimates of a total (first) and its parts, each given as its bounds and establishments."""
    lower, upper, establishments = np.array(cells, dtype=float).T
    industry, steps = np.zeros(len(cells), int), [Sums(np.arange(1, len(cells)), np.array([0]), np.array([0]))]
    values = estimate(lower, upper, establishments, industry, ONE, steps, rounds, rounding)
    return values.round(6).tolist()


def test_withheld_parts_share_what_is_left_by_establishments() -> None:
    assert estimated((120, 120, 8), (60, 60, 4), (0, 60, 1), (0, 60, 3)) == [120, 60, 15, 45]


def test_what_clipping_cuts_goes_to_the_other_parts() -> None:
    # By establishments 15 and 45 each; the first is at most 10 and leaves 5 of its 15.
    assert estimated((120, 120, 8), (60, 60, 4), (0, 10, 1), (0, 60, 3)) == [120, 60, 10, 50]


def test_parts_without_establishments_take_only_what_must_be_theirs() -> None:
    assert estimated((120, 120, 8), (60, 60, 5), (0, 60, 3), (0, 60, 0)) == [120, 60, 60, 0]
    assert estimated((120, 120, 8), (60, 60, 8), (0, 40, 0), (0, 60, 0)) == [120, 60, 24, 36]


TOTAL_AND_TWO = np.array([120.0, 0, 0]), np.array([120.0, 120, 120]), np.array([8, 4, 4])
OF_TWO = [Sums(np.array([1, 2]), np.array([0]), np.array([0]))]


@pytest.mark.parametrize(
    ("jobs", "plants", "parts"),
    [
        ([0.0, 0, 0], [0, 0, 0], [60.0, 60]),  # nothing told: alike
        ([0.0, 60, 30], [0, 4, 4], [120 * 2**0.85 / (2**0.85 + 1), 120 / (2**0.85 + 1)]),
        # Twice the industry's 15 an establishment in both of the two that are told of, of four.
        ([0.0, 60, 0], [0, 2, 0], [120 * 2**0.425 / (2**0.425 + 1), 120 / (2**0.425 + 1)]),
        # The same in eight, of which four can't be of the cell.
        ([0.0, 240, 0], [0, 8, 0], [120 * 2**0.425 / (2**0.425 + 1), 120 / (2**0.425 + 1)]),
    ],
)
def test_what_another_source_tells_moves_the_guess_by_what_it_covers(
    jobs: list[float], plants: list[int], parts: list[float]
) -> None:
    told = Told(np.array(jobs), np.array(plants))
    lower, upper, count = TOTAL_AND_TWO
    values = estimate(lower, upper, count, np.zeros(3, int), ONE, OF_TWO, rounding=0, told=told)
    assert values[1:] == pytest.approx(parts)


def test_what_another_source_tells_is_no_bound_and_no_figure() -> None:
    told = Told(np.array([999.0, 999, 999]), np.array([8, 4, 4]))
    lower, upper, count = np.array([120.0, 0, 100]), np.array([120.0, 10, 120]), TOTAL_AND_TWO[2]
    values = estimate(lower, upper, count, np.zeros(3, int), ONE, OF_TWO, rounding=0, told=told)
    assert values[0] == 120
    assert values[1] <= 10
    assert values.sum() == pytest.approx(240)


def test_the_last_way_down_keeps_proportions() -> None:
    # Guesses are 15 and 30, of 60 to be had.
    assert estimated((120, 120, 8), (60, 60, 4), (0, 60, 1), (0, 60, 2), rounds=0) == [120, 60, 20, 40]


def test_total_and_parts_that_are_withheld_meet() -> None:
    # Ten an establishment: guesses are 200 above, and 80 known and 10 guessed below. 2 x 10 + 80 = 200 / 2.
    assert estimated((0, 999, 20), (80, 80, 8), (0, 999, 1)) == [100, 80, 20]


def test_crossing_hierarchies_give_the_table_of_independence() -> None:
    # Rows of 30 and 70, columns of 40 and 60, one establishment everywhere: each cell is row x column / 100.
    row, column = (axis.ravel() for axis in np.meshgrid(np.arange(3), np.arange(3), indexing="ij"))
    margins = np.array([[100, 40, 60], [30, 0, 0], [70, 0, 0]], dtype=float).ravel()
    inner = (row > 0) & (column > 0)
    tree = np.array([-1, 0, 0])
    steps = sums_of([row, column], [Hierarchy(0, tree), Hierarchy(1, tree)])
    count = np.where(inner, 1, np.where(row + column > 0, 2, 4))
    values = estimate(margins, np.where(inner, UNBOUNDED, margins), count, np.zeros(9, int), ONE, steps)
    assert values.reshape(3, 3) == pytest.approx(np.array([[100, 40, 60], [30, 12, 18], [70, 28, 42]]), rel=1e-6)


def test_without_sums_a_cell_is_its_establishments_times_the_mean_size() -> None:
    lower, upper = np.array([60.0, 0, 0, 7]), np.array([60.0, UNBOUNDED, 20, 9])
    values = estimate(lower, upper, np.array([4, 3, 3, 0]), np.zeros(4, int), ONE, [], rounding=0)
    assert values.tolist() == [60, 45, 20, 7]


def test_a_single_cell_of_unknown_size_is_one_an_establishment() -> None:
    assert estimate(np.zeros(1), np.full(1, UNBOUNDED), np.array([5]), np.zeros(1, int), ONE, []).tolist() == [5]
    assert estimate(np.zeros(1), np.full(1, 3.0), np.array([5]), np.zeros(1, int), ONE, [], rounding=0).tolist() == [3]


def test_all_withheld_still_adds_up() -> None:
    assert estimated((0, 100, 10), (0, 100, 6), (0, 100, 4)) == [10, 6, 4]


def test_a_published_average_is_the_middle_of_its_rounding() -> None:
    values = estimate(
        np.array([114.0, 6]), np.array([125.0, 17]), np.array([4, 4]), np.zeros(2, int), ONE, [], rounding=11
    )
    assert values.tolist() == [119.5, 11.5]


def test_mean_sizes_fall_back_to_the_parent_and_leave_withheld_cells_out() -> None:
    parent = np.array([-1, 0, 0, 2, -1])
    lower, upper = np.array([100.0, 30, 0, 50, 40]), np.array([100.0, 36, 900, 50, 40])
    size = mean_sizes(lower, upper, np.array([10, 3, 9, 0, 0]), np.array([0, 1, 2, 3, 0]), parent)
    assert size.tolist()[:4] == [10, 11, 10, 10]
    assert np.isnan(size[4])


def test_no_establishments_and_contradicting_bounds_are_refused() -> None:
    places = np.zeros(2, int)
    with pytest.raises(ValueError, match="1 cells have no value"):
        estimate(np.array([0.0, 5]), np.array([1.0, 4]), np.ones(2), places, ONE, [])
    with pytest.raises(ValueError, match="1 cells have no number"):
        estimate(np.zeros(2), np.ones(2), np.array([1, np.nan]), places, ONE, [])
    with pytest.raises(ValueError, match="circle"):
        estimate(np.zeros(2), np.ones(2), np.ones(2), places, np.array([1, 0]), [])


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """True values, bounds with some hidden, establishments, industries, sums: a nation of three regions."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    region, industry = (a.ravel() for a in np.meshgrid(np.arange(4), np.arange(8), indexing="ij"))
    steps = sums_of([region, industry], [Hierarchy(1, INDUSTRIES), Hierarchy(0, np.array([-1, 0, 0, 0]))])
    size, count = np.zeros(32), np.zeros(32)
    leaf = (region > 0) & (industry > 2)
    count[leaf] = rng.integers(0, 6, leaf.sum())
    size[leaf] = rng.integers(0, 50, leaf.sum()) * (count[leaf] > 0) + rng.integers(0, 2, leaf.sum())
    for step in steps:
        size[step.whole], count[step.whole] = step.added(size), step.added(count)
    hidden = at_random(np.ones(32, dtype=bool), draw(st.floats(0, 1)), draw(st.integers(0, 99)))
    lower, upper = without(size, size, hidden)
    return size, lower, upper, count, industry, steps


@given(tables())
@settings(max_examples=200, deadline=None)
def test_any_table(table: Table) -> None:
    true, lower, upper, count, industry, steps = table
    narrow = tighten(lower, upper, steps)
    values = estimate(narrow.lower, narrow.upper, count, industry, INDUSTRIES, steps, rounding=0)
    assert ((narrow.lower <= values) & (values <= narrow.upper)).all()
    fixed = narrow.lower == narrow.upper
    assert np.array_equal(values[fixed], true[fixed])
    industries = residuals(values, steps[:2])
    bounded = narrow.upper < UNBOUNDED / 2
    for step, lacking in zip(steps, industries, strict=False):
        assert lacking[bounded[step.whole]] == pytest.approx(0, abs=1e-6)
    again = estimate(narrow.lower, narrow.upper, count, industry, INDUSTRIES, steps, rounding=0)
    assert np.array_equal(values, again)


@given(tables())
@settings(max_examples=50, deadline=None)
def test_bounds_hold_that_no_sum_has_narrowed(table: Table) -> None:
    true, _, _, count, industry, steps = table
    lower, upper = np.floor(true / 2), true * 2
    values = estimate(lower, upper, count, industry, INDUSTRIES, steps, rounding=0)
    assert ((lower <= values) & (values <= upper)).all()


@given(tables(), st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_hiding_by_rule_leaves_no_sum_with_one_withheld_member(table: Table, fewest: int) -> None:
    true, _, _, count, _, steps = table
    hidden = by_rule(np.ones(len(true), dtype=bool), count, true, steps, fewest)
    assert hidden[(count > 0) & (count < fewest)].all()
    for step in steps:
        assert not (step.added(hidden) + hidden[step.whole] == 1).any()
