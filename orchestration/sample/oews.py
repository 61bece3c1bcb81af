"""Occupations of the invented country: who works in which metropolitan area and in which industry.

Belongs here: BLS's zips of workbooks (OEWS) and the staffing patterns behind them. Does not: how many work where (see
`economy`). Industries of one planted cluster share occupations that hardly any other industry has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from orchestration.sample.accounts import cbsa_title
from orchestration.sample.archive import workbook_bytes, write_zip
from orchestration.sample.boundaries import Cbsa
from orchestration.sample.economy import Economy
from orchestration.sample.geography import LABEL
from orchestration.sample.industries import Industry, plain_title, sector_of
from orchestration.sample.planting import INDUSTRIES

# Mays of which there are files, and the year whose metropolitan areas they have: BLS's change a year after QCEW's.
MAYS = {2024: 2023, 2025: 2025}
FOLDER = "oes/special-requests"
COLUMNS = (
    "AREA", "AREA_TITLE", "AREA_TYPE", "PRIM_STATE", "NAICS", "NAICS_TITLE", "I_GROUP", "OWN_CODE", "OCC_CODE",
    "OCC_TITLE", "O_GROUP", "TOT_EMP", "EMP_PRSE", "JOBS_1000", "LOC_QUOTIENT", "PCT_TOTAL", "PCT_RPT", "H_MEAN",
    "A_MEAN", "MEAN_PRSE", "H_PCT10", "H_PCT25", "H_MEDIAN", "H_PCT75", "H_PCT90", "A_PCT10", "A_PCT25", "A_MEDIAN",
    "A_PCT75", "A_PCT90", "ANNUAL", "HOURLY",
)  # fmt: skip
MAJORS = {
    "11": "Management", "13": "Business and Financial Operations", "15": "Computer and Mathematical",
    "17": "Architecture and Engineering", "19": "Life, Physical, and Social Science", "25": "Education",
    "29": "Healthcare Practitioners", "35": "Food Preparation and Serving", "37": "Cleaning and Maintenance",
    "41": "Sales", "43": "Office and Administrative Support", "45": "Farming, Fishing, and Forestry",
    "47": "Construction and Extraction", "49": "Installation, Maintenance, and Repair", "51": "Production",
    "53": "Transportation and Material Moving",
}  # fmt: skip
# Occupations that every industry has: code, title, share of its jobs, median pay (0: too high to be published).
COMMON = (
    ("11-1011", "Chief Executives", 0.004, 0),
    ("11-1021", "General and Operations Managers", 0.06, 101_000),
    ("13-2011", "Accountants and Auditors", 0.06, 81_000),
    ("15-1252", "Software Developers", 0.04, 133_000),
    ("37-2011", "Janitors and Cleaners", 0.07, 36_000),
    ("41-4012", "Sales Representatives", 0.08, 67_000),
    ("43-4051", "Customer Service Representatives", 0.12, 42_000),
    ("43-6014", "Secretaries and Administrative Assistants", 0.12, 46_000),
    ("49-9071", "Maintenance and Repair Workers", 0.1, 48_000),
    ("53-7062", "Laborers and Material Movers", 0.18, 38_000),
)
# Those of a kind of sector, and those of a planted cluster, with the share of its industries' jobs.
SECTORAL = {
    ("45-2092", "Farmworkers", 36_000): ("11",),
    ("47-2061", "Construction Laborers", 47_000): ("21", "23"),
    ("49-9051", "Electrical Power-Line Installers", 92_000): ("22",),
    ("51-2092", "Team Assemblers", 43_000): ("31-33",),
    ("41-2031", "Retail Salespersons", 35_000): ("42", "44-45"),
    ("53-3032", "Heavy Truck Drivers", 57_000): ("48-49",),
    ("13-1071", "Human Resources Specialists", 73_000): ("51", "52", "53", "54", "55", "56"),
    ("25-2021", "Elementary School Teachers", 63_000): ("61",),
    ("29-1141", "Registered Nurses", 93_000): ("62",),
    ("35-3031", "Waiters and Waitresses", 34_000): ("71", "72"),
    ("49-3023", "Automotive Service Technicians", 50_000): ("81",),
    ("43-4061", "Eligibility Interviewers, Government Programs", 52_000): ("99",),
}
CLUSTERED = {
    "aerospace_vehicles_and_defense": (("17-2011", "Aerospace Engineers", 134_000),
                                       ("51-2011", "Aircraft Assemblers", 62_000)),
    "apparel": (("51-6031", "Sewing Machine Operators", 36_000), ("51-6092", "Fabric Patternmakers", 61_000)),
    "automotive": (("17-2141", "Mechanical Engineers", 102_000), ("51-2031", "Engine Assemblers", 53_000)),
    "biopharmaceuticals": (("19-1042", "Medical Scientists", 101_000), ("19-2031", "Chemists", 86_000)),
    "financial_services": (("13-2051", "Financial Analysts", 101_000), ("41-3031", "Securities Sales Agents", 78_000)),
    "food_processing_and_manufacturing": (("51-3092", "Food Batchmakers", 40_000),
                                          ("19-1012", "Food Scientists", 85_000)),
    "furniture": (("51-7011", "Cabinetmakers", 45_000), ("51-6093", "Upholsterers", 46_000)),
    "information_technology_and_analytical_instruments": (("17-2061", "Computer Hardware Engineers", 155_000),
                                                          ("51-9141", "Semiconductor Technicians", 46_000)),
    "insurance_services": (("15-2011", "Actuaries", 125_000), ("13-2053", "Insurance Underwriters", 79_000)),
    "medical_devices": (("17-2031", "Bioengineers", 106_000), ("51-9082", "Medical Appliance Technicians", 45_000)),
    "oil_and_gas_production_and_transportation": (("17-2171", "Petroleum Engineers", 141_000),
                                                  ("47-5071", "Roustabouts", 48_000)),
    "upstream_metal_manufacturing": (("51-4051", "Metal-Refining Furnace Operators", 55_000),
                                     ("51-4021", "Extruding Machine Setters", 47_000)),
}  # fmt: skip
SECTORAL_SHARE, CLUSTERED_SHARE = 0.3, 0.4
# BLS prints no figure for fewer jobs than the first, and has no row for fewer than the second.
PRINTED_FROM, LISTED_FROM = 30, 15
Row = list[object]
Printed = tuple[str, str, str, list[int], int]


def write_oews(host: Path, economy: Economy) -> None:
    """Write the zips of metropolitan areas and of industries, for each May, below the folder of www.bls.gov.

    Example:
        >>> write_oews(Path("www.bls.gov"), simulate(1))  # doctest: +SKIP
    """
    pattern = staffing(economy.industries)
    for may, areas_of in MAYS.items():
        jobs = economy.employment[economy.years.index(may)]
        cbsas = economy.geography.cbsas(areas_of)
        areas, nation = list(_metro_rows(cbsas, jobs, pattern)), list(_industry_rows(economy, jobs, pattern))
        for zip_name, books in (
            ("ma", {"MSA": areas}),
            ("in4", {name: [row for row in nation if row[6] == level] for name, level in _LEVELS.items()}),
        ):
            archive = f"oesm{may % 100}{zip_name}"
            members = [(f"{archive}/{name}_M{may}_dl.xlsx", workbook_bytes({f"{name}_M{may}_dl": [COLUMNS, *rows]}))
                       for name, rows in books.items()]  # fmt: skip
            write_zip(host / FOLDER / f"{archive}.zip", members)


_LEVELS = {"natsector": "sector", "nat3d": "3-digit", "nat4d": "4-digit"}


def occupations() -> tuple[tuple[str, str, int], ...]:
    """Code, title and median pay of every detailed occupation, by code.

    Example:
        >>> occupations()[0]
        ('11-1011', 'Chief Executives', 0)
    """
    common = [(code, title, pay) for code, title, _, pay in COMMON]
    return tuple(sorted([*common, *SECTORAL, *(o for group in CLUSTERED.values() for o in group)]))


def staffing(industries: Sequence[Industry]) -> np.ndarray:
    """Shares of occupations in jobs [industry, occupation]; each row adds up to 1.

    Example:
        >>> from orchestration.sample.industries import industries
        >>> staffing(industries()).sum(axis=1).round(9).min()
        np.float64(1.0)
    """
    position = {code: k for k, (code, *_) in enumerate(occupations())}
    cluster_of = {code: cluster for cluster, codes in INDUSTRIES.items() for code in codes}
    shares = np.zeros((len(industries), len(position)))
    for row, industry in zip(shares, industries, strict=True):
        for code, _, share, _ in COMMON:
            row[position[code]] = share
        sector = _naics(industry)[0]
        for (code, *_), sectors in SECTORAL.items():
            row[position[code]] = SECTORAL_SHARE * (sector in sectors)
        for code, *_ in CLUSTERED.get(cluster_of.get(industry.code, "") if industry.own == "5" else "", ()):
            row[position[code]] = CLUSTERED_SHARE / 2
    return shares / shares.sum(axis=1, keepdims=True)


def _naics(industry: Industry) -> tuple[str, str, str]:
    """Sector, 3-digit and 4-digit code of NAICS 2022: public administration is 99, by owner at four digits."""
    code = industry.code_2022
    if code.startswith("92"):
        return "99", "999", f"999{industry.own}"
    return sector_of(code), code[:3], code[:4]


def _metro_rows(cbsas: Iterable[Cbsa], jobs: np.ndarray, pattern: np.ndarray) -> Iterator[Row]:
    national, printed = jobs.sum(axis=0) @ pattern, _printed()
    everywhere: Row = ["000000", "Cross-industry", "cross-industry", "1235"]
    for cbsa in sorted((c for c in cbsas if c.metropolitan), key=lambda c: c.code):
        area: Row = [cbsa.code, cbsa_title(cbsa), 4, cbsa.postals[0]]
        local = jobs[list(cbsa.places)].sum(axis=0) @ pattern
        yield from _occupation_rows([*area, *everywhere], local, national, printed)


def _industry_rows(economy: Economy, jobs: np.ndarray, pattern: np.ndarray) -> Iterator[Row]:
    members: dict[tuple[int, str], list[int]] = {}
    for position, industry in enumerate(economy.industries):
        # Establishments without a code are not sampled.
        for level, code in enumerate(_naics(industry)) if not industry.code.startswith("99") else ():
            members.setdefault((level, code), []).append(position)
    owner = {"999": "123", "9991": "1", "9992": "2", "9993": "3"}
    named = {"99": "Government", "999": "Government", "9991": "Federal Executive Branch"}
    named |= {"9992": "State Government", "9993": "Local Government"}
    by_industry, printed = jobs.sum(axis=0), _printed()
    for (level, code), positions in sorted(members.items()):
        title = named.get(code) or plain_title(code)
        industry_of: Row = [code.ljust(6, "0") if level else code, title, list(_LEVELS.values())[level]]
        before: Row = ["99", f"U.S. {LABEL}", 1, "US", *industry_of, owner.get(code)]
        yield from _occupation_rows(before, by_industry[positions] @ pattern[positions], None, printed)


def _printed() -> list[Printed]:
    """Each major group and its occupations: code, title, O_GROUP, which of `occupations` it is, and median pay."""
    listed, found = occupations(), []
    for major, title in MAJORS.items():
        inside = [k for k, (code, *_) in enumerate(listed) if code.startswith(major)]
        found.append((f"{major}-0000", f"{title} Occupations", "major", inside, max(listed[k][2] for k in inside)))
        found += [(listed[k][0], listed[k][1], "detailed", [k], listed[k][2]) for k in inside]
    return found


def _occupation_rows(
    before: Row, jobs: np.ndarray, national: np.ndarray | None, printed: list[Printed]
) -> Iterator[Row]:
    """All occupations, then each major group and its occupations; `national` where quotients are printed."""
    total = jobs.sum()
    yield [*before, "00-0000", "All Occupations", "total", *_figures(total, total, 0.0, 52_000, national)]
    for code, name, group, parts, pay in printed:
        if (here := jobs[parts].sum()) >= LISTED_FROM:
            share = 0.0 if national is None else national[parts].sum() / national.sum()
            yield [*before, code, name, group, *_figures(here, total, share, pay, national)]


def _figures(jobs: float, total: float, share: float, pay: int, national: np.ndarray | None) -> Row:
    """TOT_EMP to A_MEDIAN: rounded to tens, `**` where there are few, `#` where pay is too high to be published."""
    few = jobs < PRINTED_FROM
    ratios: Row = [None, None]
    if national is not None:
        ratios = ["**", "**"] if few else [round(1000 * jobs / total, 3), round(jobs / total / (share or 1.0), 2)]
    median: object = "#" if pay == 0 else pay
    mean: object = "#" if pay == 0 else round(pay * 1.08, -1)
    row: Row = ["**" if few else 10 * round(jobs / 10), None, *ratios, None, None, None, mean]
    return [*row, *[None] * (COLUMNS.index("A_MEDIAN") - COLUMNS.index("A_MEAN") - 1), median]
