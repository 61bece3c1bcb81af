"""QCEW rows as BLS prints them: quotients, changes over the year, quoting, order of columns.

Belongs here: the text of a row, for years and quarters. Does not: which files there are (see `write`).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from orchestration.sample.accounts import ALL_OWNERS, Accounts
from orchestration.sample.books import Figures
from orchestration.sample.geography import NATION
from orchestration.sample.industries import TOTAL, titles

_KEYS = ("area_fips", "own_code", "industry_code", "agglvl_code", "size_code", "year", "qtr", "disclosure_code")
_TITLES = ("area_title", "own_title", "industry_title", "agglvl_title", "size_title")
ANNUAL = (
    "annual_avg_estabs", "annual_avg_emplvl", "total_annual_wages", "taxable_annual_wages",
    "annual_contributions", "annual_avg_wkly_wage", "avg_annual_pay",
)  # fmt: skip
QUARTERLY = (
    "qtrly_estabs_count", "month1_emplvl", "month2_emplvl", "month3_emplvl", "total_qtrly_wages",
    "taxable_qtrly_wages", "qtrly_contributions", "avg_wkly_wage",
)  # fmt: skip
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
    return ",".join(
        f'"{n}"' for n in (*keys, *measures, "lq_disclosure_code", *lq, "oty_disclosure_code", *changes)
    )


def lines(accounts: Accounts, period: Period, titled: bool) -> pd.DataFrame:
    """The rows of a period as text: columns `area` (code), `serial` (order within the area) and `line` (no end).

    Quotients compare with the nation and have two decimals, percentages one; what is withheld prints 0 without decimals.
    """
    measures = QUARTERLY if titled else ANNUAL
    con = duckdb.connect()
    try:
        con.register("area_names", _area_frame(accounts))
        con.register("node_names", _node_frame(accounts))
        con.register("level_names", _level_frame(accounts))
        con.register("facts", _facts(accounts, period, len(measures)))
        text = _line_sql(len(measures), period, titled)
        return con.sql(
            f"select area_code as area, node as serial, {text} as line "
            "from facts join area_names using (area) join node_names using (node) join level_names using (agglvl) "
            "order by area_code, node"
        ).df()
    finally:
        con.close()


def _line_sql(measures: int, period: Period, titled: bool) -> str:
    """SQL of a row's text over the columns of `_facts`; the first measure, establishments, is never withheld."""
    keys = ["area_code", "own", "industry", "agglvl::varchar", "'0'", f"'{period.year}'", f"'{period.qtr}'", "shown"]
    names = ["area_title", "own_title", "industry_title", "level_title", "'All establishment sizes'"]
    parts = [f"""'"' || {key} || '"'""" for key in keys + (names if titled else [])]
    parts += [f"v{m}" for m in range(measures)]
    parts += ["""'"' || lq_shown || '"'""", "q0::decimal(18,2)"]
    parts += [f"case when lq_shown = '' then q{m}::decimal(18,2)::varchar else '0' end" for m in range(1, measures)]
    parts += ["""'"' || oty_shown || '"'""", "c0", "p0::decimal(18,1)"]
    for m in range(1, measures):
        percent = f"case when oty_shown = '' then p{m}::decimal(18,1)::varchar else '0' end"
        parts += [f"c{m}", percent]
    return f"concat_ws(',', {', '.join(parts)})"


def _facts(accounts: Accounts, period: Period, measures: int) -> pd.DataFrame:
    now, before = _with_rates(period.now.totals), _with_rates(period.before.totals)
    area, node = np.nonzero(period.now.rows)
    idle = now[0] == 0
    hidden = period.now.withheld | idle
    nation = next(i for i, a in enumerate(accounts.areas) if a.code == NATION)
    lq_hidden = hidden | period.now.withheld[nation][None, :]
    oty_hidden = hidden | period.before.withheld
    base = next(i for i, n in enumerate(accounts.nodes) if (n.own, n.code) == (ALL_OWNERS, TOTAL))
    facts = {
        "area": area,
        "node": node,
        "agglvl": accounts.aggregation_levels[area, node],
        "shown": np.where(idle, "-", np.where(hidden, "N", ""))[area, node],
        "lq_shown": np.where(lq_hidden, "N", "")[area, node],
        "oty_shown": np.where(oty_hidden, "N", "")[area, node],
    }
    for m in range(measures):
        change = now[m] - before[m]
        facts[f"q{m}"] = _quotient(now[m], base, nation)[area, node]
        facts[f"p{m}"] = _percent(change, before[m])[area, node]
        facts[f"v{m}"] = np.where(hidden & (m > 0), 0, now[m])[area, node]
        facts[f"c{m}"] = np.where(oty_hidden & (m > 0), 0, change)[area, node]
    return pd.DataFrame(facts)


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


def _quotient(values: np.ndarray, base: int, nation: int) -> np.ndarray:
    """Share of a node in its area's total over the same share in the nation; of a rate, likewise."""
    shares = _ratio(values, np.broadcast_to(values[:, base : base + 1], values.shape))
    return _ratio(shares, np.broadcast_to(shares[nation : nation + 1], shares.shape))


def _percent(change: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Percentage change; BLS prints 100.0 where there was nothing before."""
    return np.where(before == 0, np.where(change == 0, 0.0, 100.0), 100 * _ratio(change, before))


def _area_frame(accounts: Accounts) -> pd.DataFrame:
    rows = [(i, a.code, a.title) for i, a in enumerate(accounts.areas)]
    return pd.DataFrame(rows, columns=["area", "area_code", "area_title"])


def _node_frame(accounts: Accounts) -> pd.DataFrame:
    named = titles()
    rows = [(i, n.own, n.code, _OWNERS[n.own], named[n.code]) for i, n in enumerate(accounts.nodes)]
    return pd.DataFrame(rows, columns=["node", "own", "industry", "own_title", "industry_title"])


def _level_frame(accounts: Accounts) -> pd.DataFrame:
    named = {}
    for i, area in enumerate(accounts.areas):
        for agglvl, node in zip(accounts.aggregation_levels[i], accounts.nodes, strict=True):
            named[int(agglvl)] = f"{_KINDS[area.kind]}, {_LEVELS[node.level]}"
    named[96] = "Total Government, by State"
    return pd.DataFrame(named.items(), columns=["agglvl", "level_title"])
