"""Linear programmes over blocks: never wrong, never wider than intervals, and as narrow as the sums allow.

Belongs here: blocks and their bounds, on tables small enough to solve by hand or by trying everything. Does not:
intervals alone.
"""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from orchestration.indicators import programme
from orchestration.indicators.bounds import UNBOUNDED, tighten
from orchestration.indicators.programme import Block, ContradictionError, Refined, blocks_of, components, refine
from orchestration.indicators.sums import Hierarchy, Sums, sums_of

FOUR_PARTS = np.array([-1, 0, 0, 0, 0])


def sums(*parts_and_whole: tuple[list[int], int]) -> list[Sums]:
    """One step for each sum."""
    return [Sums(np.array(part), np.array([0]), np.array([whole])) for part, whole in parts_and_whole]


def in_one_block(lower: np.ndarray, upper: np.ndarray, steps: list[Sums], **options: int) -> Refined:
    return refine(lower, upper, steps, np.zeros(len(lower), dtype=int), **options)


def the_block(lower: np.ndarray, upper: np.ndarray, steps: list[Sums]) -> Block:
    (block,) = blocks_of(lower, upper, steps, np.zeros(len(lower), dtype=int))
    return block


def state_and_metro() -> tuple[np.ndarray, np.ndarray, list[Sums]]:
    """Cells: a state of counties a, b, c with 100 jobs, a metropolitan area of a and b with 70, then a, b, c."""
    lower, upper = np.array([100.0, 70, 0, 0, 0]), np.array([100.0, 70, UNBOUNDED, UNBOUNDED, UNBOUNDED])
    steps = sums(([2, 3, 4], 0), ([2, 3], 1))
    intervals = tighten(lower, upper, steps)
    return intervals.lower, intervals.upper, steps


def four_by_four() -> list[Sums]:
    """The sums of a 4x4 table with its margins: 25 cells, row by row, each axis with its total first."""
    row, column = (axis.ravel() for axis in np.indices((5, 5)))
    return sums_of([row, column], [Hierarchy(0, FOUR_PARTS), Hierarchy(1, FOUR_PARTS)])


def test_what_the_metropolitan_area_leaves_of_the_state() -> None:
    lower, upper, steps = state_and_metro()
    narrow = in_one_block(lower, upper, steps)
    assert (lower[4], upper[4]) == (0, 100)
    assert (narrow.lower[4], narrow.upper[4]) == (30, 30)
    np.testing.assert_array_equal(narrow.lower[2:4], [0, 0])
    np.testing.assert_array_equal(narrow.upper[2:4], [70, 70])


def test_two_rows_that_must_fill_two_columns() -> None:
    """Rows 1 and 2 have 10 jobs each and at most 2 in each of columns 3 and 4, so 12 or more of the 14 in columns 1
    and 2: rows 3 and 4 have at most 2 there. No single sum says so: either row may leave either column empty.
    """
    lower, upper = np.zeros((5, 5)), np.full((5, 5), UNBOUNDED)
    lower[:, 0] = upper[:, 0] = [40, 10, 10, 10, 10]
    lower[0] = upper[0] = [40, 7, 7, 13, 13]
    upper[1:3, 3:] = 2
    intervals = tighten(lower.ravel(), upper.ravel(), four_by_four())
    narrow = in_one_block(intervals.lower, intervals.upper, four_by_four())
    np.testing.assert_array_equal(intervals.upper.reshape(5, 5)[3:, 1:3], np.full((2, 2), 7))
    np.testing.assert_array_equal(narrow.upper.reshape(5, 5)[3:, 1:3], np.full((2, 2), 2))
    np.testing.assert_array_equal(narrow.lower.reshape(5, 5)[3:, 1:3], np.zeros((2, 2)))


few = st.integers(0, 4)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    inner=arrays(int, (4, 4), elements=few), below=arrays(int, 25, elements=few), above=arrays(int, 25, elements=few)
)
def test_the_truth_lies_within_and_nothing_becomes_wider(
    inner: np.ndarray, below: np.ndarray, above: np.ndarray
) -> None:
    table = np.zeros((5, 5))
    table[1:, 1:] = inner
    table[0, 1:] = inner.sum(axis=0)
    table[:, 0] = table.sum(axis=1)
    truth, steps = table.ravel(), four_by_four()
    intervals = tighten(np.maximum(truth - below, 0), truth + above, steps)
    narrow = in_one_block(intervals.lower, intervals.upper, steps)
    assert (intervals.lower <= narrow.lower).all()
    assert (narrow.lower <= truth).all()
    assert (truth <= narrow.upper).all()
    assert (narrow.upper <= intervals.upper).all()
    assert (narrow.failed, narrow.contradictory, narrow.left) == (0, 0, 0)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(county=arrays(int, 5, elements=few), below=arrays(int, 8, elements=few), above=arrays(int, 8, elements=few))
def test_bounds_are_attained_by_tables_found_by_trying_all(
    county: np.ndarray, below: np.ndarray, above: np.ndarray
) -> None:
    """Three overlapping areas of five counties in a row. Where all sums are of neighbours, every corner of what is
    possible is in whole numbers, so a programme's bounds are exact.
    """
    areas = [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    truth = np.concatenate([county, [county[area].sum() for area in areas]])
    lower, upper = np.maximum(truth - below, 0), truth + above
    steps = sums(*((area, 5 + number) for number, area in enumerate(areas)))
    tried = np.array(
        list(itertools.product(*(range(low, high + 1) for low, high in zip(lower[:5], upper[:5], strict=True))))
    )
    tables = np.column_stack([tried, *(tried[:, area].sum(axis=1) for area in areas)])
    possible = tables[((lower <= tables) & (tables <= upper)).all(axis=1)]
    intervals = tighten(lower, upper, steps)
    narrow = in_one_block(intervals.lower, intervals.upper, steps)
    np.testing.assert_array_equal(narrow.lower, possible.min(axis=0))
    np.testing.assert_array_equal(narrow.upper, possible.max(axis=0))


def test_only_the_cells_asked_for_and_only_those_of_a_block_are_narrowed() -> None:
    lower, upper, steps = state_and_metro()
    # b's interval is wider than it need be, so that it shows whether b was taken up.
    upper[2:4] = [70, 90]
    everything = in_one_block(lower, upper, steps)
    asked = refine(lower, upper, steps, np.zeros(5, dtype=int), asked=np.arange(5) == 4)
    assert everything.upper[3] == 70
    assert (asked.upper[3], asked.lower[4], asked.upper[4]) == (90, 30, 30)
    block_of_a_and_b = refine(lower, upper, steps, np.array([0, 0, 0, 0, -1]))
    assert (block_of_a_and_b.upper[3], block_of_a_and_b.upper[4]) == (70, 100)


def test_a_block_that_shares_a_sum_leaves_the_other_blocks_cells_as_they_found_them() -> None:
    """County c is in a sum of the second block too, where two cells of few jobs make up the rest of a known 100."""
    lower, upper, steps = state_and_metro()
    lower, upper = np.concatenate([lower, [100, 0, 0]]), np.concatenate([upper, [100, 80, 80]])
    labels = np.array([0, 0, 0, 0, 0, -1, 1, 1])
    narrow = refine(lower, upper, [*steps, *sums(([4, 6, 7], 5), ([6], 7))], labels)
    assert (narrow.lower[4], narrow.upper[4]) == (30, 30)
    np.testing.assert_array_equal(narrow.upper[6:], [50, 50])


def test_contradictory_block_is_left_alone_and_counted_and_the_next_is_narrowed() -> None:
    """In the first block x + y is 10 and 12; in the second, as in `state_and_metro`."""
    lower, upper, steps = state_and_metro()
    wrong = sums(([7, 8], 5), ([7, 8], 6))
    lower, upper = np.concatenate([lower, [10, 12, 0, 0]]), np.concatenate([upper, [10, 12, 12, 12]])
    labels = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0])
    narrow = refine(lower, upper, [*steps, *wrong], labels)
    assert (narrow.contradictory, narrow.failed, narrow.left) == (1, 0, 0)
    np.testing.assert_array_equal(narrow.lower[5:], lower[5:])
    np.testing.assert_array_equal(narrow.upper[5:], upper[5:])
    assert (narrow.lower[4], narrow.upper[4]) == (30, 30)


def test_block_that_holds_only_in_halves_is_contradictory() -> None:
    lower, upper = np.array([9.0, 0, 0]), np.array([9.0, 9, 9])
    narrow = in_one_block(lower, upper, sums(([1, 2], 0), ([1], 2)))
    assert narrow.contradictory == 1
    np.testing.assert_array_equal(narrow.upper, upper)


def test_programmes_are_limited_by_their_number_and_by_the_size_of_blocks() -> None:
    lower, upper, steps = state_and_metro()
    for options in ({"most_solves": 0}, {"most_cells": 2}):
        narrow = in_one_block(lower, upper, steps, **options)
        assert (narrow.solves, narrow.left) == (0, 1)
        np.testing.assert_array_equal(narrow.upper, upper)
    whole = in_one_block(lower, upper, steps)
    for most in range(whole.solves):
        part = in_one_block(lower, upper, steps, most_solves=most)
        assert (part.solves, part.left) == (most, 1)
        assert (part.lower <= whole.lower).all()
        assert (part.upper >= whole.upper).all()


def test_the_widest_block_comes_first() -> None:
    """Of two states like `state_and_metro` the second has ten times the jobs; programmes suffice for one of them."""
    lower, upper, steps = state_and_metro()
    shifted = [Sums(step.part + 5, step.start, step.whole + 5) for step in steps]
    lower, upper = np.concatenate([lower, 10 * lower]), np.concatenate([upper, 10 * upper])
    both = refine(lower, upper, [*steps, *shifted], np.repeat([0, 1], 5))
    one = refine(lower, upper, [*steps, *shifted], np.repeat([0, 1], 5), most_solves=both.solves // 2)
    assert one.left == 1
    np.testing.assert_array_equal(one.upper[[4, 9]], [100, 300])
    np.testing.assert_array_equal(both.upper[[4, 9]], [30, 300])


def test_nothing_to_do() -> None:
    lower, upper, steps = state_and_metro()
    nothing = [
        refine(lower, upper, steps, np.full(5, -1)),
        refine(lower, upper, [], np.zeros(5, dtype=int)),
        refine(lower, lower, steps, np.zeros(5, dtype=int)),
        refine(lower, upper, steps, np.zeros(5, dtype=int), asked=np.zeros(5, dtype=bool)),
        refine(np.zeros(0), np.zeros(0), [], np.zeros(0, dtype=int)),
    ]
    assert [narrow.solves + narrow.left for narrow in nothing] == [0] * 5
    np.testing.assert_array_equal(nothing[0].upper, upper)
    np.testing.assert_array_equal(nothing[2].upper, lower)


def test_arguments_are_not_changed_and_repetition_gives_the_same() -> None:
    lower, upper, steps = state_and_metro()
    before = lower.copy(), upper.copy()
    first, second = in_one_block(lower, upper, steps), in_one_block(lower, upper, steps)
    np.testing.assert_array_equal((lower, upper), before)
    np.testing.assert_array_equal((first.lower, first.upper), (second.lower, second.upper))


def test_cells_without_a_bound() -> None:
    """The area's total is known to nobody: a and b stay open, and c is what lies beside them in the state."""
    lower, upper = np.array([0.0, 0, 0, 0, 25]), np.full(5, UNBOUNDED)
    upper[0] = 40
    steps = sums(([2, 3, 4], 0), ([2, 3], 1))
    narrow = in_one_block(lower, upper, steps)
    np.testing.assert_array_equal(narrow.lower, [25, 0, 0, 0, 25])
    np.testing.assert_array_equal(narrow.upper, [40, 15, 15, 15, 40])
    free = in_one_block(lower, np.full(5, UNBOUNDED), steps)
    np.testing.assert_array_equal(free.lower, [25, 0, 0, 0, 25])
    assert (free.upper > UNBOUNDED - 100).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_solver_that_errs_makes_no_bound_wrong(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    random = np.random.default_rng(seed)

    def guess(weight: np.ndarray, A_eq: object, b_eq: np.ndarray, **_: object) -> SimpleNamespace:
        marginals = random.integers(-1, 2, len(b_eq)) + random.normal(0, 0.1, len(b_eq))
        return SimpleNamespace(
            status=0, x=random.uniform(0, 9, len(weight)), eqlin=SimpleNamespace(marginals=marginals)
        )

    monkeypatch.setattr(programme, "linprog", guess)
    inner = random.integers(0, 9, (4, 4))
    table = np.zeros((5, 5))
    table[1:, 1:], table[0, 1:] = inner, inner.sum(axis=0)
    table[:, 0] = table.sum(axis=1)
    truth, known = table.ravel(), np.arange(25) < 5
    lower, upper = np.where(known, truth, 0), np.where(known, truth, 40.0)
    narrow = in_one_block(lower, upper, four_by_four())
    assert narrow.solves > 0
    assert (narrow.lower <= truth).all()
    assert (truth <= narrow.upper).all()
    block = the_block(lower, upper, four_by_four())
    least, most = block.bounds(weight := random.normal(0, 1, len(block.cells)))
    assert least <= weight @ truth[block.cells] <= most
    assert most - least <= np.abs(weight) @ (block.upper - block.lower) + 1e-6


def test_programmes_without_an_answer_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    lower, upper, steps = state_and_metro()
    monkeypatch.setattr(programme, "linprog", lambda *_, **__: SimpleNamespace(status=4, x=None))
    narrow = in_one_block(lower, upper, steps)
    assert narrow.failed == narrow.solves > 0
    np.testing.assert_array_equal(narrow.lower, lower)
    np.testing.assert_array_equal(narrow.upper, upper)


def test_a_weighted_sum_is_narrower_than_the_sum_of_its_intervals() -> None:
    """Half of a and half of b: 35 for certain, while their intervals add up to 0 to 70."""
    block = the_block(*state_and_metro())
    np.testing.assert_array_equal(block.cells, [2, 3, 4])
    np.testing.assert_allclose(block.bounds(np.array([0.5, 0.5, 0])), (35, 35), atol=1e-6)
    np.testing.assert_allclose(block.bounds(np.array([1.0, 0, -1])), (-30, 40), atol=1e-6)
    np.testing.assert_allclose(block.bounds(np.zeros(3)), (0, 0), atol=1e-6)


def test_a_weighted_sum_of_contradictory_cells_is_refused() -> None:
    lower, upper = np.array([10.0, 12, 0, 0]), np.array([10.0, 12, 12, 12])
    with pytest.raises(ContradictionError, match="2 sums"):
        the_block(lower, upper, sums(([2, 3], 0), ([2, 3], 1))).bounds(np.ones(2))


def test_components_are_coupled_by_the_given_sums_alone() -> None:
    """Known cells couple nothing through themselves, but the parts of a known whole are coupled."""
    lower, upper = np.zeros(7), np.array([0.0, 5, 5, 0, 5, 5, 5])
    steps = sums(([1, 2], 0), ([4, 5, 3], 3 + 3))
    np.testing.assert_array_equal(components(lower, upper, steps), [-1, 0, 0, -1, 1, 1, 1])
    np.testing.assert_array_equal(components(lower, upper, []), [-1, 0, 1, -1, 2, 3, 4])
    assert components(np.zeros(0), np.zeros(0), []).tolist() == []
