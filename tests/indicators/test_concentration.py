"""Ranges of concentration measures against random completions, against exact optima, and on cells hidden at random.

Belongs here: the kernel. Does not: published figures (`tests/oracles`), the marts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.indicators.concentration import MEASURES, Range, concentration, gamma
from orchestration.indicators.shares import Boxes, chord_bound, levelled, pieces, share_boxes

ONE = np.array([0])


def plainly(jobs: np.ndarray, weight: np.ndarray, plants: np.ndarray) -> dict[str, float]:
    """The measures of one industry over all regions, written out as their sources do; Gini's by its mean difference."""
    s, xx = jobs / jobs.sum(), (weight**2).sum()
    h = (s**2 / plants).sum()
    g = ((s - weight) ** 2).sum()
    return {
        "herfindahl": (s**2).sum(),
        "locational_gini": np.abs(np.outer(s, weight) - np.outer(weight, s)).sum() / 2,
        "hoover": np.abs(s - weight).sum() / 2,
        "theil": sum(a * np.log(a / b) for a, b in zip(s, weight, strict=True) if a > 0),
        "raw_concentration_g": g,
        "plant_herfindahl": h,
        "ellison_glaeser_gamma": (g / (1 - xx) - h) / (1 - h) if h < 1 else np.nan,
        "maurel_sedillot_gamma": (((s**2).sum() - xx) / (1 - xx) - h) / (1 - h) if h < 1 else np.nan,
    }


@st.composite
def industries(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
    """True jobs of an industry's regions, the regions' weights and plants, and which cells are withheld."""
    count = draw(st.integers(2, 7))

    def whole(least: int, most: int) -> np.ndarray:
        return np.array(draw(st.lists(st.integers(least, most), min_size=count, max_size=count)), dtype=float)

    jobs, around = whole(0, 60), whole(1, 100)
    jobs[draw(st.integers(0, count - 1))] += 1
    return jobs, around / around.sum(), whole(1, 5), whole(0, 1) > 0, whole(0, 20), whole(0, 20)


@settings(deadline=None, max_examples=300)
@given(st.lists(industries(), min_size=1, max_size=4), st.booleans())
def test_the_truth_lies_in_every_range(cases: list[tuple[np.ndarray, ...]], total_known: bool) -> None:
    """Several wholes at once; regions without jobs that are known stand in no row, as in the warehouse."""
    start, rows, totals = [], [], []
    for jobs, weight, plants, withheld, below, above in cases:
        kept = (jobs > 0) | withheld
        low, high = np.where(withheld, np.maximum(jobs - below, 0), jobs), np.where(withheld, jobs + above, jobs)
        start.append(sum(len(r[0]) for r in rows))
        rows.append([v[kept] for v in (low, high, weight, plants)])
        totals.append(jobs.sum())
    low, high, weight, plants = (np.concatenate(column) for column in zip(*rows, strict=True))
    total = np.array(totals)
    boxes = share_boxes(
        np.array(start), low, high, total if total_known else 0 * total, total if total_known else total + np.inf
    )
    squares = np.array([(weight**2).sum() for _, weight, *_ in cases])
    found = concentration(boxes, weight, plants, squares)
    assert tuple(sorted(found)) == tuple(sorted(MEASURES))
    for k, (jobs, regions, establishments, withheld, *_) in enumerate(cases):
        truth = plainly(jobs, regions, establishments)
        for name in MEASURES:
            least, most = found[name].lower[k], found[name].upper[k]
            # A gamma has no bound where one plant may hold everything.
            assert np.isnan(truth[name]) or not least > truth[name] + 1e-9, name
            assert np.isnan(truth[name]) or not most < truth[name] - 1e-9, name
            if not withheld.any() and not np.isnan(truth[name]):
                assert (least, most) == (pytest.approx(truth[name], abs=1e-9),) * 2


def small_boxes(seed: int, count: int = 5) -> tuple[Boxes, np.ndarray, np.ndarray]:
    """A random whole of a few regions with shares in boxes, their weights and plants."""
    rng = np.random.default_rng(seed)
    true = rng.dirichlet(np.full(count, 0.6))
    low, high = true * rng.uniform(0, 1, count), np.minimum(true + rng.uniform(0, 0.3, count), 1)
    low[0] = high[0] = true[0]
    return Boxes(ONE, low, high), rng.dirichlet(np.ones(count)), rng.integers(1, 6, count).astype(float)


def corners(boxes: Boxes) -> list[np.ndarray]:
    """All corners of the box cut by shares that add up to 1: all but one share at an end of its interval."""
    low, high = boxes.lower, boxes.upper
    found = []
    for free in range(len(low)):
        others = [r for r in range(len(low)) if r != free]
        for ends in product((0, 1), repeat=len(others)):
            s = low.copy()
            s[others] = np.where(ends, high[others], low[others])
            s[free] = 1 - s[others].sum()
            if low[free] - 1e-12 <= s[free] <= high[free] + 1e-12:
                found.append(s)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_ranges_are_as_narrow_as_they_can_be(seed: int) -> None:
    """Least values are attained. Greatest ones lie above the best corner by less than one chord's gap, those of Gini's
    index and of the gammas by what the docstring leaves open; a convex function is greatest at a corner."""
    boxes, weight, plants = small_boxes(seed)
    found = concentration(boxes, weight, plants, np.array([(weight**2).sum()]))
    best = {
        name: max(plainly(corner, weight, plants)[name] for corner in corners(boxes))
        for name in ("herfindahl", "locational_gini", "hoover", "theil", "raw_concentration_g", "plant_herfindahl")
    }
    gap = (boxes.upper - boxes.lower).max() ** 2 / 4
    for name in ("herfindahl", "raw_concentration_g", "plant_herfindahl"):
        assert -1e-9 <= found[name].upper[0] - best[name] <= gap + 1e-9, name
    for name in ("hoover", "theil", "locational_gini"):
        assert found[name].upper[0] >= best[name] - 1e-9, name
    assert found["hoover"].upper[0] <= best["hoover"] + (boxes.upper - boxes.lower).max() / 2 + 1e-9
    even = levelled(boxes, np.zeros(5), weight)
    centred = levelled(boxes, weight, np.ones(5))
    for name, least in (("theil", even), ("hoover", even), ("locational_gini", even), ("raw_concentration_g", centred)):
        assert found[name].lower[0] == pytest.approx(plainly(least, weight, plants)[name], abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_levelled_shares_are_the_least(seed: int) -> None:
    """No feasible shares, drawn at random between corners, have a smaller value of any of the measures."""
    boxes, weight, plants = small_boxes(seed)
    found = concentration(boxes, weight, plants, np.array([(weight**2).sum()]))
    rng, extreme = np.random.default_rng(seed), np.array(corners(boxes))
    for mix in rng.dirichlet(np.full(len(extreme), 0.3), 60):
        truth = plainly(mix @ extreme, weight, plants)
        for name in MEASURES:
            assert found[name].lower[0] - 1e-9 <= truth[name] <= found[name].upper[0] + 1e-9, name


def test_levelling_ends_and_adds_up_on_many_uneven_regions() -> None:
    rng = np.random.default_rng(7)
    start = np.sort(rng.choice(np.arange(1, 20_000), 199, replace=False))
    start = np.concatenate([[0], start])
    jobs = np.floor(rng.pareto(0.8, 20_000) * 10)
    jobs[start] += 1
    spread = rng.uniform(0, 1, 20_000) < 0.7
    low = np.where(spread, np.floor(jobs * rng.uniform(0, 1, 20_000)), jobs)
    high = np.where(spread, np.ceil(jobs * rng.uniform(1, 4, 20_000)), jobs)
    total = np.add.reduceat(jobs, start)
    boxes = share_boxes(start, low, high, total, total)
    for centre, pace in ((np.zeros(20_000), np.ones(20_000)), (rng.uniform(0, 1, 20_000), rng.uniform(0.1, 9, 20_000))):
        shares = levelled(boxes, centre, pace)
        assert np.abs(boxes.added(shares) - 1).max() < 1e-9
        assert (shares >= boxes.lower).all()
        assert (shares <= boxes.upper).all()


@pytest.mark.parametrize("rows", [1, 7, 60, 10_000])
def test_pieces_measure_what_all_industries_at_once_do(rows: int) -> None:
    random = np.random.default_rng(5)
    sizes = random.integers(1, 40, size=60)
    start, count = np.cumsum(sizes) - sizes, int(sizes.sum())
    lower = random.integers(0, 50, size=count) * random.integers(0, 2, size=count).astype(float)
    upper = lower + random.choice([0.0, 0.0, 9.0, 80.0], size=count)
    lower[: sizes[0]] = upper[: sizes[0]] = 0  # an industry that nobody has
    totals = np.where(random.random(60) < 0.5, 0.0, np.add.reduceat(lower, start) + 3)
    weight, plants = random.random(count) / 50, random.integers(1, 6, size=count).astype(float)
    squares = np.add.reduceat(weight**2, start) * 1.1

    def measured(run: slice, rows: slice) -> Mapping[str, Range]:
        boxes = share_boxes(start[run] - rows.start, lower[rows], upper[rows], totals[run], np.full(60, np.inf)[run])
        return concentration(boxes, weight[rows], plants[rows], squares[run])

    cuts = list(pieces(sizes, rows))
    assert np.concatenate([np.arange(60)[run] for run, _ in cuts]).tolist() == list(range(60))
    found, whole = [measured(*cut) for cut in cuts], measured(slice(0, 60), slice(0, count))
    for name, end in product(MEASURES, ("lower", "upper")):
        together = np.concatenate([getattr(piece[name], end) for piece in found])
        np.testing.assert_allclose(together, getattr(whole[name], end), rtol=1e-9, atol=1e-12, err_msg=name)


def test_a_bound_by_chords_is_exact_where_no_interval_is_cut() -> None:
    boxes = Boxes(ONE, np.array([0.0, 0.1, 0.0]), np.array([0.9, 0.4, 0.9]))
    assert chord_bound(boxes, boxes.lower**2, boxes.upper**2)[0] == pytest.approx(0.9**2 + 0.1**2)


def test_totals_that_contradict_their_rows_are_not_heeded() -> None:
    low, high = np.array([4.0, 0.0]), np.array([4.0, 6.0])
    unheeded = share_boxes(ONE, low, high, np.array([11.0]), np.array([11.0]))
    free = share_boxes(ONE, low, high, np.array([0.0]), np.array([np.inf]))
    assert unheeded.lower.tolist() == free.lower.tolist() == [0.4, 0.0]
    assert unheeded.upper.tolist() == free.upper.tolist() == [1.0, 0.6]


def test_an_industry_that_holds_nothing_has_no_measure() -> None:
    start, none = np.array([0, 2]), np.array([0.0, 0.0, 3.0, 1.0])
    boxes = share_boxes(start, none, none, np.zeros(2), np.full(2, np.inf))
    found = concentration(boxes, np.full(4, 0.5), np.ones(4), np.full(2, 0.5))
    for name in MEASURES:
        assert np.isnan(found[name].lower).tolist() == [True, False], name
        assert np.isnan(found[name].upper).tolist() == [True, False], name


def test_a_single_plant_has_no_gamma() -> None:
    share = np.array([1.0])
    found = concentration(Boxes(ONE, share, share), np.array([0.25]), np.ones(1), np.array([0.5]))
    assert found["plant_herfindahl"].lower.tolist() == [1.0]
    assert np.isnan(found["ellison_glaeser_gamma"].lower).all()
    assert np.isnan(found["maurel_sedillot_gamma"].upper).all()


def test_weights_and_plants_below_their_least_are_refused() -> None:
    share = np.array([1.0])
    boxes = Boxes(ONE, share, share)
    with pytest.raises(ValueError, match="weight"):
        concentration(boxes, np.zeros(1), np.ones(1), np.ones(1))
    with pytest.raises(ValueError, match="plants"):
        concentration(boxes, np.ones(1), np.zeros(1), np.ones(1))


@pytest.mark.parametrize("hidden_share", [0.1, 0.3, 0.6])
def test_measures_of_real_industries_lie_in_the_ranges_that_hiding_states_leaves(
    warehouse: duckdb.DuckDBPyConnection, record_property: Callable[[str, object], None], hidden_share: float
) -> None:
    """Industries of which every state is published in 2019 or 2020; a hidden one may hold all that the others leave."""
    table = warehouse.sql(
        """
        WITH states AS (
            SELECT region_id, year, employment / sum(employment) OVER (PARTITION BY year) AS x
            FROM employment
            WHERE ownership = 'total' AND region_id LIKE 'state:%' AND region_id NOT IN ('state:72', 'state:78')
        )
        SELECT
            industry_id, year, greatest(establishments, 1)::DOUBLE AS plants, employment::DOUBLE AS jobs, x,
            x2 AS weight_squares
        FROM employment
        INNER JOIN states USING (region_id, year)
        INNER JOIN (SELECT year, sum(x * x) AS x2 FROM states GROUP BY year) USING (year)
        WHERE ownership = 'private' AND year IN (2019, 2020)
        WINDOW w AS (PARTITION BY industry_id, year)
        QUALIFY count(employment) OVER w = count(*) OVER w AND count(*) OVER w > 2 AND sum(employment) OVER w > 0
        ORDER BY industry_id, year, region_id
        """
    ).df()
    start = np.flatnonzero(~table.duplicated(["industry_id", "year"]))
    jobs, weight, plants = (table[name].to_numpy() for name in ("jobs", "x", "plants"))
    squares = table["weight_squares"].to_numpy()[start]
    total = np.add.reduceat(jobs, start)
    hidden = np.random.default_rng(2019).uniform(size=len(jobs)) < hidden_share
    low = np.where(hidden, 0, jobs)
    left = total - np.add.reduceat(low, start)
    high = np.where(hidden, np.repeat(left, np.diff(start, append=len(jobs))), jobs)
    truth = concentration(share_boxes(start, jobs, jobs, total, total), weight, plants, squares)
    found = concentration(share_boxes(start, low, high, total, total), weight, plants, squares)
    assert len(start) > 1000
    for name in MEASURES:
        value, least, most = truth[name].lower, found[name].lower, found[name].upper
        np.testing.assert_allclose(value, truth[name].upper, atol=1e-12)
        outside = ~((least <= value + 1e-9) | np.isnan(least)) | ~((value - 1e-9 <= most) | np.isnan(most))
        width = np.nanmedian(most - least)
        told = f"{len(start) - outside.sum()} of {len(start)} within, median width {width:.4f}"
        record_property(f"{name}, {hidden_share:.0%} hidden", told)
        print(f"\n{hidden_share:.0%} hidden: {name}: {told}")
        assert not outside.any(), name


@pytest.mark.parametrize("rounding", [-1e-15, 0.0, 1e-15])
def test_a_single_plant_leaves_gamma_without_a_lower_bound(rounding: float) -> None:
    """Whichever side of 1 the plants' index comes out on: where it is 1 gamma is not defined, and near it anything."""
    one = np.array([1 + rounding])
    found = gamma(Range(np.array([0.1]), np.array([0.4])), Range(np.array([0.3]), one), np.array([0.2]))
    assert np.isnan(found.lower).all()
    assert found.upper[0] == pytest.approx((0.4 / 0.8 - 0.3) / 0.7)
