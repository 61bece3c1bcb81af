"""Which industries the invented country has: real NAICS 2017 codes, BLS's 238xx1/238xx2 among them.

Belongs here: codes, short titles, national weight, size of an establishment and pay. Does not: regions,
years, or which industry belongs to which cluster beyond the planted ones (see `planting`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from orchestration.sample.industry_table import GOVERNMENT, PRIVATE
from orchestration.sample.industry_titles import PARENT_TITLES

TOTAL = "10"
DOMAINS = {"101": "Goods-producing", "102": "Service-providing"}
SUPERSECTORS = {
    "1011": ("101", "Natural resources and mining", ("11", "21")),
    "1012": ("101", "Construction", ("23",)),
    "1013": ("101", "Manufacturing", ("31-33",)),
    "1021": ("102", "Trade, transportation, and utilities", ("22", "42", "44-45", "48-49")),
    "1022": ("102", "Information", ("51",)),
    "1023": ("102", "Financial activities", ("52", "53")),
    "1024": ("102", "Professional and business services", ("54", "55", "56")),
    "1025": ("102", "Education and health services", ("61", "62")),
    "1026": ("102", "Leisure and hospitality", ("71", "72")),
    "1027": ("102", "Other services", ("81",)),
    "1028": ("102", "Public administration", ("92",)),
    "1029": ("102", "Unclassified", ("99",)),
}
_RANGES = {
    "31": "31-33",
    "32": "31-33",
    "33": "31-33",
    "44": "44-45",
    "45": "44-45",
    "48": "48-49",
    "49": "48-49",
}
_SUPERSECTOR_OF = {s: code for code, (_, _, sectors) in SUPERSECTORS.items() for s in sectors}


@dataclass(frozen=True)
class Industry:
    """A 6-digit industry of one ownership: relative `weight` in the country's jobs, `size` in jobs an
    establishment, `pay` in thousands of currency a year."""

    code: str
    own: str
    weight: float
    size: float
    pay: float
    title: str


def sector_of(code: str) -> str:
    """The sector of a NAICS code of two digits or more.

    Example:
        >>> sector_of("334413"), sector_of("5415")
        ('31-33', '54')
    """
    return _RANGES.get(code[:2], code[:2])


def ancestors(code: str) -> tuple[str, ...]:
    """The nodes above a 6-digit code, from all industries down to its 5-digit parent.

    Example:
        >>> ancestors("334413")
        ('10', '101', '1013', '31-33', '334', '3344', '33441')
    """
    sector = sector_of(code)
    supersector = _SUPERSECTOR_OF[sector]
    return TOTAL, SUPERSECTORS[supersector][0], supersector, sector, code[:3], code[:4], code[:5]


@lru_cache
def industries() -> tuple[Industry, ...]:
    """All 6-digit industries in publication order: ownership, domain, supersector, sector, code.

    So ordered, every node of the hierarchy is one unbroken run of industries.
    """
    rows = [Industry(code, "5", w, s, p, title) for code, w, s, p, title in _parse(PRIVATE)]
    titles = {industry.code: industry.title for industry in rows}
    for line in GOVERNMENT.strip().splitlines():
        own, rest = line.split("|", 1)
        code, w, s, p, title = next(_parse(rest))
        rows.append(Industry(code, own, w, s, p, titles.get(code, title)))
    return tuple(sorted(rows, key=lambda i: (i.own, *ancestors(i.code), i.code)))


@lru_cache
def titles() -> dict[str, str]:
    """Title of every code as BLS serves it today, in the order of BLS's list.

    Example:
        >>> titles()["1012"], titles()["23"]
        ('1012 Construction', 'NAICS 23 Construction')
    """
    named = {TOTAL: "Total, all industries", **DOMAINS, **{c: t for c, (_, t, _) in SUPERSECTORS.items()}}
    naics: dict[str, str] = {}
    for industry in industries():
        naics[industry.code] = industry.title
        for parent in ancestors(industry.code)[3:]:
            naics[parent] = PARENT_TITLES.get(parent) or naics.get(parent, industry.title)
    above = {code: f"{code} {title}" for code, title in named.items()}
    return above | {code: f"NAICS {code} {naics[code]}" for code in sorted(naics)}


def _parse(text: str) -> Iterator[tuple[str, float, float, float, str]]:
    for line in text.strip().splitlines():
        code, weight, size, pay, title = line.split("|")
        yield code, float(weight), float(size), float(pay), title
