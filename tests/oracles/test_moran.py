"""Published figures of spatial autocorrelation, by the kernel that fills `cluster_neighbourhood`.

Belongs here: Columbus' crime data (Anselin 1988), the lattice on which spdep and esda agree. Does not: random maps.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from orchestration.indicators.spatial import contiguity, getis_ord, local_moran, moran


def oracle(reference: Path, name: str) -> tuple[sparse.csr_array, np.ndarray, dict[str, Any]]:
    data = json.loads((reference / "oracles" / f"{name}.json").read_text(encoding="utf-8"))
    neighbours = data["inputs"]["neighbours_1based"]
    one = np.repeat(np.arange(len(neighbours)), [len(n) for n in neighbours])
    borders = contiguity(len(neighbours), one, np.concatenate(neighbours) - 1)
    return borders, np.array(data["inputs"]["values"], dtype=float)[:, None], data["expected"]


@pytest.mark.parametrize("name", ["moran_columbus", "moran_lattice_3x3"])
def test_moran_and_local_moran(reference: Path, name: str) -> None:
    borders, values, told = oracle(reference, name)
    n = len(values)
    found, local = moran(borders, values, permutations=999), local_moran(borders, values, permutations=0)
    # Twelve digits are printed. Theirs are over m2/n.
    assert found.i[0] == pytest.approx(told["I"], abs=1e-11)
    np.testing.assert_allclose(local.value[:, 0] * n / (n - 1), told["local_moran_Ii_m2_over_n"], atol=1e-11)
    assert found.regions[0] == n
    # Both are far beyond chance: z = 5.3 and 2.6.
    assert found.p[0] <= 0.01


@pytest.mark.parametrize("name", ["moran_columbus", "moran_lattice_3x3"])
def test_moran_over_all_orders_has_the_expected_mean(reference: Path, name: str) -> None:
    """E[I] is what permutations average to. 20,000 orders of the values as 20,000 variables: four standard errors."""
    borders, values, told = oracle(reference, name)
    rng = np.random.default_rng(1)
    dealt = rng.permuted(np.tile(values[:, 0], (20_000, 1)), axis=1).T
    chance = moran(borders, dealt, permutations=0).i
    error = 4 * np.sqrt(told["variance_randomisation"] / len(chance))
    assert chance.mean() == pytest.approx(told["expected_I"], abs=error)
    assert chance.var() == pytest.approx(told["variance_randomisation"], rel=0.05)


def test_quadrants_and_getis_ord_of_columbus(reference: Path) -> None:
    borders, values, told = oracle(reference, "moran_columbus")
    assert local_moran(borders, values, permutations=0).quadrant[:, 0].tolist() == told["moran_scatter_quadrant"]
    # Eleven digits after the first are printed.
    np.testing.assert_allclose(getis_ord(borders, values)[:, 0], told["getis_ord_gstar_z"], rtol=1e-11, atol=1e-12)
