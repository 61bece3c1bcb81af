"""Complexity and relatedness beside econcomplex and ecomplexity: equal where those are right, and where not, why not.

Belongs here: both packages on random matrices, and one test a known defect of theirs. Does not: speed (`bench`),
published figures (`tests/oracles`).
"""

from __future__ import annotations

import warnings
from typing import Any

import ecomplexity
import econcomplex
import numpy as np
import pandas as pd
import pytest

from orchestration.indicators.complexity import complexity, proximity, relatedness_density

# The packages use what pandas will drop.
pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")

COLUMNS = {"time": "year", "loc": "region", "prod": "industry", "val": "jobs"}
NESTED = np.triu(np.ones((4, 4), dtype=bool))


def long(jobs: np.ndarray) -> pd.DataFrame:
    region, industry = np.indices(jobs.shape)
    return pd.DataFrame(
        {"year": 2016, "region": region.ravel(), "industry": industry.ravel(), "jobs": jobs.ravel().astype(float)}
    )


def by_ecomplexity(jobs: np.ndarray, **options: Any) -> dict[str, np.ndarray]:
    """Its columns as matrices, regions by industries, whatever it warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ecomplexity.ecomplexity(
            long(jobs), COLUMNS, check_logsupermodularity=False, verbose=False, **options
        ).sort_values(["region", "industry"])
    return {name: found[name].to_numpy().reshape(jobs.shape) for name in found.columns}


def by_econcomplex(present: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return econcomplex.eci_pci(present.astype(float), use_rca=False)


def standardised(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def economy(seed: int, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Jobs, and where the quotient is 1 or more."""
    rng = np.random.default_rng(seed)
    jobs = rng.lognormal(0, 1, shape) * (rng.uniform(size=shape) < 0.7)
    share = jobs / jobs.sum(axis=1, keepdims=True)
    return jobs, share / (jobs.sum(axis=0) / jobs.sum()) >= 1


@pytest.mark.parametrize("shape", [(40, 20), (20, 40), (30, 30)])
@pytest.mark.parametrize("seed", range(5))
def test_figures_of_random_economies_are_those_of_econcomplex(seed: int, shape: tuple[int, int]) -> None:
    """Its density is in percent, its diagonal 0 as ours; its PCI has a sign of its own."""
    jobs, present = economy(seed, shape)
    found, (eci, pci) = complexity(present), econcomplex.eci_pci(jobs)
    np.testing.assert_array_equal(present, econcomplex.rca(jobs) >= 1)
    np.testing.assert_array_equal(present.sum(axis=1), econcomplex.diversity(jobs))
    np.testing.assert_array_equal(present.sum(axis=0), econcomplex.ubiquity(jobs))
    np.testing.assert_allclose(found.eci, eci, atol=1e-9)
    np.testing.assert_allclose(found.pci, pci * np.sign(pci @ found.pci), atol=1e-9)
    np.testing.assert_allclose(proximity(present), econcomplex.proximity(jobs)["product"], atol=1e-9)
    density = econcomplex.relatedness_density(jobs) / 100
    np.testing.assert_allclose(relatedness_density(present, proximity(present)), density, atol=1e-9)


@pytest.mark.parametrize("shape", [(40, 20), (20, 40), (30, 30)])
@pytest.mark.parametrize("seed", range(5))
def test_figures_of_random_economies_are_those_of_ecomplexity(seed: int, shape: tuple[int, int]) -> None:
    """Its density keeps an industry's proximity to itself; its PCI is standardised by the mean and spread of ECI."""
    jobs, present = economy(seed, shape)
    found, theirs = complexity(present), by_ecomplexity(jobs)
    np.testing.assert_array_equal(present, theirs["mcp"] == 1)
    np.testing.assert_array_equal(present.sum(axis=1), theirs["diversity"][:, 0])
    np.testing.assert_array_equal(present.sum(axis=0), theirs["ubiquity"][0])
    np.testing.assert_allclose(found.eci, theirs["eci"][:, 0], atol=1e-9)
    np.testing.assert_allclose(found.pci, standardised(theirs["pci"][0]), atol=1e-9)
    with_itself = proximity(present) + np.eye(shape[1])
    np.testing.assert_allclose(relatedness_density(present, with_itself), theirs["density"], atol=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        phi = ecomplexity.proximity(long(jobs), COLUMNS)["proximity"].to_numpy().reshape(with_itself.shape)
    np.testing.assert_allclose(with_itself, phi, atol=1e-9)


def test_pci_has_mean_0_and_spread_1() -> None:
    """ecomplexity takes ECI's mean and spread for both, so that its PCI has neither."""
    theirs, ours = by_ecomplexity(NESTED, presence_test="manual")["pci"][0], complexity(NESTED).pci
    assert (ours.mean(), ours.std()) == pytest.approx((0, 1))
    assert (theirs.mean(), theirs.std()) == pytest.approx((1.342, 2.0), abs=1e-3)


def test_density_does_not_count_an_industry_as_related_to_itself() -> None:
    """ecomplexity does, so an industry that is related to no other has a density of 1 where it is present; and
    econcomplex's is 0 there. There is nothing to be dense of, and ours is not known."""
    present = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]]) == 1
    ours = relatedness_density(present, proximity(present))
    assert np.isnan(ours[:, 2]).all()
    assert by_ecomplexity(present, presence_test="manual")["density"][:, 2].tolist() == [0, 0, 1]
    assert econcomplex.relatedness_density(present.astype(float), use_rca=False)[:, 2].tolist() == [0, 0, 0]


def test_regions_and_industries_have_one_sign() -> None:
    """An industry is complex if it is in complex regions. econcomplex orients PCI on ubiquity, apart from ECI: in
    Hidalgo & Hausmann's network S4 it gives the industries of the most complex region the least complexity."""
    present = np.array([[1, 1, 1, 1], [0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]]) == 1
    eci, pci = by_econcomplex(present)
    ours = complexity(present)
    mean_of_regions = present.T @ ours.eci / present.sum(axis=0)
    np.testing.assert_allclose(ours.eci, eci, atol=1e-9)
    assert np.corrcoef(mean_of_regions, ours.pci)[0, 1] == pytest.approx(1)
    assert np.corrcoef(mean_of_regions, pci)[0, 1] == pytest.approx(-1)


def test_groups_that_share_nothing_have_no_index() -> None:
    """Neither package warns. What they give tells only which group a region is in, or any mixture of that."""
    present = np.kron(np.eye(2), NESTED) == 1
    assert not complexity(present).connected
    assert np.isnan(complexity(present).eci).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        theirs = by_econcomplex(present)[0]
        other = ecomplexity.ecomplexity(long(present), COLUMNS, "manual", check_logsupermodularity=0, verbose=False)[
            "eci"
        ].to_numpy()
    assert np.isfinite(theirs).all()
    assert np.isfinite(other).all()
    assert len(set(theirs.round(6))) == 2


@pytest.mark.parametrize(
    "present",
    [np.ones((3, 4)), np.ones((2, 3)), np.eye(6) + np.roll(np.eye(6), 1, axis=1)],
    ids=["all alike", "two alike", "a ring"],
)
def test_an_eigenvector_that_is_not_unique_is_no_index(present: np.ndarray) -> None:
    """econcomplex prints what the solver happens to return, which tells regions apart that are alike in all."""
    found = complexity(present == 1)
    assert found.connected
    assert np.isnan(found.eci).all()
    assert np.isnan(found.pci).all()
    theirs = by_econcomplex(present == 1)[0]
    assert np.isfinite(theirs).all()
    assert theirs.std() > 0.9


def test_regions_of_equal_diversity_have_an_index() -> None:
    """ecomplexity multiplies by the sign of a correlation with what does not vary, and all is lost."""
    present = np.array([[0, 0, 0, 1, 1], [0, 1, 0, 0, 1], [1, 0, 0, 0, 1], [0, 0, 0, 1, 1], [0, 0, 1, 1, 0]]) == 1
    found = complexity(present)
    assert np.isfinite(found.eci).all()
    assert np.corrcoef(found.pci, present.sum(axis=0))[0, 1] < 0
    assert np.isnan(by_ecomplexity(present, presence_test="manual")["eci"]).all()


def test_a_region_without_any_presence_leaves_the_others_theirs() -> None:
    """In ecomplexity one such region, where presence asks for a quotient of 2, leaves no region an index."""
    jobs = np.array([[10.0, 1, 1, 4], [1, 10, 1, 4], [1, 12, 11, 3], [4, 5, 3, 3], [9, 1, 8, 1]])
    theirs = by_ecomplexity(jobs, rca_mcp_threshold=1.5)
    present = theirs["mcp"] == 1
    assert present.any(axis=1).tolist() == [True, True, True, False, True]
    assert np.isnan(theirs["eci"]).all()
    assert np.isnan(complexity(present).eci).tolist() == [False, False, False, True, False]


def test_a_withheld_cell_is_not_an_absence() -> None:
    """econcomplex then has no quotient at all, and no industry present anywhere; ecomplexity says that it counts NaN as
    0, and does so in presence. Here it is neither present nor absent: left out of shares, and open in their bounds."""
    jobs = np.array([[5.0, 1, 0], [1, 4, 2], [3, np.nan, 6]])
    assert np.isnan(econcomplex.rca(jobs)).all()
    assert not econcomplex.mcp(jobs).any()
    assert by_ecomplexity(jobs)["mcp"][2, 1] == 0
    present, known = np.nan_to_num(jobs) > 2, ~np.isnan(jobs)
    phi = proximity(present, known)
    assert phi[0, 1] == 0
    assert phi[0, 2] == proximity(present)[0, 2]
    assert relatedness_density(present, phi, known)[2, 0] == 1
