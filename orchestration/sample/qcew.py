"""QCEW rows as BLS prints them: quotients, changes over the year, quoting, order of columns.

Belongs here: the text of a row, for years and quarters. Does not: which files there are (see `write`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import duckdb
import numpy as np

from orchestration.sample.accounts import ALL_OWNERS, Accounts, AreaKind
from orchestration.sample.books import Figures
from orchestration.sample.geography import NATION
from orchestration.sample.industries import TOTAL, edition_titles

_KEYS = (
    "area_fips",
    "own_code",
    "industry_code",
    "agglvl_code",
    "size_code",
    "year",
    "qtr",
    "disclosure_code",
)
_TITLES = ("area_title", "own_title", "industry_title", "agglvl_title", "size_title")
ANNUAL = (
    "annual_avg_estabs", "annual_avg_emplvl", "total_annual_wages", "taxable_annual_wages",
    "annual_contributions", "annual_avg_wkly_wage", "avg_annual_pay",
)  # fmt: skip
QUARTERLY = (
    "qtrly_estabs_count", "month1_emplvl", "month2_emplvl", "month3_emplvl", "total_qtrly_wages",
    "taxable_qtrly_wages", "qtrly_contributions", "avg_wkly_wage",
)  # fmt: skip
# Areas formatted at a time: keeps memory at a few hundred megabytes.
_BATCH = 40
_OWNERS = {
    "0": "Total Covered", "1": "Federal Government", "2": "State Government", "3": "Local Government",
    "5": "Private", "8": "Total Government",
}  # fmt: skip
_KINDS = {"nation": "National", "state": "State", "county": "County", "msa": "MSA", "micro": "MicroSA"}
_LEVELS = (
    "Total Covered", "Total -- by ownership sector", "by Domain -- by ownership sector",
    "by Supersector -- by ownership sector", "NAICS Sector -- by ownership sector",
    *(f"NAICS {d}-digit -- by ownership sector" for d in (3, 4, 5, 6)),
)  # fmt: skip


@dataclass(frozen=True)
class Period:
    """What is printed of a period: figures, and those of a year before; `qtr` is A or 1 to 4."""

    year: int
    qtr: str
    now: Figures
    before: Figures


def header(measures: tuple[str, ...], titled: bool) -> str:
    """The header line, without its end; `measures` is `ANNUAL` or `QUARTERLY`.

    Example:
        >>> header(ANNUAL, titled=False).split(",")[:2]
        ['"area_fips"', '"own_code"']
    """
    changes = [f"oty_{m}_{c}" for m in measures for c in ("chg", "pct_chg")]
    lq = [f"lq_{m}" for m in measures]
    keys = (*_KEYS, *_TITLES) if titled else _KEYS
    return ",".join(f'"{n}"' for n in (*keys, *measures, "lq_disclosure_code", *lq, "oty_disclosure_code", *changes))


def area_texts(
    accounts: Accounts,
    periods: Sequence[Period],
    titled: bool,
    end: str,
    kinds: Collection[AreaKind] = get_args(AreaKind),
) -> Iterator[tuple[str, str]]:
    """Each area's code and rows as text, lines closed by `end`, in the order of the publication.

    `titled` rows are the quarterly by-area file's, the others a year's. Quotients compare with the nation
    and have two decimals, percentages one; what is withheld prints 0 without decimals. Rows are in order of
    ownership, industry code as text, and period.
    """
    measures = QUARTERLY if titled else ANNUAL
    line = _line_sql(len(measures), titled)
    positions = [i for i, a in enumerate(accounts.areas) if a.kind in kinds]
    # One thread: handing batches this small to several costs more processor time than it saves.
    with duckdb.connect(config={"threads": 1}) as con:
        for name, names in _names(accounts, periods).items():
            con.register(name, names)
        for start in range(0, len(positions), _BATCH):
            wanted = np.array(positions[start : start + _BATCH])
            parts = [_facts(accounts, period, i, wanted) for i, period in enumerate(periods)]
            con.register("facts", {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
            found = con.execute(
                f"select area_code, string_agg({line} || $1, '' order by node, period) "
                "from facts join area_names using (area) join node_names using (node) "
                "join level_names using (agglvl) join period_names using (period) "
                "group by area_code order by area_code",
                [end],
            )
            yield from found.fetchall()


def _line_sql(measures: int, titled: bool) -> str:
    """SQL of a row's text over the columns of `_facts`; establishments, the first measure, always show."""
    parts = ["area_keys", "node_keys", "level_keys", "period_keys", """['""', '"N"', '"-"'][1 + hidden]"""]
    parts += ["area_titles", "node_titles", "level_titles"] if titled else []
    quotients = [[f"q{m}::decimal(18,2)"] for m in range(measures)]
    changes = [[f"c{m}", f"p{m}::decimal(18,1)"] for m in range(measures)]
    parts.append(_or_withheld("hidden > 0", [[f"v{m}"] for m in range(measures)]))
    parts += ["""if(lq_hidden, '"N"', '""')""", _or_withheld("lq_hidden", quotients)]
    parts += ["""if(oty_hidden, '"N"', '""')""", _or_withheld("oty_hidden", changes)]
    return f"concat_ws(',', {', '.join(parts)})"


def _or_withheld(hidden: str, measures: list[list[str]]) -> str:
    """SQL of the text of each measure's columns; where `hidden` holds, of the first one's, and 0 for the others."""
    first, *others = (", ".join(columns) for columns in measures)
    noughts = ",".join("0" for columns in measures[1:] for _ in columns)
    return f"if({hidden}, concat_ws(',', {first}, '{noughts}'), concat_ws(',', {', '.join([first, *others])}))"


def _facts(accounts: Accounts, period: Period, number: int, areas: np.ndarray) -> dict[str, np.ndarray]:
    """What the rows of some areas print in a period, the `number`th: per measure m its value v, quotient q, change c
    and percentage p.
    """
    nation = next(i for i, a in enumerate(accounts.areas) if a.code == NATION)
    total = next(i for i, n in enumerate(accounts.nodes) if (n.own, n.code) == (ALL_OWNERS, TOTAL))
    place, node = np.nonzero(period.now.rows[areas])
    area = areas[place]
    now, before = (_with_rates(f.totals[:, area, node]) for f in (period.now, period.before))
    of_areas, of_nation = (_with_rates(part) for part in (period.now.totals[:, :, total], period.now.totals[:, nation]))
    # Shares of an area's total over the nation's; of a rate, the rate over that of the total.
    quotients = _ratio(_ratio(now, of_areas[:, area]), _ratio(of_nation, of_nation[:, [total]])[:, node])
    idle = now[0] == 0
    hidden = period.now.withheld[area, node] | idle
    # BLS shows no change where there was no row the year before, but for establishments.
    facts = {
        "area": area,
        "node": node,
        "period": np.full(len(node), number),
        "agglvl": accounts.aggregation_levels[area, node],
        "hidden": np.where(idle, 2, hidden),
        "lq_hidden": hidden | period.now.withheld[nation, node],
        "oty_hidden": hidden | period.before.withheld[area, node] | (before[0] == 0),
    }
    change = now - before
    for name, grid in {"v": now, "q": quotients, "c": change, "p": _percent(change, before)}.items():
        facts |= {f"{name}{m}": values for m, values in enumerate(grid)}
    return facts


def _with_rates(totals: np.ndarray) -> np.ndarray:
    """Totals with the rates BLS derives: weekly wage and pay of a year, weekly wage of a quarter."""
    if len(totals) == 5:
        pay = _ratio(totals[2], totals[1])
        rates = [np.rint(pay / 52), np.rint(pay)]
    else:
        rates = [np.rint(_ratio(3 * totals[4], totals[1:4].sum(axis=0)) / 13)]
    return np.concatenate([totals, np.stack(rates).astype(np.int64)])


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(above.shape), where=below != 0)


def _percent(change: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Percentage change; BLS prints 100.0 where there was nothing before."""
    return np.where(before == 0, np.where(change == 0, 0.0, 100.0), 100 * _ratio(change, before))


def _names(accounts: Accounts, periods: Sequence[Period]) -> dict[str, dict[str, np.ndarray]]:
    """The tables of names that rows are joined with, as columns: `_keys` and `_titles` as a row prints them."""
    named, areas, nodes = edition_titles(accounts.naics), accounts.areas, accounts.nodes
    levels = {96: "Total Government, by State"}
    one_of_each = {area.kind: codes for area, codes in zip(areas, accounts.aggregation_levels, strict=True)}
    for kind, codes in one_of_each.items():
        for agglvl, node in zip(codes.tolist(), nodes, strict=True):
            levels.setdefault(agglvl, f"{_KINDS[kind]}, {_LEVELS[node.level]}")
    return {
        "area_names": {
            "area": np.arange(len(areas)),
            "area_code": np.array([a.code for a in areas], dtype=object),
            "area_keys": _quoted((a.code,) for a in areas),
            "area_titles": _quoted((a.title,) for a in areas),
        },
        "node_names": {
            "node": np.arange(len(nodes)),
            "node_keys": _quoted((n.own, n.code) for n in nodes),
            "node_titles": _quoted((_OWNERS[n.own], named[n.code]) for n in nodes),
        },
        "level_names": {
            "agglvl": np.array(list(levels)),
            "level_keys": _quoted((agglvl, "0") for agglvl in levels),
            "level_titles": _quoted((title, "All establishment sizes") for title in levels.values()),
        },
        "period_names": {
            "period": np.arange(len(periods)),
            "period_keys": _quoted((p.year, p.qtr) for p in periods),
        },
    }


def _quoted(rows: Iterable[tuple[object, ...]]) -> np.ndarray:
    """Each row as text: quoted, with commas between."""
    return np.array([",".join(f'"{value}"' for value in row) for row in rows], dtype=object)
