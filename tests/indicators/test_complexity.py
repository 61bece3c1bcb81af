"""Proximity, density and complexity by their definitions, under relabelling, in degenerate cases, and their bounds.

Belongs here: the kernel alone. Does not: other packages (`test_complexity_peers`), published figures and the marts
(`tests/oracles`).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import duckdb
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from orchestration.indicators.complexity import (
    LEAST_ORIENTATION,
    Complexity,
    complexity,
    density_bounds,
    proximity,
    proximity_bounds,
    reflections,
    relatedness_density,
    settled,
)

NESTED = np.triu(np.ones((5, 5), dtype=bool))
matrices = st.tuples(st.integers(1, 7), st.integers(1, 7)).flatmap(lambda shape: arrays(np.bool_, shape))


def plain_proximity(present: np.ndarray) -> np.ndarray:
    """Written out as its source does, pair by pair."""
    count = present.shape[1]
    phi = np.zeros((count, count))
    for i, j in product(range(count), repeat=2):
        most = max(present[:, i].sum(), present[:, j].sum())
        if i != j and most:
            phi[i, j] = (present[:, i] & present[:, j]).sum() / most
    return phi


def plain_density(present: np.ndarray, phi: np.ndarray) -> np.ndarray:
    found = np.full(present.shape, np.nan)
    for r, i in np.ndindex(present.shape):
        if phi[i].sum() > 0:
            found[r, i] = phi[i, present[r]].sum() / phi[i].sum()
    return found


@given(matrices)
def test_proximity_and_density_are_those_of_their_definitions(present: np.ndarray) -> None:
    phi = proximity(present)
    np.testing.assert_allclose(phi, plain_proximity(present), atol=1e-12)
    density = relatedness_density(present, phi)
    np.testing.assert_allclose(density, plain_density(present, phi), atol=1e-12)
    assert (np.isnan(density) | ((density >= 0) & (density <= 1))).all()
    everywhere = np.ones_like(present)
    np.testing.assert_array_equal(phi, proximity(present, everywhere))
    np.testing.assert_array_equal(density, relatedness_density(present, phi, everywhere))
    np.testing.assert_array_equal(proximity_bounds(present, present), [phi, phi])
    np.testing.assert_allclose(density_bounds(present, present, phi, phi), [density, density], atol=1e-12)


@given(matrices)
def test_indices_are_eigenvectors_with_mean_0_and_spread_1(present: np.ndarray) -> None:
    found = complexity(present)
    held = present[np.ix_(present.any(axis=1), present.any(axis=0))]
    eci, pci = found.eci[present.any(axis=1)], found.pci[present.any(axis=0)]
    assert np.isnan(eci).all() or np.isfinite(eci).all()
    assert np.isnan(found.eci[~present.any(axis=1)]).all()
    assert np.isnan(found.pci[~present.any(axis=0)]).all()
    if not held.size or np.isnan(eci).any():
        return
    assert found.connected
    for index in (eci, pci):
        assert (index.mean(), index.std()) == pytest.approx((0, 1), abs=1e-9)
    mean_pci, mean_eci = held @ pci / held.sum(axis=1), held.T @ eci / held.sum(axis=0)
    assert np.corrcoef(mean_pci, eci)[0, 1] == pytest.approx(1)
    assert np.corrcoef(mean_eci, pci)[0, 1] == pytest.approx(1)
    # Twice averaged, what is not constant of an eigenvector shrinks by its eigenvalue, which is the second.
    twice = held @ mean_eci / held.sum(axis=1)
    scaled = held / np.sqrt(np.outer(held.sum(axis=1), held.sum(axis=0)))
    assert twice.std() == pytest.approx(np.linalg.svd(scaled, compute_uv=False)[1] ** 2, abs=1e-9)
    diversity = held.sum(axis=1)
    varied = diversity.std() > 0
    assert found.orientation == pytest.approx(np.corrcoef(eci, diversity)[0, 1] if varied else 0, abs=1e-9)
    assert found.orientation > -1e-7


@given(matrices, st.integers(0, 1000))
def test_names_and_order_do_not_matter(present: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = (rng.permutation(size) for size in present.shape)
    moved = present[np.ix_(rows, columns)]
    one, other = complexity(present), complexity(moved)
    assert one.connected == other.connected
    np.testing.assert_allclose(other.eci, one.eci[rows], atol=1e-6)
    np.testing.assert_allclose(other.pci, one.pci[columns], atol=1e-6)
    np.testing.assert_array_equal(proximity(moved), proximity(present)[np.ix_(columns, columns)])
    for found, before, order in zip(reflections(moved, 3), reflections(present, 3), (rows, columns), strict=True):
        np.testing.assert_allclose(found, before[order], atol=1e-12)
    density = relatedness_density(present, proximity(present))
    np.testing.assert_array_equal(relatedness_density(moved, proximity(moved)), density[np.ix_(rows, columns)])


@given(matrices)
def test_regions_and_industries_can_change_places(present: np.ndarray) -> None:
    """Up to the sign, which either way is that of the more diverse rows."""
    one, other = complexity(present), complexity(present.T)
    assert one.connected == other.connected
    sign = 1 if np.nan_to_num(one.eci) @ np.nan_to_num(other.pci) >= 0 else -1
    np.testing.assert_allclose(one.eci, sign * other.pci, atol=1e-6)
    np.testing.assert_allclose(one.pci, sign * other.eci, atol=1e-6)


@given(matrices)
def test_a_region_of_the_same_profile_has_the_same_figures(present: np.ndarray) -> None:
    twice = np.vstack([present, present[:1]])
    found, phi = complexity(twice), proximity(twice)
    assert found.connected == complexity(present).connected
    np.testing.assert_allclose(found.eci[0], found.eci[-1], atol=1e-9)
    density = relatedness_density(twice, phi)
    np.testing.assert_array_equal(density[0], density[-1])


@given(matrices)
def test_everything_twice_changes_nothing(present: np.ndarray) -> None:
    """Every region again: all counts double, and shares, proximities and eigenvectors stay."""
    twice = np.vstack([present, present])
    np.testing.assert_array_equal(proximity(twice), proximity(present))
    one, other = complexity(present), complexity(twice)
    np.testing.assert_allclose(other.pci, one.pci, atol=1e-6)
    np.testing.assert_allclose(other.eci, np.tile(one.eci, 2), atol=1e-6)


def test_the_smaller_side_is_solved_to_the_same_end() -> None:
    rng = np.random.default_rng(3)
    present = rng.uniform(size=(60, 20)) < np.linspace(0.1, 0.8, 60)[:, None]
    wide, tall = complexity(present.T), complexity(present)
    assert abs(np.corrcoef(wide.pci, tall.eci)[0, 1]) == pytest.approx(1, abs=1e-12)
    assert abs(np.corrcoef(wide.eci, tall.pci)[0, 1]) == pytest.approx(1, abs=1e-12)


@settings(deadline=None)
@given(
    st.tuples(st.integers(1, 4), st.integers(2, 4)).flatmap(lambda s: arrays(np.int8, s, elements=st.integers(0, 5)))
)
def test_the_truth_lies_within_bounds_whatever_is_open(verdicts: np.ndarray) -> None:
    """0 to 2 absent, 3 and 4 present, 5 open; every completion of the open cells, and of six at most."""
    surely, possibly = (verdicts == 3) | (verdicts == 4), verdicts >= 3
    where = np.argwhere(possibly & ~surely)
    assume(len(where) <= 6)
    known = surely | ~possibly
    phi_least, phi_most = proximity_bounds(surely, possibly)
    least, most = density_bounds(surely, possibly, phi_least, phi_most)
    settled = proximity(surely, known)
    told = relatedness_density(surely, settled, known)
    assert ((phi_least <= settled) & (settled <= phi_most)).all()
    inside = (least <= told + 1e-12) & (told - 1e-12 <= most)
    assert (inside | np.isnan(told) | np.isnan(least)).all()
    for ends in product((False, True), repeat=len(where)):
        truth = surely.copy()
        truth[tuple(where.T)] = ends
        phi = proximity(truth)
        assert ((phi_least <= phi) & (phi <= phi_most)).all()
        density = relatedness_density(truth, phi)
        assert not np.isnan(density[~np.isnan(least)]).any()
        inside = (least <= density + 1e-12) & (density - 1e-12 <= most)
        assert (inside | np.isnan(least)).all()


def test_what_is_not_known_has_no_part_in_proximity_and_density() -> None:
    """Two of three regions know both industries; one of them has both, and the other only the first."""
    present = np.array([[1, 1, 0], [1, 0, 1], [1, 0, 1]]) == 1
    known = np.array([[1, 1, 1], [1, 1, 1], [1, 0, 1]]) == 1
    phi = proximity(present, known)
    assert phi[0].tolist() == [0, 0.5, pytest.approx(2 / 3)]
    assert relatedness_density(present, phi, known)[2, 0] == 1
    assert relatedness_density(present, phi)[2, 0] == pytest.approx(4 / 7)


@pytest.mark.parametrize(
    ("present", "connected"),
    [
        (np.zeros((3, 4)), False),
        (np.zeros((0, 4)), False),
        (np.ones((1, 4)), True),
        (np.ones((4, 1)), True),
        (np.ones((1, 1)), True),
        (np.ones((2, 3)), True),
        (np.ones((4, 4)), True),
        (np.eye(2), False),
        (np.kron(np.eye(2), NESTED), False),
        (np.eye(6) + np.roll(np.eye(6), 1, axis=1), True),
    ],
    ids=[
        "nothing present", "no regions", "a single region", "a single industry", "a single cell", "two regions alike",
        "all alike", "a region an industry", "two groups", "a ring, whose second eigenvalue is repeated",
    ],
)  # fmt: skip
def test_there_is_no_index_where_it_is_not_defined(present: np.ndarray, connected: bool) -> None:
    found = complexity(present == 1)
    assert found.connected is connected
    assert found.eci.shape == present.shape[:1]
    assert found.pci.shape == present.shape[1:]
    assert np.isnan(found.orientation)
    assert np.isnan(found.eci).all()
    assert np.isnan(found.pci).all()


def test_the_smallest_index_there_is() -> None:
    found = complexity(np.array([[True, True], [False, True]]))
    assert found.eci == pytest.approx([1, -1])
    assert found.pci == pytest.approx([1, -1])


def test_where_all_regions_are_equally_diverse_rare_industries_are_complex() -> None:
    present = np.array([[0, 0, 0, 1, 1], [0, 1, 0, 0, 1], [1, 0, 0, 0, 1], [0, 0, 0, 1, 1], [0, 0, 1, 1, 0]]) == 1
    found = complexity(present)
    assert np.isfinite(found.eci).all()
    assert found.orientation == 0
    assert np.corrcoef(found.pci, present.sum(axis=0))[0, 1] < 0


def test_there_is_no_index_without_anything_to_orient_it_by() -> None:
    """Every region has three industries and every industry three regions, and the second eigenvalue is a single one."""
    rows = ["101100", "010110", "001011", "110001", "101100", "010011"]
    present = np.array([[mark == "1" for mark in row] for row in rows])
    squares = np.linalg.svd(present / 3, compute_uv=False) ** 2
    assert squares[1] - squares[2] > 0.1
    found = complexity(present)
    assert found.connected
    assert np.isnan(found.eci).all()


def test_who_is_left_out_does_not_change_the_others() -> None:
    wider = np.zeros((7, 8), dtype=bool)
    wider[1:6, 2:7] = NESTED
    found, core = complexity(wider), complexity(NESTED)
    np.testing.assert_array_equal(found.eci[1:6], core.eci)
    np.testing.assert_array_equal(found.pci[2:7], core.pci)
    assert found.connected
    assert np.isnan(found.eci[[0, 6]]).all()
    assert np.isnan(found.pci[[0, 1, 7]]).all()
    assert np.isnan(relatedness_density(wider, proximity(wider))[:, [0, 1, 7]]).all()
    assert np.isnan(reflections(wider, 2)[0][[0, 6]]).all()
    np.testing.assert_array_equal(reflections(wider, 2)[0][1:6], reflections(NESTED, 2)[0])


def test_the_same_input_gives_the_same_bits() -> None:
    rng = np.random.default_rng(8)
    present = rng.uniform(size=(500, 51)) < 0.3
    one, other = complexity(present), complexity(present.copy(order="F"))
    np.testing.assert_array_equal(one.eci, complexity(present).eci)
    np.testing.assert_allclose(one.eci, other.eci, atol=1e-9)
    # Sums of proximities are exact, so no order of adding them up is any different.
    order = rng.permutation(51)
    phi = proximity(present)
    shuffled = relatedness_density(present[:, order], phi[np.ix_(order, order)])
    np.testing.assert_array_equal(shuffled, relatedness_density(present, phi)[:, order])


@pytest.mark.parametrize(("region_type", "draws"), [("county", 10), ("cbsa", 20), ("state", 100)])
def test_a_tenth_of_the_cells_hidden_leaves_complexity_what_it_is(
    warehouse: duckdb.DuckDBPyConnection,
    record_property: Callable[[str, object], None],
    region_type: str,
    draws: int,
) -> None:
    """Establishments of 2016, hidden as jobs are withheld, thinned out to the share wanted; states as metros are."""
    cells = (
        "SELECT {} FROM cluster_opportunity WHERE year = 2016 AND region_id LIKE '{}:%' ORDER BY region_id, cluster_id"
    )

    def matrix(what: str, kind: str) -> np.ndarray:
        return np.array(warehouse.sql(cells.format(what, kind)).fetchall()).reshape(-1, 51)

    present = matrix("present_establishments = 'yes'", region_type)
    pattern = matrix("present = 'undetermined'", "cbsa" if region_type == "state" else region_type)
    truth, rng = complexity(present).eci, np.random.default_rng(2016)
    for share in (0.05, 0.1, 0.15, 0.2, pattern.mean()):
        found = []
        for _ in range(draws):
            rows = rng.choice(len(pattern), len(present), replace=False) if region_type == "state" else slice(None)
            hidden = pattern[rows] & (rng.uniform(size=present.shape) < share / pattern[rows].mean())
            eci = complexity(present & ~hidden).eci
            both = np.isfinite(eci) & np.isfinite(truth)
            found.append((np.corrcoef(eci[both], truth[both])[0, 1], np.median(np.abs(eci - truth)[both])))
        (least, _), (_, off) = np.min(found, axis=0), np.median(found, axis=0)
        told = f"correlation {least:.3f} and more, off by {off:.2f} in the median"
        record_property(f"{region_type}, {share:.0%} hidden", told)
        print(f"\n{region_type}, {share:.0%} hidden: {told}")
        assert share > 0.1 or least > 0.9


@given(matrices)
def test_sign_is_settled_by_diversity_by_rarity_or_not_at_all(present: np.ndarray) -> None:
    found = complexity(present)
    turned = settled(found)
    sides = [np.isnan(turned.eci).all(), turned.orientation >= LEAST_ORIENTATION, turned.rarity >= LEAST_ORIENTATION]
    assert any(sides)
    if found.orientation >= LEAST_ORIENTATION:
        assert turned is found
    elif not sides[0]:
        np.testing.assert_array_equal(np.abs(turned.eci), np.abs(found.eci))
        assert np.sign(turned.rarity * found.rarity) == np.sign(turned.orientation * found.orientation) or (
            found.orientation == 0
        )


def test_sign_that_nothing_settles_is_not_given() -> None:
    found = Complexity(np.array([1.0, -1.0]), np.array([1.0, -1.0]), True, 0.29, -0.29)
    turned = settled(found)
    assert np.isnan([*turned.eci, *turned.pci, turned.orientation]).all()
    assert turned.connected
