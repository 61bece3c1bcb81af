"""Editions of NAICS for checks outside dbt: which one a year of QCEW is published in, and which codes changed.

Belongs here: reading what the dbt project says of NAICS, so that it stands once. Does not: saying it anew.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from orchestration.settings import PROJECT_ROOT

DBT = PROJECT_ROOT / "dbt_project"


@dataclass(frozen=True)
class ChangedCode:
    """A code that means something else in other editions, and its title in the editions `naics_from` to `naics_to`."""

    code: str
    naics_from: int
    naics_to: int
    title: str


def qcew_edition(year: str) -> str:
    """SQL for the NAICS edition of a QCEW reference year; `year` is SQL too.

    Example:
        >>> qcew_edition("year").endswith("WHEN year >= 2007 THEN 2007 ELSE 2002 END")
        True
    """
    return _edition(year, "qcew")


def cbp_edition(year: str) -> str:
    """SQL for the NAICS edition of a year of County Business Patterns; `year` is SQL too.

    Example:
        >>> cbp_edition("year")
        'CASE WHEN year >= 2017 THEN 2017 ELSE 2012 END'
    """
    return _edition(year, "cbp")


def _edition(year: str, of: str) -> str:
    first, *later = sorted((e["first_year"], e["naics"]) for e in _variables()[f"{of}_naics_editions"])
    cases = " ".join(f"WHEN {year} >= {first_year} THEN {naics}" for first_year, naics in reversed(later))
    return f"CASE {cases} ELSE {first[1]} END"


def first_years() -> tuple[int, ...]:
    """The years of QCEW in which another edition of NAICS begins.

    Example:
        >>> first_years()[:3]
        (2007, 2011, 2017)
    """
    return tuple(sorted(e["first_year"] for e in _variables()["qcew_naics_editions"])[1:])


def patterns_years_back() -> int:
    """How many years before its own an estimate heeds County Business Patterns.

    Example:
        >>> patterns_years_back()
        3
    """
    found: int = _variables()["cbp_years_back"]
    return found


def sector(code: str) -> str:
    """SQL for the sector of a NAICS code of two digits or more; `code` is SQL too.

    Example:
        >>> sector("code").startswith("CASE left(code, 2) WHEN '31' THEN '31-33'")
        True
    """
    ranges = [(digits, r["sector"]) for r in _variables()["naics_sector_ranges"] for digits in r["digits"]]
    cases = " ".join(f"WHEN '{digits}' THEN '{name}'" for digits, name in ranges)
    return f"CASE left({code}, 2) {cases} ELSE left({code}, 2) END"


@lru_cache
def changed_codes() -> tuple[ChangedCode, ...]:
    """The codes whose meaning changed between editions, from the seed `naics_changed_codes`.

    Example:
        >>> [c.title for c in changed_codes() if c.code == "516110"]
        ['Internet publishing and broadcasting', 'Radio broadcasting stations']
    """
    with (DBT / "seeds" / "naics_changed_codes.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return tuple(ChangedCode(r["code"], int(r["naics_from"]), int(r["naics_to"]), r["title"]) for r in rows)


@lru_cache
def _variables() -> dict[str, Any]:
    document = yaml.safe_load((DBT / "dbt_project.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = document["vars"]
    return found
