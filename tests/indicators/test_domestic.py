"""Where a dollar of final demand ends, on random accounts and on degenerate ones.

Belongs here: identities, a case worked by hand, and outcomes that the module's docstring promises. Does not: published
figures (`tests/oracles`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np
import pytest

from orchestration.indicators.domestic import Domestic, domestic, home_made, market_shares
from orchestration.indicators.input_output import inverse, linkages, multipliers, purchase_shares

NAMES = tuple(field.name for field in fields(Domestic))


@dataclass(frozen=True)
class Accounts:
    """Use and imports [commodity, industry], make [industry, commodity], output and value added."""

    use: np.ndarray
    imports: np.ndarray
    make: np.ndarray
    output: np.ndarray
    value_added: np.ndarray

    def domestic(self) -> Domestic:
        return domestic(self.use, self.imports, self.make, self.output, self.value_added)

    def imported(self, part: float) -> Accounts:
        """Imports as a part of every purchase."""
        return replace(self, imports=part * self.use)


def accounts(seed: int, count: int = 12) -> Accounts:
    """Accounts that add up: industries with by-products, a commodity more than industries, any part of it imported."""
    rng = np.random.default_rng(seed)
    use = rng.gamma(0.3, 10, (count + 1, count)) * (rng.uniform(size=(count + 1, count)) < 0.6)
    value_added = rng.gamma(1, 20, count) + 1
    make = np.diag(rng.gamma(2, 20, count)) + rng.gamma(0.2, 2, (count, count))
    make = np.column_stack([make, rng.gamma(1, 5, count)])
    return Accounts(use, use * rng.uniform(size=use.shape), make, use.sum(axis=0) + value_added, value_added)


@pytest.mark.parametrize("seed", range(20))
def test_a_dollar_is_income_or_imports(seed: int) -> None:
    found = accounts(seed).domestic()
    np.testing.assert_allclose(found.value_added_multiplier + found.import_leakage, 1, rtol=1e-9)
    np.testing.assert_allclose(found.scrap_leakage, 0, atol=1e-12)
    assert (found.value_added_multiplier < 1).any()


@pytest.mark.parametrize("seed", range(20))
def test_imports_only_take_away(seed: int) -> None:
    """More imports call for less output at home and leave less income, of every industry."""
    given = accounts(seed)
    steps = [given.imported(part).domestic() for part in (0.0, 0.1, 0.4, 0.8, 1.0)]
    for less, more in pairwise(steps):
        assert (more.backward_domestic <= less.backward_domestic + 1e-12).all()
        assert (more.value_added_multiplier <= less.value_added_multiplier + 1e-12).all()
        assert (more.import_leakage >= less.import_leakage - 1e-12).all()
    np.testing.assert_allclose(steps[0].value_added_multiplier, 1, rtol=1e-9)
    # All is imported: nobody at home but the industry itself earns anything.
    np.testing.assert_allclose(steps[-1].backward_domestic, 1)
    np.testing.assert_allclose(steps[-1].value_added_multiplier, given.value_added / given.output)
    assert (given.domestic().backward_domestic <= steps[0].backward_domestic + 1e-12).all()


@pytest.mark.parametrize("seed", range(5))
def test_without_imports_and_by_products_it_is_the_square_table(seed: int) -> None:
    given = accounts(seed)
    flows, x = given.use[:-1], given.output
    found = domestic(flows, np.zeros_like(flows), np.diag(x), x, given.value_added)
    np.testing.assert_allclose(found.backward_domestic, linkages(flows, x, x).backward, rtol=1e-12)
    leontief = inverse(purchase_shares(flows, x))
    np.testing.assert_allclose(found.value_added_multiplier, multipliers(leontief, given.value_added / x), rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_rounds_of_purchases_added_up_come_to_the_same(seed: int) -> None:
    """The other way round, as BEA does it: from commodities to who makes them, and to the commodities these buy."""
    given = accounts(seed)
    bought = home_made(given.use, given.imports) / given.output
    earns = given.value_added / given.output
    needed, income, output = bought, earns.copy(), np.ones(len(earns))
    for _ in range(3000):
        makers = market_shares(given.make) @ needed
        income, output, needed = income + earns @ makers, output + makers.sum(axis=0), bought @ makers
    found = given.domestic()
    np.testing.assert_allclose(found.value_added_multiplier, income, rtol=1e-6)
    np.testing.assert_allclose(found.backward_domestic, output, rtol=1e-6)


def test_a_case_worked_by_hand() -> None:
    """Farms sell a fifth of the electricity; mills buy 50 of it, 10 of them abroad, and 5 of scrap."""
    use = np.array([[0.0, 20], [0, 50], [0, 5]])
    imports = np.array([[0.0, 0], [0, 10], [0, 1]])
    make = np.array([[80.0, 20, 0], [0, 80, 0]])
    found = domestic(use, imports, make, np.array([100.0, 100]), np.array([100.0, 25]))
    # Of a dollar mills spend 0.2 + 0.2 * 0.4 = 0.28 on farms and 0.8 * 0.4 = 0.32 on mills.
    np.testing.assert_allclose(found.backward_domestic, [1, 1.28 / 0.68])
    np.testing.assert_allclose(found.value_added_multiplier, [1, (0.25 + 0.28) / 0.68])
    np.testing.assert_allclose(found.import_leakage, [0, 0.11 / 0.68])
    np.testing.assert_allclose(found.scrap_leakage, [0, 0.04 / 0.68])


def test_imports_that_pass_a_purchase_are_taken_off_the_rest_of_its_row() -> None:
    home = home_made(np.array([[60.0, 40, 0], [5, 5, 0], [4, -1, 0]]), np.array([[10.0, 45, 5], [6, 6, 0], [0, 0, 0]]))
    np.testing.assert_allclose(home, [[40, 0, 0], [0, 0, 0], [4, 0, 0]])


@pytest.mark.parametrize("seed", range(5))
def test_what_is_made_at_home_keeps_each_commoditys_total(seed: int) -> None:
    given = accounts(seed)
    imports = given.imports * np.random.default_rng(seed).uniform(0.5, 1.5, given.use.shape)
    home = home_made(given.use, imports)
    np.testing.assert_allclose(home.sum(axis=1), np.maximum((given.use - imports).sum(axis=1), 0))
    assert (home >= 0).all()
    assert (home <= given.use).all()


def test_sales_of_used_goods_count_against_what_is_spent_on_them() -> None:
    use = np.array([[10.0, 20], [-5, 8]])
    found = domestic(use, np.zeros((2, 2)), np.array([[100.0, 0], [0, 0]]), np.full(2, 100.0), np.array([95.0, 72]))
    np.testing.assert_allclose(found.scrap_leakage, [-0.05 / 0.9, 0.08 - 0.2 * 0.05 / 0.9])
    np.testing.assert_allclose(found.value_added_multiplier + found.scrap_leakage, 1)


def test_an_industry_without_output_has_none_and_leaves_the_others_theirs() -> None:
    given = accounts(3)
    output, value_added = given.output.copy(), given.value_added.copy()
    for nothing in (0.0, -4.0):
        output[2], value_added[2] = nothing, nothing
        idle = replace(given, output=output, value_added=value_added).domestic()
        for name in NAMES:
            assert np.isnan(getattr(idle, name)[2]), name
            assert np.isfinite(np.delete(getattr(idle, name), 2)).all(), name


def test_imports_that_are_not_known_leave_nothing_known() -> None:
    """Zeros in their place would look right."""
    given = accounts(4)
    one = given.imports.copy()
    one[0, 0] = np.nan
    for imports in (np.full_like(one, np.nan), one):
        found = replace(given, imports=imports).domestic()
        assert all(np.isnan(getattr(found, name)).all() for name in NAMES)


def test_accounts_without_inverse_have_no_multipliers() -> None:
    """Each industry spends all its output on the other, so a final use would never come to rest."""
    flows, x = np.array([[0.0, 100.0], [100.0, 0.0]]), np.array([100.0, 100.0])
    found = domestic(flows, np.zeros((2, 2)), np.diag(x), x, np.zeros(2))
    assert all(np.isnan(getattr(found, name)).all() for name in NAMES)


def test_no_industry_at_all() -> None:
    nothing, none = np.zeros((0, 0)), np.zeros(0)
    assert len(domestic(nothing, nothing, nothing, none, none).backward_domestic) == 0
