"""Published input-output figures, by the kernel that fills `industry_multiplier`.

Belongs here: Germany 1995, Miller & Blair's two sectors, BEA's own requirements of 2007. Does not: degenerate
tables (`tests/indicators`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from orchestration.indicators.input_output import inverse, linkages, multipliers, purchase_shares, sale_shares
from orchestration.sources.bea.parse import parse_use
from orchestration.sources.source import Edition

BEA = "apps.bea.gov/industry/xls/io-annual"


def oracle(reference: Path, name: str) -> dict[str, Any]:
    return json.loads((reference / "oracles" / f"{name}.json").read_text(encoding="utf-8"))


def test_germany_1995(reference: Path) -> None:
    """All that the file holds. Sales are shares of the row's final use, which for industry misses output by 46."""
    data = oracle(reference, "io_germany_1995")
    given = {name: np.array(values, dtype=float) for name, values in data["inputs"].items() if name[0] not in "sl"}
    flows, output, total = given["Z"], given["output_x"], given["total_final_use_by_row"]
    found = linkages(flows, output, total, given["gva"])
    leontief, ghosh = inverse(purchase_shares(flows, output)), inverse(sale_shares(flows, total))
    made = {
        "A": purchase_shares(flows, output),
        "leontief_matrix": np.eye(6) - purchase_shares(flows, output),
        "leontief_inverse": leontief,
        "output_multipliers_backward_linkages": found.backward,
        "output_coefficients_B": sale_shares(flows, total),
        "ghosh_inverse": ghosh,
        "forward_linkages_ghosh_row_sums": found.forward,
        "gva_multipliers": found.value_added,
        "employment_multipliers": multipliers(leontief, given["employment"] / output),
        "rasmussen_power_of_dispersion": found.rasmussen_backward,
        "rasmussen_sensitivity_of_dispersion": found.rasmussen_sensitivity,
        "ghosh_forward_normalised": found.rasmussen_forward,
    }
    expected = dict(data["expected"])
    printed = expected.pop("published_4dp")
    assert set(made) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(made[name], values, atol=data["tolerance"]["computed_abs"], err_msg=name)
    as_printed = {
        "leontief_matrix_diagonal_first3": np.diag(made["leontief_matrix"])[:3],
        "leontief_matrix_industry_construction": made["leontief_matrix"][1, 2],
        "leontief_inverse_diagonal_first3": np.diag(leontief)[:3],
        "backward_linkages": found.backward,
        "ghosh_inverse_agriculture_column": ghosh[:, 0],
        "gva_multipliers": found.value_added,
        "employment_multipliers": made["employment_multipliers"],
    }
    assert set(as_printed) == set(printed)
    # The manual prints four decimals.
    for name, values in printed.items():
        np.testing.assert_allclose(as_printed[name], values, atol=data["tolerance"]["published_abs"], err_msg=name)
    # Agriculture and industry are above average in both of the file's indices.
    np.testing.assert_array_equal(found.key_sector, [1, 1, 0, 0, 0, 0])


def test_miller_and_blair(reference: Path) -> None:
    data = oracle(reference, "io_miller_blair_2x2")
    flows, output = (np.array(data["inputs"][name]) for name in ("Z", "x"))
    made = {
        "A": purchase_shares(flows, output),
        "leontief_inverse": inverse(purchase_shares(flows, output)),
        "ghosh_inverse": inverse(sale_shares(flows, output)),
    }
    assert set(made) == set(data["expected"])
    for name, values in data["expected"].items():
        np.testing.assert_allclose(made[name], values, atol=data["tolerance"]["abs"], err_msg=name)


def test_total_requirements_of_bea_2007(mirror: Path, record_property: Callable[[str, object], None]) -> None:
    """BEA's own industry-by-commodity requirements, against Leontief's inverse of the Use table alone.

    BEA goes through the Make table as well: secondary products, and scrap in particular, are attributed to who makes
    them. The Use table at hand lacks four rows (secondary aluminium, government electric utilities and transit). So the
    figures differ; the order of industries must not.
    """
    used = mirror / BEA / "IOUse_Before_Redefinitions_PRO_2007_Detail.xlsx"
    book = mirror / BEA / "IxC_TR_2007_Detail.xlsx"
    sheet = pd.read_excel(book, sheet_name="2007", header=4, dtype={"Code": str}, engine="openpyxl")
    sheet = sheet.set_index("Code").drop(columns=sheet.columns[1])
    sheet.columns = sheet.columns.astype(str)
    required = sheet.drop(index="T010")
    with duckdb.connect() as con:
        use = parse_use(con, [used], Edition("2007", None, ())).df()
    table = use.pivot(index="commodity_code", columns="industry_code", values="value").fillna(0.0)
    codes = [c for c in required.index if c in required.columns and c in table.columns and c in table.index]
    assert len(codes) > 380
    flows, output = table.loc[codes, codes].to_numpy(), table.loc["T008", codes].to_numpy()
    total, income = table.loc[codes, "T007"].to_numpy(), table.loc["T006", codes].to_numpy()
    ours = linkages(flows, output, total, income).backward
    theirs = required.loc[codes, codes].sum(axis=0).to_numpy()
    both = inverse(purchase_shares(flows, output))
    order, ratio = spearmanr(ours, theirs).statistic, np.median(ours / theirs)
    elements = np.corrcoef(both.ravel(), required.loc[codes, codes].to_numpy().ravel())[0, 1]
    near = np.mean(np.abs(ours / theirs - 1) <= 0.1)
    told = (
        f"Spearman {order:.3f}, median ratio {ratio:.3f}, within 10 %: {near:.0%}, elements' correlation {elements:.4f}"
    )
    record_property("backward linkages against BEA 2007", told)
    print(f"\n{len(codes)} industries: {told}")
    assert order > 0.9
    assert 0.95 < ratio < 1.05
    assert elements > 0.97
