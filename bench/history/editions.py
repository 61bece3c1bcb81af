"""Which codes a year of QCEW prints: the six-digit industries of its edition of NAICS.

Belongs here: following the Census Bureau's concordances. Does not: which year is in which edition
(`orchestration/naics.py`).

The concordances say which codes became which, not how much of each. So a county's cell goes as a whole to one of the
codes that its industry became, drawn for each county: the whole country has all of them.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np

from bench.history.drift import pick
from bench.history.economy import Leaves
from orchestration.naics import qcew_edition

CONCORDANCE = "naics_concordance_{old}_to_{new}.csv"
EDITIONS = (2012, 2017, 2022)
PRIVATE = 5


def edition_of(year: int) -> int:
    """The edition of NAICS in which QCEW prints a year.

    Raises:
        ValueError: if it is older than that of the real years, or newer than the concordances that are known.

    Example:
        >>> edition_of(2016), edition_of(2017)
        (2012, 2017)
    """
    with duckdb.connect() as con:
        (edition,) = con.execute(f"SELECT {qcew_edition(str(year))}").fetchone() or (0,)
    if edition not in EDITIONS:
        raise ValueError(f"{year} is printed in NAICS {edition}; years can be made from {EDITIONS[0]} on")
    return int(edition)


def codes_of(leaves: Leaves, edition: int, reference: Path) -> np.ndarray:
    """The codes of the cells of an economy of NAICS 2012 in another edition."""
    codes = leaves.code.copy()
    for old, new in pairwise(EDITIONS):
        if new > edition:
            break
        was = codes.copy()
        for code, became in changes(reference, old, new).items():
            rows = np.flatnonzero((was == code) & (leaves.own == PRIVATE))
            codes[rows] = np.array(became)[pick(_some(leaves, rows), len(became), code, new)]
    return codes


@lru_cache
def changes(reference: Path, old: int, new: int) -> dict[int, tuple[int, ...]]:
    """What became of the codes that another edition changed, each with all the codes that hold a part of it.

    Raises:
        FileNotFoundError: if the folder has no concordance of these editions.
    """
    became: dict[int, set[int]] = defaultdict(set)
    with (reference / CONCORDANCE.format(old=old, new=new)).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            became[int(row["code_from"])].add(int(row["code_to"]))
    return {code: tuple(sorted(codes)) for code, codes in became.items() if codes != {code}}


def _some(leaves: Leaves, rows: np.ndarray) -> Leaves:
    return Leaves(leaves.year, *(values[rows] for name, values in vars(leaves).items() if name != "year"))
