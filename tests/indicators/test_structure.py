"""Ranges of what a region is made up of, against random completions, exact optima and cases with nothing to measure.

Belongs here: the kernel. Does not: published figures (`tests/oracles`), the mart (`tests/marts`).
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from orchestration.indicators.concentration import Range
from orchestration.indicators.shares import Boxes
from orchestration.indicators.structure import MEASURES, Makeup, krugman, makeup, structure

ONE = np.array([0])


def plainly(sectors: list[np.ndarray], nation: list[np.ndarray], held: np.ndarray | None = None) -> dict[str, float]:
    """The measures of one region, as their sources write them. `held` are the sectors' own figures, else the sums."""
    whole = np.array([jobs.sum() for jobs in sectors], dtype=float) if held is None else held
    whole = whole / whole.sum()
    within = [jobs / jobs.sum() for jobs in sectors]
    a = np.concatenate([g * p for g, p in zip(whole, within, strict=True)])
    b = np.concatenate(nation)

    def entropy(shares: np.ndarray) -> float:
        return float(-sum(s * np.log2(s) for s in shares if s > 0))

    unrelated = entropy(whole)
    related = float(sum(g * entropy(p) for g, p in zip(whole, within, strict=True)))
    assert unrelated + related == pytest.approx(entropy(a))
    return {
        "herfindahl": (a**2).sum(),
        "krugman": np.abs(a - b).sum(),
        "hachman": 1 / (a**2 / b).sum(),
        "variety": entropy(a),
        "unrelated_variety": unrelated,
        "related_variety": related,
    }


def flat(values: np.ndarray) -> Range:
    return Range(values, values)


def made_of(sectors: list[np.ndarray]) -> Makeup:
    """A region of which everything is known."""
    held = np.array([jobs.sum() for jobs in sectors], dtype=float)
    start = np.cumsum([0, *(len(jobs) for jobs in sectors[:-1])])
    return makeup(flat(np.concatenate(sectors).astype(float)), flat(held), flat(held.sum(keepdims=True)), start, ONE)


@st.composite
def regions(draw: st.DrawFn) -> tuple[list[np.ndarray], ...]:
    """True jobs of a region's industries by sector, the nation's, which are withheld, and how far bounds are off."""

    def like(sizes: list[int], least: int, most: int) -> list[np.ndarray]:
        return [np.array(draw(st.lists(st.integers(least, most), min_size=n, max_size=n)), dtype=float) for n in sizes]

    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    jobs = like(sizes, 0, 60)
    for sector in jobs:
        sector[0] += 1
    whole = [len(sizes)]
    return (
        jobs, like(sizes, 1, 100), like(sizes, 0, 1), like(sizes, 0, 20), like(sizes, 0, 20),
        like(whole, 0, 1), like(whole, -1, 1),
    )  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(regions(), min_size=1, max_size=4), st.booleans())
def test_the_truth_lies_in_every_range(cases: list[tuple[list[np.ndarray], ...]], nation_known: bool) -> None:
    """Several regions at once; sectors are rounded, and some of them withheld as well."""
    low: list[np.ndarray] = []
    held_low: list[float] = []
    high, nation, held_high, totals, sector_start, region_start, truths = ([] for _ in range(7))
    for jobs, around, withheld, below, above, (closed,), (rounding,) in cases:
        true = np.array([sector.sum() for sector in jobs])
        # A published sum is off by a job at most, and there is always half a job of room for two figures.
        held = np.maximum(true + rounding, 1)
        region_start.append(len(held_low))
        for k, sector in enumerate(jobs):
            sector_start.append(sum(v.size for v in low))
            hidden = withheld[k] > 0
            low.append(np.where(hidden, np.maximum(sector - below[k], 0), sector))
            high.append(np.where(hidden, sector + above[k], sector))
            held_low.append(held[k] - (min(3, held[k]) if closed[k] else 0))
            held_high.append(held[k] + (5 if closed[k] else 0))
        totals.append(held.sum())
        b = np.concatenate(around) / sum(v.sum() for v in around)
        nation.append(b)
        ends = np.cumsum([len(v) for v in around])[:-1]
        truths.append(plainly(jobs, np.split(b, ends), held))
    b = np.concatenate(nation)
    made = makeup(
        Range(np.concatenate(low), np.concatenate(high)), Range(np.array(held_low), np.array(held_high)),
        flat(np.array(totals)), np.array(sector_start), np.array(region_start),
    )  # fmt: skip
    found = structure(made, flat(b) if nation_known else Range(b * 0.9, np.minimum(b * 1.2, 1)))
    assert tuple(found) == MEASURES
    for k, (truth, case) in enumerate(zip(truths, cases, strict=True)):
        for name, value in truth.items():
            least, most = found[name].lower[k], found[name].upper[k]
            # Not even by a rounding, as the contract of the table says.
            assert 0 <= least <= most, name
            assert least - 1e-9 <= value <= most + 1e-9, name
            if nation_known and not np.concatenate([*case[2], case[5][0]]).any():
                assert (least, most) == (pytest.approx(value, abs=1e-9),) * 2


def boxed(seed: int) -> tuple[Makeup, np.ndarray, np.ndarray]:
    """Two known sectors of two and three industries with shares in boxes, the nation's shares, and all corners.

    A corner has in each sector all but one share at an end of its interval; convex functions are greatest there.
    """
    rng = np.random.default_rng(seed)
    whole, start = rng.dirichlet(np.ones(2)), np.array([0, 2])
    true = np.concatenate([rng.dirichlet(np.ones(2)), rng.dirichlet(np.ones(3))])
    low, high = true * rng.uniform(0, 1, 5), np.minimum(true + rng.uniform(0, 0.4, 5), 1)
    corners = []
    for first, second in product(ends(low[:2], high[:2]), ends(low[2:], high[2:])):
        corners.append(np.concatenate([whole[0] * first, whole[1] * second]))
    return Makeup(Boxes(ONE, whole, whole), Boxes(start, low, high)), rng.dirichlet(np.ones(5)), np.array(corners)


def ends(low: np.ndarray, high: np.ndarray) -> list[np.ndarray]:
    found = []
    for free in range(len(low)):
        others = [r for r in range(len(low)) if r != free]
        for side in product((0, 1), repeat=len(others)):
            p = low.copy()
            p[others] = np.where(side, high[others], low[others])
            p[free] = 1 - p[others].sum()
            if low[free] - 1e-12 <= p[free] <= high[free] + 1e-12:
                found.append(p)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_ranges_are_as_narrow_as_they_can_be_where_sectors_are_known(seed: int) -> None:
    """No mixture of corners is outside; what lies beyond the best corner is no more than the gap below the chords of
    one industry a sector."""
    made, nation, corners = boxed(seed)
    found = structure(made, flat(nation))

    def measured(a: np.ndarray) -> dict[str, float]:
        return plainly([a[:2], a[2:]], [nation[:2], nation[2:]])

    at_corners = [measured(a) for a in corners]
    rng = np.random.default_rng(seed)
    mixed = [measured(mix @ corners) for mix in rng.dirichlet(np.full(len(corners), 0.3), 200)]
    for name in MEASURES:
        values = [truth[name] for truth in at_corners + mixed]
        assert found[name].lower[0] - 1e-9 <= min(values), name
        assert max(values) <= found[name].upper[0] + 1e-9, name
    share = made.shares
    gap = share.upper - share.lower
    worst = max(gap[:2]) ** 2 / 4 + max(gap[2:]) ** 2 / 4
    assert found["herfindahl"].upper[0] - max(truth["herfindahl"] for truth in at_corners) <= worst + 1e-9
    assert found["krugman"].upper[0] - max(truth["krugman"] for truth in at_corners) <= max(gap[:2]) + max(gap[2:])


@pytest.mark.parametrize("seed", range(40))
def test_the_least_krugman_is_exact(seed: int) -> None:
    """A linear programme over the same shares, with sectors that are open as well, finds the same."""
    rng = np.random.default_rng(seed)
    true = rng.dirichlet(np.ones(2))
    sectors = Boxes(ONE, true * rng.uniform(0.5, 1, 2), np.minimum(true * rng.uniform(1, 1.5, 2), 1))
    made = Makeup(sectors, boxed(seed)[0].industries)
    nation, share = rng.dirichlet(np.ones(5)), made.shares
    eye, of = np.eye(5), np.equal.outer(np.arange(2), made.industries.of).astype(float)
    nothing = np.zeros_like(of)
    # Variables: five shares, then what each is above or below the nation's.
    solved = linprog(
        np.repeat([0.0, 1.0], 5),
        A_ub=np.block([[eye, -eye], [-eye, -eye], [of, nothing], [-of, nothing]]),
        b_ub=np.concatenate([nation, -nation, sectors.upper, -sectors.lower]),
        A_eq=np.repeat([[1.0, 0.0]], 5, axis=1),
        b_eq=[1.0],
        bounds=[*zip(share.lower, share.upper, strict=True), *[(0, None)] * 5],
    )
    assert krugman(made, flat(nation)).lower[0] == pytest.approx(solved.fun, abs=1e-7)


def test_known_sectors_narrow_what_their_industries_leave_open() -> None:
    """Two sectors of 50 jobs each, of two withheld industries each: without the sectors anything would be possible."""
    open_ = Range(np.zeros(4), np.full(4, 50.0))
    fifty = flat(np.array([50.0, 50.0]))
    made = makeup(open_, fifty, flat(np.array([100.0])), np.array([0, 2]), ONE)
    found = structure(made, flat(np.full(4, 0.25)))
    assert [found["unrelated_variety"].lower[0], found["unrelated_variety"].upper[0]] == [1, 1]
    assert [found["related_variety"].lower[0], found["related_variety"].upper[0]] == [0, 1]
    assert [found["herfindahl"].lower[0], found["herfindahl"].upper[0]] == pytest.approx([0.25, 0.5])
    assert [found["krugman"].lower[0], found["krugman"].upper[0]] == pytest.approx([0, 1])
    assert [found["hachman"].lower[0], found["hachman"].upper[0]] == pytest.approx([0.5, 1])


def test_a_single_industry() -> None:
    found = structure(made_of([np.array([7])]), flat(np.array([0.02])))
    assert {name: r.upper[0] for name, r in found.items()} == pytest.approx(
        {"herfindahl": 1, "krugman": 1.96, "hachman": 0.02, "variety": 0, "unrelated_variety": 0, "related_variety": 0}
    )


def test_a_region_without_jobs_has_no_measure() -> None:
    none, ten = np.zeros(2), np.array([4.0, 6.0])
    both = flat(np.concatenate([none, ten]))
    made = makeup(both, both, flat(np.array([0.0, 10.0])), np.arange(4), np.array([0, 2]))
    for name, found in structure(made, flat(np.full(4, 0.25))).items():
        assert np.isnan([found.lower, found.upper]).tolist() == [[True, False]] * 2, name


def test_a_sector_of_jobs_that_no_industry_holds_once_rounded_may_be_made_up_anyhow() -> None:
    """Three plants of a third of a job are one job together, and none by themselves."""
    held = flat(np.array([1.0, 7.0]))
    made = makeup(flat(np.array([0.0, 0.0, 0.0, 7.0])), held, flat(np.array([8.0])), np.array([0, 3]), ONE)
    found = structure(made, flat(np.full(4, 0.25)))
    assert (found["related_variety"].lower[0], found["related_variety"].upper[0]) == (
        0,
        pytest.approx(np.log2(3) / 8),
    )


def test_an_industry_that_the_nation_has_none_of() -> None:
    found = structure(made_of([np.array([3, 1])]), flat(np.array([0.0, 1.0])))
    assert found["krugman"].lower[0] == pytest.approx(1.5)
    assert 0 < found["hachman"].upper[0] < 1e-11


@pytest.mark.parametrize("shares", [[-0.1, 0.5], [0.5, 1.1], [np.nan, 0.5]])
def test_shares_of_the_nation_outside_of_0_and_1_are_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="share of the nation"):
        structure(made_of([np.array([3, 1])]), flat(np.array(shares)))
