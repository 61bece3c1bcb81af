"""The input-output accounts of the invented country: what its industries buy of each other.

Belongs here: BEA's detail workbook of the Use table, and its key to NAICS. Does not: what the industries make or pay
(see `economy`). Industries of one planted cluster buy much more from each other than from others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orchestration.sample.archive import workbook_bytes, write_zip
from orchestration.sample.economy import Economy
from orchestration.sample.geography import LABEL
from orchestration.sample.industries import Industry, plain_title, sector_of
from orchestration.sample.planting import INDUSTRIES

YEAR = 2017
ZIP = "industry/release/zip/MAKE-USE-IMPORTS (AFTER REDEFINITIONS).zip"
NAME = f"IOUse_After_Redefinitions_PRO_{YEAR}_Detail"
MAKE_NAME = f"IOMake_After_Redefinitions_{YEAR}_Detail"
IMPORTS_NAME = f"ImportMatrices_Before_Redefinitions_DET_{YEAR}"
# The part of what is bought of anything that comes from abroad; noncomparable imports all do.
IMPORTED = 0.1
# Codes and titles of what is no private industry, as BEA has them: an industry whose product another one's commodity
# holds, one that is both, and commodities that no industry makes.
UTILITIES, GOVERNMENT = ("S00101", "Federal electric utilities"), ("GSLGO", "State and local government")
NONCOMPARABLE = ("S00300", "Noncomparable imports")
SPECIAL = (("S00401", "Scrap"), NONCOMPARABLE)
FINAL_USES = (
    ("F01000", "Personal consumption expenditures", 0.55),
    ("F02E00", "Nonresidential private fixed investment in equipment", 0.15),
    ("F04000", "Exports of goods and services", 0.2),
    ("F05000", "Imports of goods and services", -0.1),
    ("F10C00", "State and local government consumption expenditures", 0.2),
)
VALUE_ADDED = (
    ("V00100", "Compensation of employees"),
    ("V00200", "Taxes on production and imports, less subsidies"),
    ("V00300", "Gross operating surplus"),
)
# How much more of its inputs an industry takes from its own cluster than their size alone would have it.
CLUSTER_PULL = 40.0
_SUMMARY = {"31-33": "31M", "44-45": "4A0", "48-49": "48TW"}


@dataclass(frozen=True)
class Sector:
    """A detail industry of the accounts: `members` are positions of its 6-digit industries on the industry axis."""

    code: str
    title: str
    members: tuple[int, ...]
    naics: str
    cluster: str | None


def write_bea(host: Path, economy: Economy, seed: int) -> None:
    """Write the zip with the workbooks below the folder of apps.bea.gov.

    Example:
        >>> write_bea(Path("apps.bea.gov"), simulate(1), 1)  # doctest: +SKIP
    """
    sectors = detail_sectors(economy.industries)
    members = [
        (NAME, {"NAICS Codes": _key(sectors), str(YEAR): _use_rows(economy, sectors, seed)}),
        (MAKE_NAME, {str(YEAR): _make_rows(economy, sectors, seed)}),
        (IMPORTS_NAME, {str(YEAR): _import_rows(economy, sectors, seed)}),
    ]
    write_zip(host / ZIP, [(f"{name}.xlsx", workbook_bytes(_readme(name) | sheets)) for name, sheets in members])


def _readme(name: str) -> dict[str, list[list[object]]]:
    about = f"This country is invented; see the sample's truth.json. {LABEL}"
    return {"ReadMe": [[f"ReadMe for file {name}"], [about]]}


def detail_sectors(industries: Sequence[Industry]) -> tuple[Sector, ...]:
    """Detail industries: the private 4-digit groups, those parts of them that are in a planted cluster by themselves.

    Example:
        >>> from orchestration.sample.industries import industries
        >>> [s.code for s in detail_sectors(industries()) if s.code.startswith("3345")]
        ['3345A0', '3345B0']
    """
    cluster_of = {code: cluster for cluster, codes in INDUSTRIES.items() for code in codes}
    parts: dict[tuple[str, str], list[int]] = {}
    for position, industry in enumerate(industries):
        if industry.own == "5" and not industry.code.startswith("9"):
            parts.setdefault((industry.code[:4], cluster_of.get(industry.code, "")), []).append(position)
    found = []
    for group, cluster in sorted(parts):
        siblings = sorted(part for part in parts if part[0] == group)
        letter = chr(ord("A") + siblings.index((group, cluster)))
        alone = len(siblings) == 1
        members = tuple(parts[group, cluster])
        naics = group if alone else ", ".join(dict.fromkeys(industries[m].code for m in members))
        title = plain_title(group) if alone else industries[members[0]].title
        found.append(Sector(f"{group}00" if alone else f"{group}{letter}0", title, members, naics, cluster or None))
    return tuple(found)


def use_table(economy: Economy, sectors: Sequence[Sector], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intermediate use [commodity, industry], value added [kind, industry] and output [industry], in whole millions.

    Industries are `sectors`, federal utilities and government; commodities are `sectors`, government and `SPECIAL`.
    """
    rng = np.random.default_rng([seed, 5])
    # The first year simulated stands for the benchmark year, which is before it.
    wages = economy.wages[0].sum(axis=0) / 1e6
    private = np.array([wages[list(s.members)].sum() for s in sectors])
    # Talvenia is small: wages in millions would round away, so its currency is worth a hundredth of a dollar.
    pay = np.rint(100 * np.append(private, [0.02 * private.sum(), wages.sum() - private.sum()]))
    taxes, surplus = np.rint(0.1 * pay), np.rint(pay * rng.uniform(0.3, 0.9, len(pay)))
    added = np.stack([pay, taxes, surplus])
    bought = added.sum(axis=0) * rng.uniform(0.5, 1.3, len(pay))
    size = np.append(private, [0.05 * private.sum(), 0.002 * private.sum(), 0.01 * private.sum()])
    weight = size[:, None] * rng.lognormal(0.0, 1.0, (len(size), len(pay)))
    cluster = np.array([s.cluster or "" for s in sectors])
    together = (cluster[:, None] == cluster[None, :]) & (cluster != "")[None, :]
    weight[: len(sectors), : len(sectors)] *= np.where(together, CLUSTER_PULL, 1.0)
    # Nobody buys of everything: the smaller half of the inputs is left out.
    weight[weight < np.median(weight, axis=0)] = 0.0
    use = np.rint(weight / weight.sum(axis=0) * bought)
    return use, added, use.sum(axis=0) + added.sum(axis=0)


def _use_rows(economy: Economy, sectors: Sequence[Sector], seed: int) -> list[list[object]]:
    use, added, output = use_table(economy, sectors, seed)
    supply = _made(sectors, output).sum(axis=0)
    final = supply - use.sum(axis=1)
    uses = _final_uses(final)
    industries, commodities = _names(sectors)
    columns = [*industries, ("T001", "Total Intermediate"), *((code, title) for code, title, _ in FINAL_USES)]
    columns += [("T004", "Total Final Uses (GDP)"), ("T007", "Total Commodity Output")]
    body = np.column_stack([use, use.sum(axis=1), uses, final, supply])
    inputs = np.column_stack([added, added.sum(axis=1)])
    return [
        [f"Use Table, After Redefinitions, {YEAR} {LABEL}"],
        ["[Millions of Dollars]"],
        [],
        ["Commodity / Industry", None, *(title for _, title in columns)],
        ["Code", "Commodity Description", *(code for code, _ in columns)],
        *_lines(commodities, body),
        ["T005", "Total Intermediate", *_cells(body.sum(axis=0))],
        *_lines(VALUE_ADDED, inputs),
        ["T006", "Total Value Added", *_cells(inputs.sum(axis=0))],
        ["T008", "Total Industry Output", *_cells(output)],
        [],
        ["Note.  Detail may not add to total due to rounding."],
    ]


def _names(sectors: Sequence[Sector]) -> tuple[list[tuple[str | int, str]], list[tuple[str | int, str]]]:
    """Codes and titles of industries and commodities, in the order of `use_table`."""
    private: list[tuple[str | int, str]] = [(_number(s.code), s.title) for s in sectors]
    return [*private, UTILITIES, GOVERNMENT], [*private, GOVERNMENT, *SPECIAL]


def _made(sectors: Sequence[Sector], output: np.ndarray) -> np.ndarray:
    """What industries make [industry, commodity]: their own, but federal utilities what other utilities make."""
    own = [*range(len(sectors)), next(i for i, s in enumerate(sectors) if s.code.startswith("2211")), len(sectors)]
    made = np.zeros((len(output), len(sectors) + 1 + len(SPECIAL)))
    made[range(len(output)), own] = output
    return made


def _final_uses(final: np.ndarray) -> np.ndarray:
    uses = np.rint(final[:, None] * np.array([share for *_, share in FINAL_USES]))
    uses[:, 0] += final - uses.sum(axis=1)
    return uses


def _make_rows(economy: Economy, sectors: Sequence[Sector], seed: int) -> list[list[object]]:
    made = _made(sectors, use_table(economy, sectors, seed)[2])
    industries, commodities = _names(sectors)
    columns = [*commodities, ("T008", "Total Industry Output")]
    body = np.column_stack([made, made.sum(axis=1)])
    return [
        [f"Make Table, After Redefinitions, {YEAR} {LABEL}"],
        ["[Millions of Dollars]"],
        [],
        ["Industry / Commodity", None, *(title for _, title in columns)],
        ["Code", "Industry Description", *(code for code, _ in columns)],
        *_lines(industries, body),
        ["T007", "Total Commodity Output", *_cells(body.sum(axis=0))],
    ]


def _import_rows(economy: Economy, sectors: Sequence[Sector], seed: int) -> list[list[object]]:
    use, _, output = use_table(economy, sectors, seed)
    uses = _final_uses(_made(sectors, output).sum(axis=0) - use.sum(axis=1))
    industries, commodities = _names(sectors)
    part = np.array([[1.0 if commodity == NONCOMPARABLE else IMPORTED] for commodity in commodities])
    bought, final = np.rint(part * use), np.rint(part * np.maximum(uses, 0))
    abroad = next(n for n, (code, *_) in enumerate(FINAL_USES) if code == "F05000")
    final[:, abroad] = 0
    final[:, abroad] = -bought.sum(axis=1) - final.sum(axis=1)
    columns = [*industries, ("T001", "Total Intermediate"), *((code, title) for code, title, _ in FINAL_USES)]
    columns += [("T004", "Total Final Uses (GDP)")]
    body = np.column_stack([bought, bought.sum(axis=1), final, final.sum(axis=1)])
    return [
        [f"Import Matrix, Before Redefinitions, Detailed {YEAR} {LABEL}"],
        ["[Millions of Dollars]"],
        [],
        ["Commodity / Industry", None, *(title for _, title in columns)],
        ["Code", "Commodity Description", *(code for code, _ in columns)],
        *_lines(commodities, body),
    ]


def _key(sectors: Sequence[Sector]) -> list[list[object]]:
    rows: list[list[object]] = [
        ["Industry Codes and Aggregations in the Industry Economic Accounts"],
        [f"In the layout of BEA's key; the country is invented. {LABEL}"],
        [],
        ["BEA Code and Title", None, None, None, "Notes", f"Related {YEAR} NAICS Codes"],
    ]
    seen = ""
    for sector in sectors:
        above = sector_of(sector.code)
        if above != seen:
            title = plain_title(above)
            rows += [[above, title], [], [None, _SUMMARY.get(above, above), title], []]
            seen = above
        rows.append([None, None, _number(sector.code), sector.title, None, sector.naics])
    rows += [[], ["G", "Government"], [], [None, "GSL", "Government"], []]
    rows += [[None, None, code, title, None, "n/a"] for code, title in (UTILITIES, GOVERNMENT)]
    rows += [[], ["Other", "Scrap and noncomparable imports [1]"], [], [None, "Other", "Scrap and imports"], []]
    return rows + [[None, None, code, title] for code, title in SPECIAL]


def _lines(named: Sequence[tuple[str | int, str]], values: np.ndarray) -> list[list[object]]:
    return [[code, title, *_cells(row)] for (code, title), row in zip(named, values, strict=True)]


def _number(code: str) -> str | int:
    """Codes of digits only are numbers in BEA's workbooks."""
    return int(code) if code.isdigit() else code


def _cells(values: np.ndarray) -> list[object]:
    """Whole numbers; a zero is a blank cell."""
    return [int(value) or None for value in values]
