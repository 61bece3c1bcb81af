"""Published figures of what regions are made up of, by the kernel that fills `region_structure`, and what is left out.

Belongs here: Krugman's, Hachman's, Herfindahl's indices and entropy as EconGeo and REAT give them, quotients by the
macro of the marts, and the list of all expected values with what reproduces them. Does not: ranges.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import numpy as np
import pytest

from orchestration.indicators.concentration import Range, concentration
from orchestration.indicators.shares import Boxes
from orchestration.indicators.structure import makeup, structure
from orchestration.indicators.structure_draws import measured

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"

# Every expected value, by the file and the keys that lead to it: what reproduces it, or why nothing does. Where
# several patterns match, the first counts.
CONCENTRATION, HERE, SHIFTS = (
    f"tests/oracles/test_{name}.py" for name in ("concentration", "structure", "shift_share")
)
COMPLEXITY, MORAN, ACCOUNTS, PAIRS, FLAGS = (
    f"tests/oracles/test_{name}.py" for name in ("complexity", "moran", "input_output", "coagglomeration", "ucm_flags")
)
ANOTHER_GINI = (
    f"another definition: every region or industry counts alike. {CONCENTRATION} and {HERE} reproduce it from quotients"
)
REPRODUCED_BY = {
    "econgeo_5x5/binary_lq_gt_1": COMPLEXITY,
    "econgeo_5x5/cooccurrence": COMPLEXITY,
    "econgeo_5x5/relatedness_*": COMPLEXITY,
    "econgeo_5x5/relatedness/*": "not published: other measures of relatedness than proximity (Hidalgo et al. 2007)",
    "econgeo_5x5/*": HERE,
    "eci_hidalgo_hausmann_s4/second_eigenvalue": "not published: ECI and PCI are its vectors",
    "eci_hidalgo_hausmann_s4/*": COMPLEXITY,
    "ellison_glaeser/example1/z": "not published: a test statistic of gamma that supposes random plants",
    "ellison_glaeser/*/K": "an input: how many plants there are",
    "ellison_glaeser/*/firms": "an input: how many plants there are",
    "ellison_glaeser/*/coagglomeration_egk2010/*": PAIRS,
    "ellison_glaeser/*/group_gamma_c_eg97": "not published: one figure of a group of industries, links are of pairs",
    "ellison_glaeser/*": CONCENTRATION,
    "io_*": ACCOUNTS,
    "moran_columbus/geary_C": "not published: Geary's index tells what Moran's does",
    "moran_*/*_normality": "not published: supposes normal values",
    "moran_*/z_randomisation": "not published: pseudo p-values are; the variance beside it is that of our permutations",
    "moran_*/*": MORAN,
    "reat_concentration_indices/locq": HERE,
    "reat_concentration_indices/krugman_spec": HERE,
    "reat_concentration_indices/herfindahl_normalised": f"not published; {HERE} shows it of ours",
    "reat_concentration_indices/herfindahl_equivalent_number": f"not published; {HERE} shows it of ours",
    "reat_concentration_indices/litzenberger": f"not published: needs land and people; {HERE} shows it of ours",
    "reat_concentration_indices/theil_L_mean_log_deviation": "not published: Theil's other index; 0 has none",
    "reat_concentration_indices/howard_colocation": "not published: needs single firms",
    "reat_concentration_indices/gini_*": ANOTHER_GINI,
    "reat_concentration_indices/*": CONCENTRATION,
    "reat_german_laender/concentration_of_industries/*/H": CONCENTRATION,
    "reat_german_laender/*/G": ANOTHER_GINI,
    "reat_german_laender/*/K": f"another definition: against the plain mean of the others. {HERE} relates it to ours",
    "reat_german_laender/specialisation_of_regions/*/H": HERE,
    "reat_goettingen_freiburg/goettingen/gini_spec_2017": ANOTHER_GINI,
    "reat_goettingen_freiburg/freiburg/gini_spec_2014": ANOTHER_GINI,
    "reat_goettingen_freiburg/*/shift_share_*": SHIFTS,
    "reat_goettingen_freiburg/goettingen/*": HERE,
    "reat_shift_share/static_t0_t1/Gerfin/*": "not published: the same parts, as ratios",
    "reat_shift_share/*": SHIFTS,
    "ucm_state_flag_rule/all_rows": "an input: traded and local rows; the flags are of traded clusters",
    "ucm_state_flag_rule/*": FLAGS,
    "eco_star_rule/*": "not published yet: the European observatory's stars are for regions of Europe",
    "regionalstatistik_stuttgart_manufacturing/*": "not published yet: districts of Germany are no source",
    "urssaf_paris_fashion_2021/*": "not published yet: French establishments by APE are no source",
}


def oracle(reference: Path, name: str) -> dict[str, Any]:
    return json.loads((reference / "oracles" / f"{name}.json").read_text(encoding="utf-8"))


def leaves(told: Any, at: str) -> Iterator[str]:
    if isinstance(told, dict):
        for key, value in told.items():
            yield from leaves(value, f"{at}/{key}")
    else:
        yield at


def test_every_expected_value_is_reproduced_or_told_why_not(reference: Path) -> None:
    files = sorted((reference / "oracles").glob("*.json"))
    values = [leaf for file in files for leaf in leaves(oracle(reference, file.stem)["expected"], file.stem)]
    matching = {value: next((p for p in REPRODUCED_BY if fnmatchcase(value, p)), None) for value in values}
    assert [value for value, pattern in matching.items() if pattern is None] == []
    assert set(REPRODUCED_BY) - set(matching.values()) == set()
    root = Path(__file__).parents[2]
    named = {path for why in REPRODUCED_BY.values() for path in re.findall(r"tests/oracles/\w+\.py", why)}
    assert [path for path in sorted(named) if not (root / path).exists()] == []


def measures(jobs: Any, around: Any) -> dict[str, float]:
    """The kernels' measures of one region whose jobs, and what it is compared with, are known; all in one sector."""
    values, nation = np.asarray(jobs, dtype=float), np.asarray(around, dtype=float)
    start, whole = np.array([0]), np.array([values.sum()])
    made = makeup(Range(values, values), Range(whole, whole), Range(whole, whole), start, start)
    shares = nation / nation.sum()
    found = structure(made, Range(shares, shares))
    assert all(r.lower == pytest.approx(r.upper, abs=1e-12) for r in found.values())
    known = {name: float(r.lower[0]) for name, r in found.items()}
    share, sector = (values / values.sum())[:, None], np.zeros(len(values), dtype=int)
    in_a_completion = measured(share, shares, sector, start)
    assert {name: float(value[0, 0]) for name, value in in_a_completion.items()} == pytest.approx(known, abs=1e-12)
    return known


def lorenz(jobs: Any, around: Any) -> dict[str, float]:
    """The kernel's measures of one industry over regions (`industry_concentration`)."""
    share, weight = (np.asarray(v, dtype=float) / np.sum(v) for v in (jobs, around))
    boxes = Boxes(np.array([0]), share, share)
    found = concentration(boxes, weight, np.ones_like(share), np.array([(weight**2).sum()]))
    return {name: float(r.upper[0]) for name, r in found.items()}


def quotient(region_industry: float, region: float, nation_industry: float, nation: float) -> float:
    """A location quotient, by the macro that fills the marts."""
    macros = (MACROS / "specialisation.sql").read_text(encoding="utf-8")
    call = "{{ location_quotient('$1::DOUBLE', '$2::DOUBLE', '$3::DOUBLE', '$4::DOUBLE') }}"
    sql = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(macros + call).render()
    with duckdb.connect(config={"threads": 1}) as con:
        return con.execute(f"SELECT {sql}", [region_industry, region, nation_industry, nation]).fetchall()[0][0]


def test_regions_of_econgeo(reference: Path) -> None:
    data = oracle(reference, "econgeo_5x5")
    told, table = data["expected"], np.array(data["inputs"]["matrix"], dtype=float)
    nation = table.sum(axis=0)
    for r, jobs in enumerate(table):
        found = measures(jobs, nation)
        assert found["krugman"] == pytest.approx(told["krugman_index"][r], abs=1e-9)
        assert found["krugman"] / 2 == pytest.approx(told["specialisation_coefficient_half_krugman"][r], abs=1e-9)
        assert found["hachman"] == pytest.approx(told["hachman"][r], abs=1e-9)
        assert found["herfindahl"] == pytest.approx(told["herfindahl"][r], abs=1e-9)
        # Printed with three digits; all industries are one sector here, so that all variety is related.
        assert found["variety"] == pytest.approx(told["entropy_log2_3dp"][r], abs=0.0006)
        assert found["related_variety"] == found["variety"]
        quotients = [quotient(e, jobs.sum(), i, nation.sum()) for e, i in zip(jobs, nation, strict=True)]
        assert quotients == pytest.approx(told["location_quotient"][r], abs=1e-9)


def test_industries_of_econgeo(reference: Path) -> None:
    """Its locational Gini is half of ours: that index ends at 1/2, with all of an industry in a region of no size."""
    data = oracle(reference, "econgeo_5x5")
    given, told = data["inputs"], data["expected"]
    table = np.array(given["matrix"], dtype=float)
    for i, industry in enumerate(given["industries"]):
        ours = lorenz(table[:, i], table.sum(axis=1))["locational_gini"]
        assert ours / 2 == pytest.approx(told["locational_gini"][industry], abs=0.005 + 1e-9)
    lies = lorenz(given["hoover_gini"]["ind"], given["hoover_gini"]["pop"])
    assert lies["locational_gini"] == pytest.approx(told["hoover_gini"], abs=0.005 + 1e-9)
    assert 100 * lies["hoover"] == pytest.approx(told["hoover_index_percent"], abs=1e-9)


def test_indices_of_reat(reference: Path) -> None:
    given, told = (oracle(reference, "reat_concentration_indices")[part] for part in ("inputs", "expected"))
    q = given["locq"]
    assert quotient(q["e_ij"], q["e_j"], q["e_i"], q["e"]) == pytest.approx(told["locq"], abs=1e-9)
    one, other = given["krugman_spec"]["e_ij"], given["krugman_spec"]["e_il"]
    assert measures(one, other)["krugman"] == pytest.approx(told["krugman_spec"], abs=1e-9)
    found = measures(given["herfindahl"], np.ones(4))
    assert found["herfindahl"] == pytest.approx(told["herfindahl"], abs=1e-9)
    assert (found["herfindahl"] - 1 / 4) / (1 - 1 / 4) == pytest.approx(told["herfindahl_normalised"], abs=1e-9)
    assert 1 / found["herfindahl"] == pytest.approx(told["herfindahl_equivalent_number"], abs=1e-9)
    # Litzenberger & Sternberg's index: how dense the industry's jobs are, by how many plants it has for the people.
    c = given["litzenberger"]
    density = quotient(c["e_ij"], c["a_j"], c["e_i"], c["a"])
    plants = quotient(c["b_ij"], c["p_j"], c["b_i"], c["p"])
    assert density * plants == pytest.approx(told["litzenberger"], abs=1e-9)


@pytest.fixture
def laender(reference: Path) -> tuple[np.ndarray, list[str], list[str], dict[str, Any]]:
    """Employment of 2015, a row an industry and a column a Land; their codes; what is expected."""
    data = oracle(reference, "reat_german_laender")
    with (reference / "oracles" / data["inputs"]["file"]).open(encoding="utf-8", newline="") as file:
        jobs = {(r["ind_code"], r["region_code"]): float(r["emp_all"]) for r in csv.DictReader(file)}
    industries, regions = (sorted({key[axis] for key in jobs}) for axis in (0, 1))
    return np.array([[jobs[i, r] for r in regions] for i in industries]), industries, regions, data["expected"]


def test_specialisation_of_german_laender(laender: tuple[np.ndarray, list[str], list[str], dict[str, Any]]) -> None:
    """REAT's H is half of our Krugman index, and its K the same kernel against the plain mean of the other Länder.

    Ours is against the nation, the Land among it, where a large Land counts for more. Of North Rhine-Westphalia the two
    are 0.059 and 0.072."""
    table, _, regions, expected = laender
    told = expected["specialisation_of_regions"]
    assert set(told) == set(regions)
    shares = table / table.sum(axis=0)
    for r, region in enumerate(regions):
        ours = measures(table[:, r], table.sum(axis=1))["krugman"]
        assert ours / 2 == pytest.approx(told[region]["H"], abs=1e-9)
        others = np.delete(shares, r, axis=1).mean(axis=1)
        theirs = measures(table[:, r], others)["krugman"]
        assert theirs == pytest.approx(told[region]["K"], abs=1e-9)
        alike = lorenz(table[:, r] / table.sum(axis=1), np.ones(len(table)))["locational_gini"]
        assert alike == pytest.approx(told[region]["G"], abs=1e-9)
        if region == "NW":
            assert (round(ours, 3), round(theirs, 3)) == (0.059, 0.072)


def test_concentration_of_german_industries(laender: tuple[np.ndarray, list[str], list[str], dict[str, Any]]) -> None:
    """REAT's K of an industry: its shares of Länder against the plain mean of the other industries' shares."""
    table, industries, _, expected = laender
    shares = table / table.sum(axis=1, keepdims=True)
    for i, industry in enumerate(industries):
        others = np.delete(shares, i, axis=0).mean(axis=0)
        told = expected["concentration_of_industries"][industry]
        assert measures(table[i], others)["krugman"] == pytest.approx(told["K"], abs=1e-9)
        assert measures(table[i], table.sum(axis=0))["krugman"] / 2 == pytest.approx(told["H"], abs=1e-9)


def test_goettingen_and_freiburg(reference: Path) -> None:
    data = oracle(reference, "reat_goettingen_freiburg")
    given, told = data["inputs"], data["expected"]
    columns = given["goettingen"]["columns"]
    whole, *branches = (dict(zip(columns, row, strict=True)) for row in given["goettingen"]["rows"])
    town, germany = ([branch[f"{place}2017"] for branch in branches] for place in ("Goettingen", "BRD"))
    quotients = [quotient(e, whole["Goettingen2017"], i, whole["BRD2017"]) for e, i in zip(town, germany, strict=True)]
    expected = told["goettingen"]
    assert quotients == pytest.approx(expected["lq_2017"], abs=1e-8)
    assert measures(town, germany)["krugman"] == pytest.approx(expected["krugman_spec_2017"], abs=1e-8)
    assert lorenz(quotients, np.ones(15))["locational_gini"] == pytest.approx(expected["gini_spec_2017"], abs=1e-8)
    # Duranton & Puga's relative diversity is the inverse of Krugman's index.
    first = [[branch[f"{place}2008"] for branch in branches[:12]] for place in ("Goettingen", "BRD")]
    relative = expected["duranton_puga_rdi_2008_first12_branches"]
    assert 1 / measures(*first)["krugman"] == pytest.approx(relative, abs=1e-8)
    city, country = ([row[k] for row in given["freiburg"]["rows"]] for k in (2, 4))
    alike = lorenz(np.divide(city, country), np.ones(9))["locational_gini"]
    assert alike == pytest.approx(told["freiburg"]["gini_spec_2014"], abs=1e-8)
