"""Published figures of spatial autocorrelation, by the kernel and the model that fill `cluster_neighbourhood`.

Belongs here: Columbus' crime data (Anselin 1988), the lattice on which spdep and esda agree. Does not: random maps.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

from orchestration.indicators.spatial import contiguity, getis_ord, local_moran, moran

MODEL = Path(__file__).parents[2] / "dbt_project/models/intermediate/year/int_neighbourhood_moran.py"


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


def modelled(borders: sparse.csr_array, quotient: np.ndarray, estimate: np.ndarray) -> dict[str, list[Any]]:
    """What the model makes of one cluster whose quotients are known (or NaN) and estimated."""
    spec = importlib.util.spec_from_file_location("model", MODEL)
    assert spec is not None
    assert spec.loader is not None
    model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)
    count = len(quotient)
    keys = {"region_type": ["county"] * count, "region_id": [f"county:{k:05}" for k in range(count)],
            "cluster_id": ["crime"] * count, "year": [2016] * count}  # fmt: skip
    numbers = dict.fromkeys(model.NUMBERS, np.ones(count)) | {"lq_all": quotient, "lq_all_estimate": estimate}
    columns: dict[str, list[Any]] = model.statistics(pa.table(keys | numbers), borders).to_pydict()
    return columns


def test_estimates_stand_in_for_what_is_not_known(reference: Path) -> None:
    """Of every other region of Columbus nothing is known but the estimate, which is right."""
    borders, values, told = oracle(reference, "moran_columbus")
    crime, n = values[:, 0], len(values)
    found = modelled(borders, np.where(np.arange(n) % 2, np.nan, crime), crime)
    assert set(found["local_moran"]) == {None}
    local = np.array(found["local_moran_on_estimates"]) * n / (n - 1)
    np.testing.assert_allclose(local, told["local_moran_Ii_m2_over_n"], atol=1e-11)
    assert found["quadrant_on_estimates"] == told["moran_scatter_quadrant"]
    np.testing.assert_allclose(found["getis_ord_z_on_estimates"], told["getis_ord_gstar_z"], rtol=1e-11, atol=1e-12)


def test_where_all_is_known_the_estimate_is_the_figure(reference: Path) -> None:
    borders, values, _ = oracle(reference, "moran_columbus")
    found = modelled(borders, values[:, 0], 1.004 * values[::-1, 0])
    for name in ("local_moran", "local_moran_p", "local_moran_fdr", "quadrant", "getis_ord_z"):
        assert found[f"{name}_on_estimates"] == found[name]
        assert None not in found[name]
