"""Published input-output figures, by the kernels that fill `industry_multiplier`.

Belongs here: Germany 1995, Miller & Blair's two sectors, BEA's own requirements of 2007, what is made at home in
Hungary 2020 and in the United States 2017. Does not: degenerate tables (`tests/indicators`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from orchestration.indicators.domestic import domestic, home_made
from orchestration.indicators.input_output import inverse, linkages, multipliers, purchase_shares, sale_shares
from orchestration.sources.bea.detail import is_commodity, is_industry
from orchestration.sources.bea.parse import parse_imports, parse_make, parse_use
from orchestration.sources.source import Edition, Parser

BEA = "apps.bea.gov/industry/xls/io-annual"


def oracle(reference: Path, name: str) -> dict[str, Any]:
    return json.loads((reference / "oracles" / f"{name}.json").read_text(encoding="utf-8"))


def test_germany_1995(reference: Path) -> None:
    """All that the file holds. Sales are shares of the row's final use, which for industry misses output by 46."""
    data = oracle(reference, "io_germany_1995")
    given = {name: np.array(values, dtype=float) for name, values in data["inputs"].items() if name[0] not in "sl"}
    flows, output, total = given["Z"], given["output_x"], given["total_final_use_by_row"]
    found = linkages(flows, output, total)
    # Nothing of the table is imported, and each industry makes what it is named by.
    home = domestic(flows, np.zeros_like(flows), np.diag(output), output, given["gva"])
    leontief, ghosh = inverse(purchase_shares(flows, output)), inverse(sale_shares(flows, total))
    made = {
        "A": purchase_shares(flows, output),
        "leontief_matrix": np.eye(6) - purchase_shares(flows, output),
        "leontief_inverse": leontief,
        "output_multipliers_backward_linkages": found.backward,
        "output_coefficients_B": sale_shares(flows, total),
        "ghosh_inverse": ghosh,
        "forward_linkages_ghosh_row_sums": found.forward,
        "gva_multipliers": home.value_added_multiplier,
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
        "gva_multipliers": home.value_added_multiplier,
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
    ours = linkages(flows, output, table.loc[codes, "T007"].to_numpy()).backward
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


def test_hungary_2020(reference: Path) -> None:
    """A published table of what is made at home, with a row of imports. The multipliers are those that the table's own
    inverse gives; taxes on products are income here."""
    long = pd.read_csv(reference / "io_hu_2020_domestic.csv")
    table = long.pivot(index="prod_na", columns="induse", values="values").fillna(0.0)
    codes = [c for c in table.columns if c in table.index and c.startswith("CPA_")]
    assert len(codes) == 65
    output, income = table.loc["P1", codes].to_numpy(), table.loc[["B1G", "D21X31"], codes].to_numpy().sum(axis=0)
    use, make = table.loc[[*codes, "IMP"], codes].to_numpy(), np.diag(output)
    imports = np.zeros_like(use)
    imports[-1] = use[-1]
    found = domestic(use, imports, np.column_stack([make, np.zeros(65)]), output, income)
    made = dict(zip(codes, found.backward_domestic, strict=True))
    for code, published in (("CPA_C29", 1.2069), ("CPA_C13-15", 1.2192), ("CPA_J62_63", 1.2914)):
        assert made[code] == pytest.approx(published, abs=5e-5)
    known = output > 0
    assert known.sum() > 60
    np.testing.assert_allclose((found.value_added_multiplier + found.import_leakage)[known], 1, atol=1e-4)
    np.testing.assert_allclose(found.scrap_leakage[known], 0, atol=1e-12)


def bea_2017(mirror: Path, parse: Parser, name: str, row: str, column: str) -> pd.DataFrame:
    with duckdb.connect() as con:
        long = parse(con, [mirror / BEA / name], Edition("2017", None, ())).df()
    return long.pivot(index=row, columns=column, values="value").fillna(0.0)


def test_united_states_2017(mirror: Path) -> None:
    """BEA's own tables: value added, imports and scrap come to one; the same by way of commodities, as BEA inverts."""
    sides = "commodity_code", "industry_code"
    table = bea_2017(mirror, parse_use, "IOUse_After_Redefinitions_PRO_2017_Detail.xlsx", *sides)
    abroad = bea_2017(mirror, parse_imports, "ImportMatrices_Before_Redefinitions_DET_2017.xlsx", *sides)
    made = bea_2017(mirror, parse_make, "IOMake_After_Redefinitions_2017_Detail.xlsx", *sides[::-1])
    industries, goods = [i for i in table.columns if is_industry(i)], [c for c in table.index if is_commodity(c)]
    use = table.loc[goods, industries].to_numpy()
    imports = abroad.reindex(index=goods, columns=industries).fillna(0.0).to_numpy()
    make = made.loc[industries].reindex(columns=[c if c in industries else "" for c in goods]).fillna(0.0).to_numpy()
    output, income = table.loc["T008", industries].to_numpy(), table.loc["T006", industries].to_numpy()
    found = domestic(use, imports, make, output, income)
    total = found.value_added_multiplier + found.import_leakage + found.scrap_leakage
    np.testing.assert_allclose(total, 1, atol=0.01)
    # What each commodity's industries buy abroad is BEA's total, and next to nothing of it stands in another cell.
    home = home_made(use, imports)
    bought = np.maximum(use, 0) - home
    np.testing.assert_allclose(bought.sum(axis=1), imports.sum(axis=1), atol=1e-6)
    assert np.abs(bought - imports).sum() < 0.02 * imports.sum()
    assert imports.sum() == pytest.approx(1_416_292, abs=1)

    shares = make / np.where(make.sum(axis=0) > 0, make.sum(axis=0), np.inf)
    bill = np.linalg.solve((np.eye(len(goods)) - home / output @ shares).T, shares.T @ (income / output))
    np.testing.assert_allclose(found.value_added_multiplier, income / output + bill @ (home / output), rtol=1e-9)
    # What is used of it in the end at home and abroad, industry by industry, earns the gross domestic product.
    final = output - shares @ home.sum(axis=1)
    assert final @ found.value_added_multiplier == pytest.approx(19_612_103)
    whole = domestic(use, np.zeros_like(use), make, output, income)
    assert (found.backward_domestic <= whole.backward_domestic + 1e-12).all()
    assert (found.value_added_multiplier <= whole.value_added_multiplier + 1e-12).all()
