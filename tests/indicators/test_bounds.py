"""Sums and bounds on small tables: hand-worked cases, random ones against enumeration and a linear programme."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from orchestration.indicators.bounds import UNBOUNDED, Tightened, contradicted, tighten
from orchestration.indicators.sums import Hierarchy, Sums, sums_of

# Industries: a total of two sectors, of which the first has two industries. Regions: a state of three counties.
INDUSTRY = np.array([-1, 0, 0, 1, 1])
REGION = np.array([-1, 0, 0, 0])
PLACES = np.array(list(product(range(len(REGION)), range(len(INDUSTRY)))))
AXES = [PLACES[:, 0], PLACES[:, 1]]
TREES = [Hierarchy(0, REGION), Hierarchy(1, INDUSTRY)]


def a_table(seed: int, most: int = 30) -> np.ndarray:
    """A table with whole numbers that adds up along both hierarchies, some of its leaves empty."""
    random = np.random.default_rng(seed)
    values = random.integers(0, most, size=(len(REGION), len(INDUSTRY))) * random.integers(0, 2, size=(4, 5))
    values[:, 1] = values[:, 3] + values[:, 4]
    values[:, 0] = values[:, 1] + values[:, 2]
    values[0] = values[1:].sum(axis=0)
    return values.ravel().astype(float)


def narrowed(values: np.ndarray, hidden: np.ndarray, steps: list[Sums]) -> Tightened:
    return tighten(np.where(hidden, 0, values), np.where(hidden, UNBOUNDED, values), steps)


def test_sums_follow_each_hierarchy_from_the_leaves_up() -> None:
    steps = sums_of(AXES, TREES)
    assert [len(s) for s in steps] == [5, 4, 4]  # counties, then industries below the first sector, then sectors
    values = a_table(1)
    for step in steps:
        assert (step.added(values) == values[step.whole]).all()
        assert (np.bincount(step.part, minlength=20) <= 1).all()


def test_a_whole_that_is_no_cell_has_no_sum() -> None:
    kept = PLACES[:, 1] != 1
    steps = sums_of([axis[kept] for axis in AXES], TREES)
    assert sum(len(s) for s in steps) == 4 + 4  # neither the sector nor what is below it


@pytest.mark.parametrize(
    ("axes", "trees", "message"),
    [
        ([np.array([0, 0])], [], "same place"),
        ([np.array([0, 1])], [Hierarchy(0, np.array([1, 0]))], "circle"),
    ],
)
def test_what_is_no_table_is_refused(axes: list[np.ndarray], trees: list[Hierarchy], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sums_of(axes, trees)


def test_some_sums_are_kept_with_their_parts() -> None:
    step = sums_of(AXES, TREES)[0]
    some = step.only(np.array([False, True, False, True, False]))
    values = a_table(2)
    assert some.whole.tolist() == step.whole[[1, 3]].tolist()
    assert (some.added(values) == values[some.whole]).all()


def test_counties_give_away_what_the_state_withholds() -> None:
    """Two published counties of a withheld state are its least; the state's parent caps it."""
    #                 state       county 1    county 2    county 3
    total, industry = [90, 40, 30, 20], [np.nan, 25, np.nan, 10]
    other = [np.nan, 15, np.nan, 10]
    values = np.array([list(row) for row in zip(total, industry, other, strict=True)]).ravel()
    places = np.array(list(product(range(4), range(3))))
    steps = sums_of([places[:, 0], places[:, 1]], [Hierarchy(0, REGION), Hierarchy(1, np.array([-1, 0, 0]))])
    known = ~np.isnan(values)
    found = tighten(np.where(known, values, 0), np.where(known, values, UNBOUNDED), steps)
    assert (found.lower[1], found.upper[1]) == (35, 65)  # 25 + 10, and 90 less the other industry's 15 + 10
    assert (found.lower[7], found.upper[7]) == (0, 30)  # the second county may hold all of its total or nothing


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.05, 0.95))
def test_true_values_stay_within_and_bounds_only_shrink(seed: int, share: float) -> None:
    values, steps = a_table(seed), sums_of(AXES, TREES)
    hidden = np.random.default_rng(seed).random(len(values)) < share
    found = narrowed(values, hidden, steps)
    assert ((found.lower <= values) & (values <= found.upper)).all()
    assert not any(mask.any() for mask in found.left_out)
    again = tighten(found.lower, found.upper, steps)
    assert (again.lower == found.lower).all()
    assert (again.upper == found.upper).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_on_one_tree_bounds_are_those_of_a_linear_programme(seed: int) -> None:
    values, steps = a_table(seed), sums_of(AXES, TREES[1:])
    hidden = np.random.default_rng(seed).random(len(values)) < 0.6
    found = narrowed(values, hidden, steps)
    rows = []
    for step in steps:
        for k in range(len(step)):
            row = np.zeros(len(values))
            row[step.part[step.of_part == k]], row[step.whole[k]] = 1, -1
            rows.append(row)
    limits = [(0, None) if h else (v, v) for h, v in zip(hidden, values, strict=True)]
    for cell in np.flatnonzero(hidden):
        aim = np.eye(len(values))[cell]
        least, most = (
            linprog(sign * aim, A_eq=np.array(rows), b_eq=np.zeros(len(rows)), bounds=limits) for sign in (1, -1)
        )
        assert least.fun == pytest.approx(found.lower[cell], abs=1e-6)
        if most.success:
            assert -most.fun == pytest.approx(found.upper[cell], abs=1e-6)
        else:
            assert found.upper[cell] > UNBOUNDED / 2


def test_contradictory_sums_are_left_out_and_told() -> None:
    values, steps = a_table(5) + 1, sums_of(AXES, TREES)
    assert all(contradicted(values, values, step).all() for step in steps)
    found = tighten(values, values, steps)
    assert all(mask.all() for mask in found.left_out)
    assert (found.lower == values).all()


def test_a_contradiction_does_not_spoil_other_cells() -> None:
    """A printed total below its printed parts is left out; what other sums say of the hidden cells still holds."""
    values, steps = a_table(7, most=50), sums_of(AXES, TREES)
    hidden = np.zeros(len(values), dtype=bool)
    hidden[[7, 12]] = True  # one industry in two counties: each county's own sums settle it
    broken = values.copy()
    broken[2] += 100  # the state's figure of that industry's sector sibling
    found = narrowed(broken, hidden, steps)
    assert sum(int(mask.sum()) for mask in found.left_out) >= 1
    assert (found.lower[[7, 12]] == values[[7, 12]]).all()
    assert (found.lower <= found.upper).all()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_whatever_is_published_no_interval_is_left_empty(seed: int) -> None:
    random = np.random.default_rng(seed)
    lower = random.integers(0, 40, size=20).astype(float)
    upper = np.where(random.random(20) < 0.4, lower, lower + random.integers(0, 40, size=20))
    found = tighten(lower, upper, sums_of(AXES, TREES))
    assert (found.lower <= found.upper).all()
    assert (found.lower >= lower).all()
    assert (found.upper <= upper).all()


def by_looking_at_every_sum(
    lower: np.ndarray, upper: np.ndarray, steps: list[Sums], rounds: int, restarts: int
) -> Tightened:
    """What `tighten` says it does, one sum after the other, whether or not anything has moved."""
    left_out = [contradicted(lower, upper, step) for step in steps]
    for attempt in range(restarts + 1):
        low, high, found = lower.copy(), upper.copy(), [out.copy() for out in left_out]
        for _ in range(rounds):
            before = np.concatenate([low, high])
            for k in [*range(len(steps)), *range(len(steps) - 2, -1, -1)]:
                for number, parts in enumerate(np.split(steps[k].part, steps[k].start[1:])):
                    if not found[k][number]:
                        found[k][number] = not one_sum_narrows(low, high, parts, steps[k].whole[number])
            if (before == np.concatenate([low, high])).all():
                break
        is_last = attempt == restarts or all((a == b).all() for a, b in zip(found, left_out, strict=True))
        left_out = found
        if is_last:
            return Tightened(low, high, left_out)
    raise AssertionError("one attempt at least")


def one_sum_narrows(low: np.ndarray, high: np.ndarray, parts: np.ndarray, whole: int) -> bool:
    """Narrows the cells of one sum in place; does nothing and is false where that would empty an interval."""
    least, most = low[parts].sum(), high[parts].sum()
    whole_low, whole_high = max(low[whole], least), min(high[whole], most)
    part_low = np.maximum(low[parts], high[parts] + whole_low - most)
    part_high = np.minimum(high[parts], low[parts] + whole_high - least)
    if whole_low > whole_high or (part_low > part_high).any():
        return False
    low[parts], high[parts], low[whole], high[whole] = part_low, part_high, whole_low, whole_high
    return True


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 2, 40]), st.sampled_from([0.0, 0.05, 0.3]))
def test_no_sum_is_passed_over_that_has_something_to_say(seed: int, rounds: int, wrong: float) -> None:
    """Crossing hierarchies, cells known, withheld and within bounds, zeros, and now and then figures that are wrong."""
    random = np.random.default_rng(seed)
    industry, region = np.array([-1, 0, 0, 1, 1, 3, 3, 2, 2]), np.array([-1, 0, 0, 1, 1, 2, 2])
    metro = np.array([-1, -1, -1, 1, 2, 1, 2])
    where = np.array(list(product(range(len(region)), range(len(industry)))))
    values = random.integers(0, 9, size=(len(region), len(industry))).astype(float)
    for values_along, tree in ((values.T, industry), (values, region)):
        for place in range(len(tree) - 1, -1, -1):
            if (tree == place).any():
                values_along[place] = values_along[tree == place].sum(axis=0)
    true = values.ravel() + (random.random(values.size) < wrong) * random.integers(1, 5, size=values.size)
    width = random.choice([0, 3, 20, UNBOUNDED], size=true.size)
    lower, upper = np.maximum(true - width, 0), true + width
    steps = sums_of(list(where.T), [Hierarchy(1, industry), Hierarchy(0, region), Hierarchy(0, metro)])
    found, plain = tighten(lower, upper, steps, rounds), by_looking_at_every_sum(lower, upper, steps, rounds, 5)
    assert (found.lower == plain.lower).all()
    assert (found.upper == plain.upper).all()
    assert all((a == b).all() for a, b in zip(found.left_out, plain.left_out, strict=True))


def test_degenerate_tables() -> None:
    empty = tighten(np.zeros(0), np.zeros(0), [])
    assert len(empty.lower) == 0
    alone = tighten(np.zeros(1), np.full(1, UNBOUNDED), sums_of([np.zeros(1, int)], [Hierarchy(0, np.array([-1]))]))
    assert alone.upper.tolist() == [UNBOUNDED]
    with pytest.raises(ValueError, match="1 cells have no value"):
        tighten(np.array([2.0]), np.array([1.0]), [])
