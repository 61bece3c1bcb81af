"""Published figures of concentration, by the kernel that fills `industry_concentration`.

Belongs here: REAT's indices, Ellison & Glaeser's on textbook plants, the German Länder. Does not: ranges.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchestration.indicators.concentration import Range, concentration, gamma
from orchestration.indicators.shares import Boxes


def oracle(reference: Path, name: str) -> dict[str, Any]:
    return json.loads((reference / "oracles" / f"{name}.json").read_text(encoding="utf-8"))


def measures(jobs: Any, around: Any, plants: Any = None) -> dict[str, float]:
    """The kernel's measures of one industry whose jobs, and all jobs, are known in every region."""
    values, weight = np.asarray(jobs, dtype=float), np.asarray(around, dtype=float)
    share, weight = values / values.sum(), weight / weight.sum()
    many = np.ones_like(share) if plants is None else np.asarray(plants, dtype=float)
    found = concentration(Boxes(np.array([0]), share, share), weight, many, np.array([(weight**2).sum()]))
    assert all((r.lower == pytest.approx(r.upper, abs=1e-12, nan_ok=True)) for r in found.values())
    return {name: float(r.lower[0]) for name, r in found.items()}


def test_indices_of_reat(reference: Path) -> None:
    given, told = (oracle(reference, "reat_concentration_indices")[part] for part in ("inputs", "expected"))
    shares = measures(given["herfindahl"], np.ones(4))
    assert shares["herfindahl"] == pytest.approx(told["herfindahl"], abs=1e-9)
    gdp, people = given["hoover"]["gdp_bn"], given["hoover"]["pop"]
    assert measures(gdp, people)["hoover"] == pytest.approx(told["hoover_gdp_on_pop"], abs=1e-9)
    assert measures(gdp, people)["herfindahl"] == pytest.approx(told["herfindahl_gdp"], abs=1e-9)
    assert measures(people, gdp)["herfindahl"] == pytest.approx(told["herfindahl_pop"], abs=1e-9)
    assert measures(given["theil"], np.ones(5))["theil"] == pytest.approx(told["theil_T"], abs=1e-9)


def test_gini_of_reat_is_that_of_quotients_counted_alike(reference: Path) -> None:
    """REAT's Gini counts every region (or industry) once, whatever its size: ours of the quotients against equal
    weights. Against the regions' jobs it is another index, which is the one published."""
    given, told = (oracle(reference, "reat_concentration_indices")[part] for part in ("inputs", "expected"))
    for case, jobs, around in (("gini_conc", "e_ij", "e_j"), ("gini_spec", "e_ij", "e_i")):
        quotients = np.array(given[case][jobs]) / np.array(given[case][around])
        assert measures(quotients, np.ones(5))["locational_gini"] == pytest.approx(told[case], abs=1e-9)
    assert measures(given["gini_conc"]["e_ij"], given["gini_conc"]["e_j"])["locational_gini"] == pytest.approx(0.3725)


def test_hoover_and_gini_of_seventeen_german_industries(reference: Path) -> None:
    """Employment of all Länder in 2015. Krugman's coefficient of the same file compares regions, not this kernel's."""
    given = oracle(reference, "reat_german_laender")
    with (reference / "oracles" / given["inputs"]["file"]).open(encoding="utf-8", newline="") as file:
        jobs = {(r["ind_code"], r["region_code"]): float(r["emp_all"]) for r in csv.DictReader(file)}
    industries, regions = (sorted({key[axis] for key in jobs}) for axis in (0, 1))
    table = np.array([[jobs[i, r] for r in regions] for i in industries])
    expected = given["expected"]["concentration_of_industries"]
    assert set(expected) == set(industries)
    for row, industry in zip(table, industries, strict=True):
        assert measures(row, table.sum(axis=0))["hoover"] == pytest.approx(expected[industry]["H"], abs=1e-9)
        alike = measures(row / table.sum(axis=0), np.ones(len(regions)))
        assert alike["locational_gini"] == pytest.approx(expected[industry]["G"], abs=1e-9)


def plants_herfindahl(sizes: np.ndarray) -> float:
    """Of plants whose sizes are known: each counts as a region of its own."""
    return measures(sizes, np.ones(len(sizes)))["plant_herfindahl"]


def ellison_glaeser(regional: dict[str, float], plants: float, weight_squares: float) -> float:
    g, h = np.array([regional["raw_concentration_g"]]), np.array([plants])
    return float(gamma(Range(g, g), Range(h, h), np.array([weight_squares])).lower[0])


def test_ellison_glaeser_of_ten_plants(reference: Path) -> None:
    given, told = (oracle(reference, "ellison_glaeser")[part]["example1"] for part in ("inputs", "expected"))
    regions = given["region_order_of_region_employment"]
    plants, places = np.array(given["firm_employment"]), np.array(given["firm_region"])
    around = np.array(given["region_employment"]) / sum(given["region_employment"])
    regional = measures([plants[places == r].sum() for r in regions], around)
    h = plants_herfindahl(plants)
    assert regional["raw_concentration_g"] == pytest.approx(told["G"], abs=1e-8)
    assert h == pytest.approx(told["HHI"], abs=1e-8)
    assert ellison_glaeser(regional, h, (around**2).sum()) == pytest.approx(told["gamma"], abs=1e-8)


@pytest.mark.parametrize("base", ["is_sum_of_the_four_industries", "is_total_employment"])
def test_ellison_glaeser_of_four_industries(reference: Path, base: str) -> None:
    data = oracle(reference, "ellison_glaeser")
    given, told = data["inputs"]["example2"], data["expected"][f"example2_reference_{base}"]["single"]
    regions = sorted(given["region_total_employment"])
    jobs: dict[str, dict[str, list[float]]] = {}
    for region, industry, _, size in given["firms"]:
        jobs.setdefault(industry, {r: [] for r in regions})[str(region)].append(size)
    totals = [given["region_total_employment"][r] for r in regions]
    if "sum" in base:
        totals = [sum(sum(of[r]) for of in jobs.values()) for r in regions]
    around = np.array(totals) / sum(totals)
    for industry, expected in told.items():
        regional = measures([sum(jobs[industry][r]) for r in regions], around)
        h = plants_herfindahl(np.concatenate([jobs[industry][r] for r in regions]))
        assert regional["raw_concentration_g"] == pytest.approx(expected["G"], abs=1e-8)
        assert h == pytest.approx(expected["HHI"], abs=1e-8)
        assert ellison_glaeser(regional, h, (around**2).sum()) == pytest.approx(expected["gamma"], abs=1e-8)
