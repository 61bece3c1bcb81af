"""Input-output kernels on random tables and on degenerate ones.

Belongs here: identities, and outcomes that the module's docstring promises. Does not: published figures
(`tests/oracles`).
"""

from __future__ import annotations

import numpy as np
import pytest

from orchestration.indicators.input_output import inverse, linkages, multipliers, purchase_shares, sale_shares


def economy(seed: int, count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Flows of a closed economy and its output, which final uses make larger than what is sold between industries."""
    rng = np.random.default_rng(seed)
    flows = rng.gamma(0.3, 10, (count, count)) * (rng.uniform(size=(count, count)) < 0.6)
    output = np.maximum(flows.sum(axis=0), flows.sum(axis=1)) + rng.gamma(1, 20, count) + 1
    return flows, output


@pytest.mark.parametrize("seed", range(20))
def test_leontief_and_ghosh_agree_through_output(seed: int) -> None:
    flows, x = economy(seed)
    leontief, ghosh = inverse(purchase_shares(flows, x)), inverse(sale_shares(flows, x))
    np.testing.assert_allclose(ghosh, leontief / x[:, None] * x, rtol=1e-9, atol=1e-12)
    found = linkages(flows, x, x)
    assert found.backward @ (x - flows.sum(axis=1)) == pytest.approx(x.sum(), rel=1e-9)
    assert found.forward @ (x - flows.sum(axis=0)) == pytest.approx(x.sum(), rel=1e-9)
    # What is not bought is value added, so all that a final use calls for becomes income.
    np.testing.assert_allclose(multipliers(leontief, 1 - flows.sum(axis=0) / x), 1, rtol=1e-9)
    for index in (found.rasmussen_backward, found.rasmussen_forward, found.rasmussen_sensitivity):
        assert index.mean() == pytest.approx(1)
    key = (found.rasmussen_backward > 1) & (found.rasmussen_forward > 1)
    np.testing.assert_array_equal(found.key_sector, key)
    # Rounds of purchases, added up one by one.
    rounds, shares = np.zeros_like(flows), purchase_shares(flows, x)
    for _ in range(3000):
        rounds = np.eye(len(x)) + shares @ rounds
    np.testing.assert_allclose(leontief, rounds, rtol=1e-6)


def test_an_industry_without_output_has_no_backward_linkage_and_leaves_the_others_theirs() -> None:
    flows, x = economy(3, 5)
    flows[:, 2] = flows[2, :] = 0
    without = [0, 1, 3, 4]
    idle = x.copy()
    for nothing in (0.0, -4.0):
        idle[2] = nothing
        found = linkages(flows, idle, idle)
        alone = linkages(flows[np.ix_(without, without)], x[without], x[without])
        assert np.isnan([found.backward[2], found.forward[2], found.key_sector[2]]).all()
        for name in ("backward", "forward", "rasmussen_backward", "rasmussen_forward", "key_sector"):
            np.testing.assert_allclose(getattr(found, name)[without], getattr(alone, name), rtol=1e-9, err_msg=name)


def test_a_row_without_total_has_no_forward_linkage_but_a_backward_one() -> None:
    flows, x = economy(4, 5)
    total = x.copy()
    flows[1, :], total[1] = 0, 0
    found = linkages(flows, x, total)
    assert np.isnan([found.forward[1], found.rasmussen_forward[1], found.key_sector[1]]).all()
    assert np.isfinite(found.backward).all()
    assert np.isfinite(np.delete(found.forward, 1)).all()
    assert np.isnan(sale_shares(flows, total)[1]).all()


def test_an_industry_that_buys_nothing_calls_for_itself_alone() -> None:
    flows, x = economy(5, 5)
    flows[:, 0] = 0
    assert linkages(flows, x, x).backward[0] == pytest.approx(1)


def test_negative_flows_stay_negative() -> None:
    flows, x = np.array([[0.0, -10.0], [20.0, 0.0]]), np.array([100.0, 100.0])
    assert purchase_shares(flows, x)[0, 1] == sale_shares(flows, x)[0, 1] == -0.1
    # 1 / (1 - a12 a21) with a12 a21 = -0.02.
    np.testing.assert_allclose(linkages(flows, x, x).backward, [1.2 / 1.02, 0.9 / 1.02])


def test_a_table_without_inverse_has_no_multipliers() -> None:
    """Each industry spends all its output on the other, so a final use would never come to rest."""
    flows, x = np.array([[0.0, 100.0], [100.0, 0.0]]), np.array([100.0, 100.0])
    found = linkages(flows, x, x)
    for name in ("backward", "forward", "rasmussen_backward", "rasmussen_forward", "key_sector"):
        assert np.isnan(getattr(found, name)).all(), name
    nearly = np.array([[0.0, 1.0], [1.0 - 1e-16, 0.0]])
    assert np.isnan(inverse(nearly)).all()


def test_a_single_industry_is_its_own_mean() -> None:
    found = linkages(np.array([[20.0]]), np.array([100.0]), np.array([100.0]))
    assert found.backward.tolist() == found.forward.tolist() == [1.25]
    assert found.rasmussen_backward.tolist() == [1]
    assert found.key_sector.tolist() == [0]


def test_no_industry_at_all() -> None:
    nothing = np.zeros(0)
    assert len(linkages(np.zeros((0, 0)), nothing, nothing).backward) == 0


def test_multipliers_weigh_the_rows_of_the_inverse() -> None:
    flows, x = economy(6)
    leontief, jobs = inverse(purchase_shares(flows, x)), np.random.default_rng(6).uniform(0, 5, len(x))
    expected = [sum(jobs[i] / x[i] * leontief[i, j] for i in range(len(x))) for j in range(len(x))]
    np.testing.assert_allclose(multipliers(leontief, jobs / x), expected)
