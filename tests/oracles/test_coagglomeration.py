"""Published coagglomeration, by the kernel that fills `cluster_linkage`.

Belongs here: Ellison, Glaeser & Kerr's index of four industries' plants. Does not: bounds (`tests/indicators`).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from orchestration.indicators.linkage import coagglomeration


@pytest.mark.parametrize("base", ["is_sum_of_the_four_industries", "is_total_employment"])
def test_pairs_of_four_industries(reference: Path, base: str) -> None:
    data = json.loads((reference / "oracles" / "ellison_glaeser.json").read_text(encoding="utf-8"))
    given = data["inputs"]["example2"]
    expected = data["expected"][f"example2_reference_{base}"]["coagglomeration_egk2010"]
    regions, industries = sorted(given["region_total_employment"]), sorted({name for _, name, *_ in given["firms"]})
    jobs = np.zeros((len(regions), len(industries)))
    for region, name, _, size in given["firms"]:
        jobs[regions.index(str(region)), industries.index(name)] += size
    around = np.array([given["region_total_employment"][r] for r in regions], dtype=float)
    if "sum" in base:
        around = jobs.sum(axis=1)
    shares = jobs / jobs.sum(axis=0)
    least, most = coagglomeration(shares, shares, around / around.sum())
    assert len(expected) == 6
    for pair, value in expected.items():
        i, j = (industries.index(name) for name in pair.split("|"))
        assert least[i, j] == pytest.approx(value, abs=data["tolerance"]["abs"])
        assert most[i, j] == least[i, j]
