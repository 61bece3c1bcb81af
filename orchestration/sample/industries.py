"""Which industries the invented country has: real codes of NAICS 2017 and 2022, BLS's 238xx1/238xx2 among them.

Belongs here: codes, short titles, national weight, size of an establishment and pay. Does not: regions,
years beyond the edition of NAICS, or which industry belongs to which cluster beyond the planted ones (see `planting`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from orchestration.sample.industry_changes import CHANGES
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


# QCEW prints NAICS 2017 to reference year 2021, NAICS 2022 since.
EDITIONS = {2017: 0, 2022: 2022}


@dataclass(frozen=True)
class Industry:
    """What no edition of NAICS divides, of one ownership: its code and title in NAICS 2017 and in 2022.

    Relative `weight` in the country's jobs, `size` in jobs an establishment, `pay` in thousands of currency a year.
    Several have one code where an edition puts them together.
    """

    code: str
    own: str
    weight: float
    size: float
    pay: float
    title: str
    code_2022: str
    title_2022: str

    def coded(self, naics: int) -> str:
        """Its code in an edition, 2017 or 2022."""
        return self.code if naics == 2017 else self.code_2022

    def titled(self, naics: int) -> str:
        """Its title in an edition."""
        return self.title if naics == 2017 else self.title_2022


def edition_of(year: int) -> int:
    """The edition of NAICS that a year's rows are in.

    Example:
        >>> edition_of(2021), edition_of(2022)
        (2017, 2022)
    """
    return max(naics for naics, since in EDITIONS.items() if since <= year)


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
    """All industries in the order in which NAICS 2017 publishes them (see `publication_order`)."""
    rows = [Industry(code, "5", w, s, p, title, code, title) for code, w, s, p, title in _parse(PRIVATE)]
    named = {industry.code: industry.title for industry in rows}
    for line in GOVERNMENT.strip().splitlines():
        own, rest = line.split("|", 1)
        code, w, s, p, title = next(_parse(rest))
        title = named.get(code, title)
        rows.append(Industry(code, own, w, s, p, title, code, title))
    parts = [part for row in rows for part in _in_2022(row)]
    return tuple(parts[k] for k in publication_order(parts, 2017))


def publication_order(parts: Sequence[Industry], naics: int) -> list[int]:
    """Positions of industries in the order of an edition: ownership, domain, supersector, sector, code.

    So ordered, every node of the edition's hierarchy is one unbroken run of industries.
    """
    keys = [(i.own, *ancestors(i.coded(naics)), i.coded(naics)) for i in parts]
    return sorted(range(len(parts)), key=lambda k: keys[k])


@lru_cache
def edition_titles(naics: int) -> dict[str, str]:
    """Title of every code of an edition, as rows of the time print it, in the order of BLS's list.

    Example:
        >>> edition_titles(2017)["1012"], edition_titles(2017)["511210"]
        ('1012 Construction', 'NAICS 511210 Software publishers')
    """
    above = {TOTAL: "Total, all industries", **DOMAINS, **{c: t for c, (_, t, _) in SUPERSECTORS.items()}}
    named: dict[str, str] = {}
    for industry in industries():
        code, title = industry.coded(naics), industry.titled(naics)
        named[code] = title
        for parent in ancestors(code)[3:]:
            named[parent] = PARENT_TITLES.get(parent) or named.get(parent, title)
    return {code: f"{code} {title}" for code, title in above.items()} | {
        code: f"NAICS {code} {named[code]}" for code in sorted(named)
    }


@lru_cache
def titles() -> dict[str, str]:
    """BLS's list of today: the codes of both editions, those that NAICS 2022 no longer has marked with the older one.

    Example:
        >>> titles()["511210"], titles()["513210"]
        ('NAICS17 511210 Software publishers', 'NAICS 513210 Software publishers')
    """
    current = edition_titles(2022)
    retired = {c: t.replace("NAICS ", "NAICS17 ", 1) for c, t in edition_titles(2017).items() if c not in current}
    both = current | retired
    above = [code for code in current if code == TOTAL or code in DOMAINS or code in SUPERSECTORS]
    return {code: both[code] for code in (*above, *sorted(set(both) - set(above)))}


def plain_title(code: str) -> str:
    """A code's title without the marks that BLS puts before it.

    Example:
        >>> plain_title("511210")
        'Software publishers'
    """
    return titles()[code].split(" ", 2)[2]


@lru_cache
def _changes() -> dict[str, list[tuple[str, float, str]]]:
    found: dict[str, list[tuple[str, float, str]]] = {}
    for line in CHANGES.strip().splitlines():
        old, new, share, title = line.split("|")
        found.setdefault(old, []).append((new, float(share), title))
    return found


def _in_2022(row: Industry) -> list[Industry]:
    """The row, or its parts where NAICS 2022 divides it."""
    return [
        replace(row, weight=row.weight * share, code_2022=code, title_2022=title)
        for code, share, title in _changes().get(row.code, [(row.code, 1.0, row.title)])
    ]


def _parse(text: str) -> Iterator[tuple[str, float, float, float, str]]:
    for line in text.strip().splitlines():
        code, weight, size, pay, title = line.split("|")
        yield code, float(weight), float(size), float(pay), title
